import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// Backup and restore as people meet them: a repository that is encrypted and signed, and what goes wrong.
struct BackupCommandTests {
    /// A project with keys and a repository.
    private func project() async throws -> SampleProject {
        let project = try await SampleProject()
        let keys = try await project.json("keys new keys")
        let recipient = try #require(keys["recipient"] as? String)
        try project.replace(
            "links:",
            with: """
                repository:
                  url: "file:backups"
                  recipients: [\(recipient)]
                  signingKey: {file: keys/signing}
                  keep: {last: 1}
                  grace: 1s
                links:
                """, in: "lockstep.yaml")
        return project
    }

    @Test func aLostStoreComesBackAndSyncGoesOn() async throws {
        let project = try await project()
        _ = try await project.run("sync")
        let backup = try await project.run("backup")
        #expect(backup.exitCode == 0, "\(backup.standardError)")
        #expect(backup.standardOutput.contains("encrypted, signed by SHA256:"))
        let before = try project.value(
            "SELECT group_concat(account || town) FROM (SELECT number AS account, town FROM contacts ORDER BY 1)",
            in: "crm")
        for name in ["crm.db", "crm.db-wal", "crm.db-shm"] {
            try? FileManager.default.removeItem(atPath: project.path(name))
        }
        let restored = try await project.run("restore latest --store crm --to sqlite:crm.db --identity keys/identity")
        #expect(restored.exitCode == 0, "\(restored.standardError)")
        let after = try project.value(
            "SELECT group_concat(account || town) FROM (SELECT number AS account, town FROM contacts ORDER BY 1)",
            in: "crm")
        #expect(before == after)
        try project.execute("UPDATE customers SET city = 'Nice' WHERE account = 'C-001'", in: "shop")
        let sync = try await project.run("sync")
        #expect(sync.exitCode == 0, "\(sync.standardError)")
        #expect(try project.value("SELECT town FROM contacts WHERE number = 'C-001'", in: "crm") == .text("Nice"))
    }

    @Test func aWrongKeyIsToldAndNothingIsWritten() async throws {
        let project = try await project()
        _ = try await project.run("backup")
        _ = try await project.run("keys new others")
        for options in ["", " --identity others/identity"] {
            let outcome = try await project.run("restore latest --store crm --to sqlite:found.db --json" + options)
            #expect(outcome.exitCode == 12)
            #expect(try SampleProject.errorCode(outcome) == "LS-ARCHIVE-WRONG-KEY")
        }
        #expect(!FileManager.default.fileExists(atPath: project.path("found.db")))
    }

    @Test func aSnapshotThatSomebodyElseSignedIsNotTaken() async throws {
        let project = try await project()
        _ = try await project.run("backup")
        _ = try await project.run("keys new others")
        try project.replace("file: keys/signing", with: "file: others/signing", in: "lockstep.yaml")
        for command in [
            "verify --json", "snapshots --json", "restore latest --store crm --identity keys/identity --json",
        ] {
            let outcome = try await project.run(command)
            #expect(outcome.exitCode == 1, "\(command)")
            #expect((outcome.standardOutput + outcome.standardError).contains("LS-ARCHIVE-SIGNATURE"), "\(command)")
        }
    }

    @Test func whatNoRuleKeepsIsMarkedAndThenDeleted() async throws {
        let project = try await project()
        _ = try await project.run("backup")
        _ = try await project.run("backup --full --label second")
        let explained = try await prune(project, "--explain", until: "goes")
        #expect(explained.contains("stays"))
        try await prune(project, until: "1 marked")
        let left = try #require(try await project.json("snapshots")["snapshots"] as? [[String: Any]])
        #expect(left.map { $0["label"] as? String } == ["second"])
        try await prune(project, until: "1 deleted")
        #expect(try await project.run("verify --data --identity keys/identity").exitCode == 0)
    }

    /// Prunes until it says what it should: grace is measured by the clock.
    @discardableResult
    private func prune(
        _ project: SampleProject, _ options: String = "", until words: String
    ) async throws -> String {
        var said = ""
        for _ in 0..<50 {
            let outcome = try await project.run("prune \(options)")
            if outcome.standardOutput.contains(words) { return outcome.standardOutput }
            said = outcome.standardOutput + outcome.standardError
            try await Task.sleep(for: .milliseconds(200))
        }
        Issue.record("never \(words): \(said)")
        return said
    }

    @Test func withoutARepositoryTheHintSaysWhatToWrite() async throws {
        let project = try await SampleProject()
        let outcome = try await project.run("backup --json")
        #expect(outcome.exitCode == 10)
        #expect(try SampleProject.errorCode(outcome) == "LS-CMD-NO-REPOSITORY")
        try project.replace(
            "links:", with: "repository: {url: \"file:nowhere\", encryption: none}\nlinks:", in: "lockstep.yaml")
        #expect(try await project.run("snapshots").exitCode == 10)
    }

    /// Partial backups leave nothing that looks like a snapshot, and the next one works.
    @Test func aBackupThatIsKilledIsNoSnapshot() async throws {
        let project = try await project()
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<8 {
            let limit = Double(Int.random(in: 1...30, using: &generator)) / 100
            _ = try await CommandRun.run(
                BuiltCommand.url, ["backup"], folder: project.url, timeLimitSeconds: limit)
        }
        let outcome = try await project.run("backup")
        #expect(outcome.exitCode == 0, "\(outcome.standardError)")
        let verified = try await project.run("verify --data --identity keys/identity")
        #expect(verified.exitCode == 0, "\(verified.standardOutput)")
    }
}
