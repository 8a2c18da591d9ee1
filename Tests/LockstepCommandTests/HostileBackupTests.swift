import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// `kill -9`, full disks, damaged stores, several at once: each is told by its own name, and what was good before stays good.
@Suite(.serialized)
struct HostileBackupTests {
    private static let sum = "SELECT count(*) || '/' || total(n) || '/' || group_concat(DISTINCT text) FROM bulk"

    /// A project with an encrypted repository, a table of some megabytes, and a temporary folder of its own.
    private func project(rows: Int = 8_000) async throws -> SampleProject {
        let project = try await SampleProject()
        let keys = try await project.json("keys new keys")
        try project.replace(
            "links:",
            with: """
                repository:
                  url: "file:backups"
                  recipients: [\(try #require(keys["recipient"] as? String))]
                  signingKey: {file: keys/signing}
                  keep: {last: 2}
                  grace: 1s
                links:
                """, in: "lockstep.yaml")
        try project.execute(
            """
            CREATE TABLE bulk(id INTEGER PRIMARY KEY, n INTEGER, text TEXT, noise BLOB);
            CREATE INDEX bulk_noise ON bulk(noise);
            WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < \(rows))
            INSERT INTO bulk SELECT i, i % 97, 'text ' || i % 5, randomblob(200) FROM c
            """, in: "shop")
        try FileManager.default.createDirectory(atPath: project.path("tmp"), withIntermediateDirectories: true)
        return project
    }

    private func run(
        _ line: String, _ project: SampleProject, timeLimitSeconds: Double = 120
    ) async throws -> CommandRun.Outcome {
        try await CommandRun.run(
            BuiltCommand.url, SampleProject.words(line), environment: ["TMPDIR": project.path("tmp")],
            folder: project.url, timeLimitSeconds: timeLimitSeconds)
    }

    private func succeed(_ line: String, _ project: SampleProject) async throws {
        let outcome = try await run(line, project)
        #expect(outcome.exitCode == 0, "\(line): \(outcome.standardOutput)\(outcome.standardError)")
    }

    private func sum(_ project: SampleProject, in store: String) throws -> Value? {
        try project.value(Self.sum, in: store)
    }

    private func remove(_ name: String, _ project: SampleProject) {
        try? FileManager.default.removeItem(atPath: project.path(name))
    }

    private static let merge = "merge --identity keys/identity"
    private static let restore = "restore latest --store shop --to sqlite:found.db --identity keys/identity"

    /// What must hold after whatever was killed.
    private func expectSound(_ project: SampleProject, _ expected: Value?, _ situation: String) async throws {
        let verified = try await run("verify", project)
        #expect(verified.exitCode == 0, "\(situation): \(verified.standardOutput)\(verified.standardError)")
        if FileManager.default.fileExists(atPath: project.path("found.db")) {
            // It got its name before the program ended: then it is whole.
            #expect(try sum(project, in: "found") == expected, "\(situation)")
        }
        remove("found.db", project)
    }

    @Test func killedAtTwentyMomentsNothingGetsWorse() async throws {
        let project = try await project()
        try await succeed("backup", project)
        try await succeed("copy --to file:second", project)
        var random = SeededGenerator(seed: 5)
        var killed = 0
        var stored = try sum(project, in: "shop")
        for round in 0..<4 {
            try project.execute(
                "UPDATE bulk SET n = n + 1, text = 'round \(round)' WHERE id % 50 = \(round)", in: "shop")
            for line in ["backup --full", "backup", Self.merge, Self.restore, "prune", "copy --to file:second"] {
                let limit = Double(random.integer(3...60)) / 100
                let outcome = try await run(line, project, timeLimitSeconds: limit)
                killed += outcome.wasTimedOut ? 1 : 0
                if !outcome.wasTimedOut {
                    #expect(outcome.exitCode == 0, "\(line): \(outcome.standardOutput)\(outcome.standardError)")
                }
                // A backup may have been killed just behind its last write.
                if line.hasPrefix("backup") { stored = try await newest(project, stored) }
                try await expectSound(project, stored, "round \(round), \(line) killed after \(limit) s")
            }
        }
        #expect(killed >= 5, "only \(killed) were killed")

        try await succeed("backup", project)
        try await succeed(Self.merge, project)
        try await succeed("prune", project)
        try await succeed("copy --to file:second", project)
        try await succeed("verify --data --identity keys/identity", project)
        try await succeed(Self.restore, project)
        #expect(try sum(project, in: "found") == (try sum(project, in: "shop")))
        let left = try FileManager.default.contentsOfDirectory(atPath: project.path("tmp"))
        #expect(left.isEmpty, "\(left)")
        let beside = try FileManager.default.contentsOfDirectory(atPath: project.url.path)
        #expect(!beside.contains { $0.contains("restoring") }, "\(beside)")
    }

    /// What the newest snapshot holds: what the store holds now, if the backup came so far, else what it held before.
    private func newest(_ project: SampleProject, _ before: Value?) async throws -> Value? {
        remove("found.db", project)
        try await succeed(Self.restore, project)
        let found = try sum(project, in: "found")
        let now = try sum(project, in: "shop")
        #expect(found == before || found == now)
        remove("found.db", project)
        return found
    }

    @Test func aFullDiskIsToldAndLeavesWhatWasThere() async throws {
        let project = try await project()
        try await succeed("backup", project)
        let before = try sum(project, in: "shop")
        try project.execute("UPDATE bulk SET noise = randomblob(200)", in: "shop")
        for line in ["backup --full --json", Self.restore + " --json"] {
            // No file of more than 300 KiB: what a full disk says, and everywhere.
            let outcome = try await CommandRun.run(
                URL(fileURLWithPath: "/bin/bash"),
                ["-c", "ulimit -f 300; exec \"$0\" \"$@\"", BuiltCommand.url.path] + SampleProject.words(line),
                environment: ["TMPDIR": project.path("tmp")], folder: project.url, timeLimitSeconds: 60)
            #expect(!outcome.wasSignalled && outcome.exitCode != 0, "\(outcome.standardOutput)")
            let code = try SampleProject.errorCode(outcome)
            #expect(code?.hasSuffix("FULL") == true, "\(line): \(outcome.standardError)")
            #expect(!FileManager.default.fileExists(atPath: project.path("found.db")))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: project.path("tmp")).isEmpty)
        try await succeed("verify --data --identity keys/identity", project)
        try await succeed(Self.restore, project)
        #expect(try sum(project, in: "found") == before)
        try await succeed("backup", project)
    }

    @Test func aDamagedPageOfTheStoreIsToldAtTheBackup() async throws {
        let project = try await project()
        try await succeed("backup", project)
        let page = try #require(
            try project.value("SELECT rootpage FROM sqlite_schema WHERE name = 'bulk_noise'", in: "shop"))
        try project.execute("PRAGMA wal_checkpoint(truncate)", in: "shop")
        guard case .int64(let number) = page else { return }
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: project.path("shop.db")))
        try file.seek(toOffset: UInt64(number - 1) * 4096)
        try file.write(contentsOf: Data(repeating: 0xAA, count: 512))
        try file.close()
        let outcome = try await run("backup --store shop --full --json", project)
        #expect(outcome.exitCode != 0)
        #expect(try SampleProject.errorCode(outcome)?.contains("CORRUPT") == true, "\(outcome.standardError)")
        let listed = try await project.json("snapshots")
        #expect((listed["snapshots"] as? [Any])?.count == 1)
        try await succeed("verify --data --identity keys/identity", project)
    }

    @Test func twoProjectsBackUpToOneRepositoryWhileItIsPrunedAndRead() async throws {
        let project = try await project(rows: 2_000)
        try project.replace("file:backups", with: "file:\(project.path("backups"))", in: "lockstep.yaml")
        try await succeed("backup", project)
        let other = project.url.deletingLastPathComponent().appendingPathComponent("other")
        try FileManager.default.copyItem(at: project.url, to: other)
        try FileManager.default.removeItem(at: other.appendingPathComponent("backups"))
        try FileManager.default.removeItem(at: other.appendingPathComponent(".lockstep"))
        let restored = Self.restore
        let outcomes = try await withThrowingTaskGroup(of: (String, CommandRun.Outcome).self) { group in
            for (line, folder) in [
                ("backup", project.url), ("backup", other), ("prune", other), (restored, project.url),
            ] {
                group.addTask {
                    (line, try await CommandRun.run(BuiltCommand.url, SampleProject.words(line), folder: folder))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (line, outcome) in outcomes {
            #expect(outcome.exitCode == 0, "\(line): \(outcome.standardOutput)\(outcome.standardError)")
        }
        try await succeed("verify --data --identity keys/identity", project)
        #expect(try sum(project, in: "found") == (try sum(project, in: "shop")))
    }

    @Test func whoeverIsGivenANewKeyCanRestoreWithoutTheOldOne() async throws {
        let project = try await project(rows: 500)
        try await succeed("backup", project)
        let old = try #require(try project.text("lockstep.yaml").firstMatch(of: /age1[0-9a-z]+/)).output
        let keys = try await project.json("keys new new")
        try project.replace(String(old), with: try #require(keys["recipient"] as? String), in: "lockstep.yaml")
        let outcome = try await run("backup", project)
        #expect(outcome.standardOutput.contains("other recipients"), "\(outcome.standardOutput)")
        try await succeed("restore latest --store shop --to sqlite:found.db --identity new/identity", project)
        #expect(try sum(project, in: "found") == (try sum(project, in: "shop")))
    }
}
