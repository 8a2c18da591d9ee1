import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// A SQLite file whose history broke since the last run: the run stops loudly, writes nothing, and `--resync` mends.
struct HistoryLostTests {
    private func names(_ project: SampleProject) throws -> [String] {
        try ["SELECT group_concat(account || name, ';') FROM (SELECT * FROM customers ORDER BY account)"].map {
            try project.value($0, in: "shop")?.displayText ?? ""
        }
            + ["SELECT group_concat(number || full_name, ';') FROM (SELECT * FROM contacts ORDER BY number)"].map {
                try project.value($0, in: "crm")?.displayText ?? ""
            }
    }

    private func expectLoudAndMended(_ project: SampleProject) async throws {
        let before = try names(project)
        let stopped = try await project.run("sync --json")
        #expect(stopped.exitCode == 1)
        #expect(try SampleProject.errorCode(stopped) == "LS-SYNC-HISTORY-LOST")
        #expect(try names(project) == before)
        let mended = try await project.run("sync --resync")
        #expect(mended.exitCode == 0, "\(mended.standardError)")
        let after = try names(project)
        #expect(after[0] == after[1])
        #expect(try await project.run("sync").standardOutput.contains("Nothing to do."))
    }

    /// The journal of the restored copy counts on from where the copy was taken, over numbers that were read before.
    @Test func olderCopyThatWasWrittenToSinceIsNoticed() async throws {
        let project = try await SampleProject()
        #expect(try await project.run("sync").exitCode == 0)
        let copy = try Data(contentsOf: URL(fileURLWithPath: project.path("crm.db")))
        try project.execute("UPDATE contacts SET full_name = 'lost'", in: "crm")
        #expect(try await project.run("sync").exitCode == 0)
        try copy.write(to: URL(fileURLWithPath: project.path("crm.db")))
        try project.execute("UPDATE contacts SET full_name = 'kept', town = 'again'", in: "crm")
        try await expectLoudAndMended(project)
    }

    @Test(arguments: [
        "UPDATE contacts SET full_name = 'new'; DELETE FROM _lockstep_journal",
        "UPDATE contacts SET full_name = 'new'; DELETE FROM _lockstep_journal WHERE seq < 6",
    ])
    func journalThatSomebodyTrimmedIsNoticed(sql: String) async throws {
        let project = try await SampleProject()
        #expect(try await project.run("sync").exitCode == 0)
        try project.execute(sql, in: "crm")
        try await expectLoudAndMended(project)
    }

    /// The usual way to change a SQLite table's schema drops its triggers with it.
    @Test(arguments: [
        "CREATE TABLE copied AS SELECT * FROM contacts; DROP TABLE contacts;"
            + "CREATE TABLE contacts(id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, full_name TEXT NOT NULL,"
            + " mail TEXT, town TEXT, blocked INTEGER NOT NULL DEFAULT 0, modified_on TIMESTAMP);"
            + "INSERT INTO contacts SELECT * FROM copied; DROP TABLE copied",
        "DROP TRIGGER _lockstep_1_update",
    ])
    func tableMadeAnewIsNoticed(sql: String) async throws {
        let project = try await SampleProject()
        #expect(try await project.run("sync").exitCode == 0)
        try project.execute(sql, in: "crm")
        try project.execute("UPDATE contacts SET full_name = 'unseen' WHERE number = 'C-001'", in: "crm")
        try await expectLoudAndMended(project)
    }
}
