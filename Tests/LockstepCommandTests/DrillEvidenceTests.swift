import Foundation
import LockstepTesting
import Testing

/// Reports are evidence: whoever changes one, or takes one away, is found out.
struct DrillEvidenceTests {
    /// A project with three reports.
    private func project() async throws -> DrillProject {
        let project = try await DrillProject()
        try project.plan("look", type: "verify", steps: ["verify: fast", "{command: 'true'}"])
        for _ in 0..<3 {
            let outcome = try await project.run("look")
            try #require(outcome.exitCode == 0, "\(outcome.standardOutput)\(outcome.standardError)")
        }
        return project
    }

    /// The kinds of problems that `drill verify` finds.
    private func problems(_ project: DrillProject, _ options: String = "") async throws -> Set<String> {
        let outcome = try await project.sample.run("drill verify --json \(options)")
        let form = try SampleProject.object(outcome.standardOutput)
        let found = try #require(form["problems"] as? [[String: Any]])
        #expect((outcome.exitCode == 0) == found.isEmpty)
        return Set(found.compactMap { $0["kind"] as? String })
    }

    @Test func reportsThatNobodyTouchedHold() async throws {
        let project = try await project()
        #expect(try await problems(project).isEmpty)
        #expect(try await problems(project, project.reports[1]).isEmpty)
    }

    @Test func aVerdictThatWasTypedInIsFoundOut() async throws {
        let project = try await project()
        let file = "drills/reports/\(project.reports[1]).json"
        try project.sample.replace("\"outcome\":\"pass\"", with: "\"outcome\":\"fail\"", in: file)
        #expect(try await problems(project).isSuperset(of: ["signature", "outcome", "chain-broken"]))
        #expect(try await problems(project, file).contains("signature"))
    }

    @Test func aReportThatWasTakenAwayIsMissed() async throws {
        let project = try await project()
        try FileManager.default.removeItem(atPath: project.sample.path("drills/reports/\(project.reports[1]).json"))
        #expect(try await problems(project) == ["chain-broken"])
    }

    @Test func theLastReportIsMissedToo() async throws {
        let project = try await project()
        try FileManager.default.removeItem(atPath: project.sample.path("drills/reports/\(project.reports[2]).json"))
        #expect(try await problems(project) == ["head-missing"])
    }

    @Test func evidenceThatWasChangedIsFoundOut() async throws {
        let project = try await project()
        let log = "drills/reports/\(project.reports[0])/log.txt"
        try project.sample.replace("pass", with: "PASS", in: log)
        #expect(try await problems(project) == ["evidence"])
    }

    @Test func aSignatureOfAnotherKeyDoesNotCount() async throws {
        let project = try await project()
        _ = try await project.sample.run("keys new others")
        try project.sample.replace("file: keys/signing", with: "file: others/signing", in: "lockstep.yaml")
        #expect(try await problems(project) == ["signature"])
    }

    @Test func anAuditorNeedsTheReportAndThePublicKeyOnly() async throws {
        let project = try await project()
        let folder = try TemporaryFolder("auditor")
        let id = project.reports[1]
        for name in ["\(id).json", "\(id).json.sig", id] {
            try FileManager.default.copyItem(
                atPath: project.sample.path("drills/reports/\(name)"), toPath: folder.path + "/\(name)")
        }
        try FileManager.default.copyItem(
            atPath: project.sample.path("keys/signing.pub"), toPath: folder.path + "/signing.pub")
        let outcome = try await SampleProject.run(
            ["drill", "verify", "\(id).json", "--signers", "signing.pub"], in: folder.url)
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\(outcome.standardError)")
        let blind = try await SampleProject.run(["drill", "verify", "\(id).json"], in: folder.url)
        #expect(blind.exitCode == 1)
        #expect(blind.standardOutput.contains("NOT checked"))
    }
}
