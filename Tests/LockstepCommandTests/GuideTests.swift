import Foundation
import LockstepTesting
import Testing

/// What a guide shows as a command works, in the order in which it stands there.
struct GuideTests {
    @Test func rehearsingADisasterCanBeFollowed() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let guide = root.appendingPathComponent(
            "Sources/LockstepContinuity/LockstepContinuity.docc/RehearsingADisaster.md")
        let lines = try String(contentsOf: guide, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        var script: [Substring] = ["set -eu"]
        var isCommand = false
        for line in lines {
            if line.hasPrefix("```") { isCommand = line == "```sh" } else if isCommand { script.append(line) }
        }
        #expect(script.count > 40)
        let folder = try TemporaryFolder("guide")
        let path = BuiltCommand.url.deletingLastPathComponent().path
        let outcome = try await CommandRun.run(
            URL(fileURLWithPath: "/bin/sh"), ["-c", script.joined(separator: "\n")],
            environment: ["PATH": "\(path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"], folder: folder.url)
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\n\(outcome.standardError)")
        #expect(outcome.standardOutput.contains("PASS  monthly"))
        #expect(outcome.standardOutput.contains("PASS  failover"))
        #expect(outcome.standardOutput.contains("The chain is whole."))
    }

    /// The plans that ship are run, not only read.
    @Test func theDemosDrillsPass() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = try TemporaryFolder("demo")
        let path = BuiltCommand.url.deletingLastPathComponent().path
        let script = """
            set -eu
            cp -r "$1" demo
            cd demo
            sqlite3 -bail :memory: '.read sql/make.sql'
            lockstep keys new keys > /dev/null
            echo 'repository: {url: "file:backups", encryption: none, signingKey: {file: keys/signing}}' >> lockstep.yaml
            lockstep sync > /dev/null
            lockstep backup > /dev/null
            lockstep drill run recovery
            lockstep drill run failover
            """
        let outcome = try await CommandRun.run(
            URL(fileURLWithPath: "/bin/sh"), ["-c", script, "sh", root.appendingPathComponent("mappings/demo").path],
            environment: ["PATH": "\(path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")"], folder: folder.url)
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\n\(outcome.standardError)")
        #expect(outcome.standardOutput.contains("8570 equal, 0 different"))
        // Maps that go one way are told, and held against nobody.
        #expect(outcome.standardOutput.contains("Map languages brings nothing back from crm"))
    }
}
