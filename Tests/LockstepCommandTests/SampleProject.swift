import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// A project as `lockstep init` makes it, in a folder of the test's own.
final class SampleProject: Sendable {
    private let folder: TemporaryFolder
    let url: URL

    /// - Throws: when the sample cannot be made.
    init() async throws {
        folder = try TemporaryFolder("command")
        url = folder.file("p")
        let outcome = try await Self.run(["init", "p"], in: folder.url)
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    }

    static func run(
        _ arguments: [String], in folder: URL, environment: [String: String] = [:]
    ) async throws -> CommandRun.Outcome {
        let program = BuiltCommand.url
        return try await CommandRun.run(
            program, arguments, environment: environment, folder: folder, timeLimitSeconds: 120)
    }

    /// Runs a command line as a person types it; words in double quotes stay together.
    func run(_ line: String, environment: [String: String] = [:]) async throws -> CommandRun.Outcome {
        try await Self.run(Self.words(line), in: url, environment: environment)
    }

    static func words(_ line: String) -> [String] {
        line.split(separator: "\"", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
            index % 2 == 1 ? [String(part)] : part.split(separator: " ").map(String.init)
        }
    }

    /// Runs a command with `--json` and reads what it prints.
    func json(_ line: String) async throws -> [String: Any] {
        let outcome = try await run(line + " --json")
        return try Self.object(outcome.standardOutput)
    }

    static func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    /// The code of the failure that a command with `--json` reports.
    static func errorCode(_ outcome: CommandRun.Outcome) throws -> String? {
        (try object(outcome.standardError)["error"] as? [String: Any])?["code"] as? String
    }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func execute(_ sql: String, in store: String) throws {
        let database = try SQLiteDatabase(path: path(store + ".db"))
        defer { database.close() }
        try database.execute(sql)
    }

    /// The first column of the first row.
    func value(_ sql: String, in store: String) throws -> Value? {
        let database = try SQLiteDatabase(path: path(store + ".db"))
        defer { database.close() }
        return try database.value(sql)
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }

    func replace(_ old: String, with new: String, in name: String) throws {
        let text = try text(name)
        try #require(text.contains(old), "\(name) holds \(old)")
        try write(text.replacingOccurrences(of: old, with: new), to: name)
    }

    /// Everybody decides: nobody wins an overlap.
    func askPeople() throws {
        try replace("newest(modified_at, modified_on)", with: "manual", in: "mappings/customers.yaml")
    }
}
