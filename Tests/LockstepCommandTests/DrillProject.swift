import Foundation
import LockstepTesting
import Testing

/// A synced sample project with keys, a repository, a backup and plans of drills.
final class DrillProject: Sendable {
    let sample: SampleProject

    /// - Parameter isSigned: whether lockstep.yaml names the signing key.
    init(isSigned: Bool = true) async throws {
        sample = try await SampleProject()
        let keys = try await sample.json("keys new keys")
        let recipient = try #require(keys["recipient"] as? String)
        try sample.replace(
            "links:",
            with: """
                repository:
                  url: "file:backups"
                  recipients: [\(recipient)]
                  \(isSigned ? "signingKey: {file: keys/signing}" : "keep: {last: 1}")
                links:
                """, in: "lockstep.yaml")
        try FileManager.default.createDirectory(
            atPath: sample.path("drills"), withIntermediateDirectories: true)
        for command in ["sync", "backup"] {
            let outcome = try await sample.run(command)
            try #require(outcome.exitCode == 0, "\(outcome.standardError)")
        }
    }

    /// Writes a plan around some steps.
    func plan(_ name: String, type: String = "restore", _ head: [String] = [], steps: [String]) throws {
        let lines =
            ["drill: \(name)", "type: \(type)"] + head + ["groups:", "  - name: data", "    steps:"]
            + steps.map { "      - \($0)" }
        try sample.write(lines.joined(separator: "\n") + "\n", to: "drills/\(name).yaml")
    }

    func run(_ name: String, _ options: String = "", environment: [String: String] = [:]) async throws
        -> CommandRun.Outcome
    {
        try await sample.run("drill run \(name) --identity keys/identity \(options)", environment: environment)
    }

    /// The last report, as it was written.
    func report() throws -> [String: Any] {
        try SampleProject.object(try sample.text("drills/reports/\(try #require(reports.last)).json"))
    }

    /// The ids of all reports, oldest first.
    var reports: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: sample.path("drills/reports"))) ?? []
        let ids = names.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
        // Several in a second have names in any order.
        return ids.sorted { declared($0) < declared($1) }
    }

    private func declared(_ id: String) -> String {
        let report = (try? sample.text("drills/reports/\(id).json")).flatMap { try? SampleProject.object($0) }
        return (report?["timeline"] as? [[String: Any]])?.first?["utc"] as? String ?? ""
    }

    /// A check of the last report.
    func check(_ id: String) throws -> [String: Any] {
        let checks = try #require(try report()["checks"] as? [[String: Any]])
        return try #require(checks.first { $0["id"] as? String == id }, "\(checks.map { $0["id"] ?? "" })")
    }

    /// Scratch stores that are there.
    var scratch: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: sample.path(".lockstep/drills"))) ?? []
        return names.filter { $0.hasPrefix("lockstep_drill_") }
    }
}
