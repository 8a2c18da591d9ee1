import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// A PostgreSQL table whose changes were not kept since the last run: the run stops loudly, and `--resync` mends.
struct PostgreSQLHistoryTests {
    @Test(arguments: [
        "drop table notes; create table notes(id int primary key, x text); insert into notes values (7, 'seven')",
        "do $$ begin execute (select format('alter publication %I drop table notes', pubname) from pg_publication"
            + " where pubname like 'lockstep%'); end $$; update notes set x = 'unseen' where id = 1",
    ])
    func tableThatWasNotFollowedIsNoticed(sql: String) async throws {
        let database = "history_\(UUID().uuidString.prefix(8).lowercased())"
        let server = try PostgreSQLServer.shared()
        let url = try server.createDatabase(database)
        try server.execute("create table notes(id int primary key, x text)", database: database)
        let folder = try TemporaryFolder("history")
        let store = try SQLiteDatabase(path: folder.file("a.db").path, mode: .create)
        try store.execute(
            "CREATE TABLE notes(id INTEGER PRIMARY KEY, x TEXT); INSERT INTO notes VALUES (1,'a'),(2,'b')")
        try write(url, to: folder)

        #expect(try await SampleProject.run(["sync"], in: folder.url).exitCode == 0)
        try server.execute(sql, database: database)
        let stopped = try await SampleProject.run(["sync", "--json"], in: folder.url)
        #expect(stopped.exitCode == 1)
        #expect(try SampleProject.errorCode(stopped) == "LS-SYNC-HISTORY-LOST")

        let mended = try await SampleProject.run(["sync", "--resync"], in: folder.url)
        #expect(mended.exitCode == 0, "\(mended.standardError)")
        let left = try store.query("SELECT id || x FROM notes ORDER BY id").map { $0[0].displayText }
        let right = try server.execute("select id || x from notes order by id", database: database)
        #expect(left.joined(separator: "\n") == right)
        #expect(left.count >= 2)
        #expect(
            try await SampleProject.run(["store", "uninstall", "b", "--yes"], in: folder.url).exitCode == 0)
    }

    /// The last change of a transaction fills a chunk by itself: the end of the transaction comes alone.
    @Test func largeRecordThatEndsATransactionArrives() async throws {
        let database = "large_\(UUID().uuidString.prefix(8).lowercased())"
        let server = try PostgreSQLServer.shared()
        let url = try server.createDatabase(database)
        try server.execute("create table notes(id int primary key, x text)", database: database)
        let folder = try TemporaryFolder("large")
        let store = try SQLiteDatabase(path: folder.file("a.db").path, mode: .create)
        try store.execute(
            "CREATE TABLE notes(id INTEGER PRIMARY KEY, x TEXT); INSERT INTO notes VALUES (1,'a'),(2,'b')")
        try write(url, to: folder)
        #expect(try await SampleProject.run(["sync"], in: folder.url).exitCode == 0)
        try server.execute(
            "update notes set x = x || repeat('x', 3000000); insert into notes values (3, 'small')",
            database: database)
        #expect(try await SampleProject.run(["sync"], in: folder.url).exitCode == 0)
        try server.execute("update notes set x = x || repeat('y', 3000000) where id = 2", database: database)
        #expect(try await SampleProject.run(["sync"], in: folder.url).exitCode == 0)
        let lengths = try store.query("SELECT id || '|' || length(x) FROM notes ORDER BY id").map { $0[0].displayText }
        #expect(lengths == ["1|3000001", "2|6000001", "3|5"])
    }

    private func write(_ url: String, to folder: TemporaryFolder) throws {
        try Data(
            """
            project: history
            stores:
              a: {url: "sqlite:a.db"}
              b: {url: "\(url)"}
            links:
              a-b: {between: [a, b], maps: "*.map.yaml", run: by hand}
            """.utf8
        ).write(to: folder.file("lockstep.yaml"))
        try Data(
            """
            map: notes
            version: 1.0.0
            between: {a: notes, b: notes}
            key: [{a: id, b: id}]
            direction: both
            fields: [{a: x, b: x}]
            conflicts: {overlap: a, delete: update-wins}
            """.utf8
        ).write(to: folder.file("notes.map.yaml"))
    }
}
