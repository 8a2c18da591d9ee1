import Foundation
import LockstepTesting
import Testing

/// A machine without Lockstep: a shell that finds tar, zstd, age, psql and sqlite3, and nothing that is not on every
/// system.
struct PlainShell {
    private static let tools = ["age", "cat", "grep", "sh", "sha256sum", "sqlite3", "tar", "zstd"]
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("plain")
        let manager = FileManager.default
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        for tool in Self.tools {
            let program = try #require(
                path.map { "\($0)/\(tool)" }.first { manager.isExecutableFile(atPath: $0) },
                "\(tool) is not installed: scripts/setup")
            try manager.createSymbolicLink(atPath: folder.file(tool).path, withDestinationPath: program)
        }
        // What Debian has on the PATH is a script in Perl that finds the real one.
        let debian = "/usr/lib/postgresql"
        let versions = ((try? manager.contentsOfDirectory(atPath: debian)) ?? []).map { "\(debian)/\($0)/bin" }
        let psql = try #require(
            (versions + path).map { "\($0)/psql" }.first { manager.isExecutableFile(atPath: $0) },
            "psql is not installed: scripts/setup")
        try manager.createSymbolicLink(atPath: folder.file("psql").path, withDestinationPath: psql)
    }

    /// Runs commands in a folder that is made where it is not there.
    func run(_ script: String, in place: String) async throws -> CommandRun.Outcome {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        return try await CommandRun.run(
            folder.file("sh"), ["-c", "set -eu\n" + script],
            environment: ["PATH": folder.path], folder: URL(fileURLWithPath: place))
    }
}

/// The commands that a README shows, each block under the sentence that says what for.
struct PlainCommands {
    let text: String

    /// - Parameters:
    ///   - title: what the sentence begins with.
    ///   - words: what stands for the words in capital letters.
    func block(_ title: String, _ words: [String: String]) throws -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let begin = try #require(lines.firstIndex { $0.hasPrefix(title) }, "\(title)")
        let block = lines[begin...].drop { !$0.hasPrefix("    ") }.prefix { $0.hasPrefix("    ") }
        try #require(!block.isEmpty)
        var script = block.joined(separator: "\n")
        for (word, value) in words.sorted(by: { $0.key.utf8.count > $1.key.utf8.count }) {
            script = script.replacingOccurrences(
                of: "(?<![A-Z])\(NSRegularExpression.escapedPattern(for: word))(?![A-Z])",
                with: NSRegularExpression.escapedTemplate(for: value), options: .regularExpression)
        }
        return script
    }
}
