import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// `backup --follow`: a recovery point of seconds, whatever ends the program or cuts it off from the store.
struct FollowTests {
    private func repository(_ recipient: String) -> String {
        """
        repository:
          url: "file:backups"
          recipients: [\(recipient)]
          signingKey: {file: keys/signing}

        """
    }

    private func follow(_ folder: URL, _ words: [String] = []) throws -> CommandRun {
        try CommandRun(
            BuiltCommand.url, ["backup", "--follow", "--every", "1s"] + words, folder: folder, timeLimitSeconds: 120)
    }

    /// The snapshots, when there are so many; those of a program that has ended are all there will be.
    private func snapshots(_ count: Int, of run: CommandRun, in folder: URL) async throws -> [[String: Any]] {
        while true {
            let isRunning = run.isRunning
            let outcome = try await SampleProject.run(["snapshots", "--json"], in: folder)
            // Before the first one there is no repository.
            if outcome.exitCode == 0 {
                let found = try SampleProject.object(outcome.standardOutput)["snapshots"] as? [[String: Any]] ?? []
                if found.count >= count { return found }
            }
            guard isRunning else {
                Issue.record("it ended: \(await run.outcome().standardError)")
                return []
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test func afterAKillItGoesOnAndAStoreComesBackAsItWasASecondBeforeTheLoss() async throws {
        let project = try await SampleProject()
        let keys = try await project.json("keys new keys")
        try project.replace(
            "links:", with: repository(try #require(keys["recipient"] as? String)) + "links:", in: "lockstep.yaml")
        let first = try follow(project.url, ["--store", "shop"])
        _ = try await snapshots(1, of: first, in: project.url)
        try project.execute("UPDATE customers SET city = 'Turin' WHERE account = 'C-001'", in: "shop")
        _ = try await snapshots(2, of: first, in: project.url)
        first.signal(SIGKILL)
        #expect(await first.outcome().wasSignalled)

        try project.execute("UPDATE customers SET city = 'Nice' WHERE account = 'C-002'", in: "shop")
        let second = try follow(project.url, ["--store", "shop"])
        let known = try await snapshots(3, of: second, in: project.url)
        #expect(known.map { $0["kind"] as? String } == ["full", "increment", "increment"])
        let sum = "SELECT group_concat(account || city) FROM (SELECT * FROM customers ORDER BY account)"
        let before = try project.value(sum, in: "shop")

        // `--at` is by the second, and what is lost is lost later than that.
        let begun = Date()
        while Date().timeIntervalSince(begun) < 1.1 { try await Task.sleep(for: .milliseconds(50)) }
        let lastGood = ISO8601DateFormatter().string(from: Date())
        while Date().timeIntervalSince(begun) < 2.2 { try await Task.sleep(for: .milliseconds(50)) }
        try project.execute("DELETE FROM customers", in: "shop")
        _ = try await snapshots(4, of: second, in: project.url)
        second.signal(SIGINT)
        let ended = await second.outcome()
        #expect(ended.exitCode == 130, "\(ended.standardError)")

        let restored = try await project.run(
            "restore latest --at \(lastGood) --store shop --to sqlite:found.db --identity keys/identity")
        #expect(restored.exitCode == 0, "\(restored.standardError)")
        #expect(try project.value(sum, in: "found") == before)
        #expect(try project.value("SELECT count(*) FROM customers", in: "shop") == .int64(0))
    }

    @Test func aServerThatGoesAwayIsWaitedForAndNothingOfItIsMissed() async throws {
        let server = try PostgreSQLServer.shared()
        let database = "follow_\(UUID().uuidString.prefix(8).lowercased())"
        let url = try server.createDatabase(database)
        try server.execute(
            "create table notes(id int primary key, x text); insert into notes values (1, 'a'), (2, 'b')",
            database: database)
        let folder = try TemporaryFolder("follow")
        let keys = try await SampleProject.run(["keys", "new", "keys", "--json"], in: folder.url)
        let recipient = try #require(try SampleProject.object(keys.standardOutput)["recipient"] as? String)
        try folder.write(
            "project: follow\nstores: {notes: {url: \"\(url)\"}}\n" + repository(recipient), to: "lockstep.yaml")
        let run = try follow(folder.url)
        _ = try await snapshots(1, of: run, in: folder.url)
        // Nobody may connect, and who is connected is cut off.
        try server.execute(
            """
            alter database \(database) with allow_connections false;
            select pg_terminate_backend(pid) from pg_stat_activity where datname = '\(database)'
            """)
        guard await run.waitFor("trying again") else {
            Issue.record("it ended: \(await run.outcome().standardError)")
            return
        }
        try server.execute("alter database \(database) with allow_connections true")
        try server.execute(
            "update notes set x = 'later' where id = 2; delete from notes where id = 1", database: database)
        #expect(await run.waitFor("it works again"))
        let known = try await snapshots(2, of: run, in: folder.url)
        run.signal(SIGINT)
        _ = await run.outcome()
        #expect(known.last?["kind"] as? String == "increment")
        let target = "\(database)_found"
        let restored = try await SampleProject.run(
            ["restore", "latest", "--to", server.url(database: target), "--identity", "keys/identity"], in: folder.url)
        #expect(restored.exitCode == 0, "\(restored.standardError)")
        #expect(try server.execute("select id || x from notes", database: target) == "2later")
    }
}
