import Foundation
import LockstepTesting
import Testing

/// What a help text shows as a command runs.
struct HelpTests {
    private static let commands = [
        "", "init", "check", "plan", "sync", "status", "pause", "resume", "conflicts", "conflicts list",
        "conflicts show", "conflicts resolve", "conflicts undo", "conflicts dismiss", "parked", "parked list",
        "parked show", "parked retry", "parked drop", "store", "store list", "store describe", "store check",
        "store install", "store uninstall", "map", "map infer", "map lint", "map explain", "map try", "map test",
        "map diff", "map accept", "map schema", "backup", "snapshots", "verify", "restore", "export", "query",
        "compare", "merge", "prune", "copy", "keys", "keys new",
    ]

    @Test(arguments: commands)
    func everyExampleRuns(command: String) async throws {
        let help = try await SampleProject.run(
            SampleProject.words(command) + ["--help"], in: FileManager.default.temporaryDirectory)
        #expect(help.exitCode == 0)
        let examples = help.standardOutput.split(separator: "\n").filter { $0.hasPrefix("  lockstep ") }
            .map { String($0.dropFirst("  lockstep ".count)) }
        #expect(!examples.isEmpty, "\(command) shows no example")
        for example in examples {
            let project = try await projectWithEverything(isDecided: example.hasPrefix("conflicts undo"))
            if example.hasPrefix("sync --project") { _ = try await project.run("init shop") }
            if example.hasPrefix("resume") { _ = try await project.run("pause customers") }
            if ["snapshots", "verify", "restore", "export", "query", "compare", "merge", "prune", "copy"].contains(
                where: example.hasPrefix)
            {
                _ = try await project.run("backup")
            }
            if example.hasPrefix("merge") {
                _ = try await project.run("keys new keys")
                try project.execute("UPDATE customers SET city = 'Nice'", in: "shop")
                _ = try await project.run("backup")
            }
            let outcome = try await project.run(example)
            #expect([0, 3].contains(outcome.exitCode), "lockstep \(example): \(outcome.standardError)")
        }
    }

    /// One open conflict (or one that a rule decided), one parked record, and a second shop.
    private func projectWithEverything(isDecided: Bool) async throws -> SampleProject {
        let project = try await SampleProject()
        try FileManager.default.copyItem(atPath: project.path("shop.db"), toPath: project.path("copy.db"))
        if !isDecided { try project.askPeople() }
        try project.execute("UPDATE customers SET status = 'vip' WHERE account = 'C-005'", in: "shop")
        _ = try await project.run("sync")
        try project.replace(
            "links:", with: "repository: {url: \"file:backups\", encryption: none}\nlinks:", in: "lockstep.yaml")
        return project
    }

    @Test func versionIsOneLine() async throws {
        let outcome = try await SampleProject.run(["--version"], in: FileManager.default.temporaryDirectory)
        #expect(outcome.exitCode == 0)
        #expect(outcome.standardOutput.hasPrefix("lockstep "))
        #expect(outcome.standardOutput.split(separator: "\n").count == 1)
    }
}
