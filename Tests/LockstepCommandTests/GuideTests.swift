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
}
