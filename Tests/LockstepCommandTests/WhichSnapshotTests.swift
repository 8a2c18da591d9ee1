import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// Which snapshot is meant, and what is said of what it does not bring back: what an admin relies on in a hurry.
struct WhichSnapshotTests {
    private func folder(_ name: String = "a", repository: String = "file:r") throws -> TemporaryFolder {
        let folder = try TemporaryFolder("which")
        try folder.write(
            """
            project: \(name)
            stores: {a: {url: "sqlite:a.db"}}
            repository: {url: "\(repository)", encryption: none, keep: {daily: 7}, grace: 1s}
            """, to: "lockstep.yaml")
        return folder
    }

    private func execute(_ sql: String, in folder: TemporaryFolder, _ name: String = "a.db") throws {
        let database = try SQLiteDatabase(path: folder.file(name).path, mode: .create)
        defer { database.close() }
        try database.execute(sql)
    }

    private func value(_ sql: String, in folder: TemporaryFolder, _ name: String = "a.db") throws -> Value? {
        let database = try SQLiteDatabase(path: folder.file(name).path, mode: .readOnly)
        defer { database.close() }
        return try database.value(sql)
    }

    @discardableResult
    private func run(_ line: String, in folder: TemporaryFolder, exitCode: Int32 = 0) async throws -> String {
        let outcome = try await SampleProject.run(SampleProject.words(line), in: folder.url)
        #expect(outcome.exitCode == exitCode, "\(line): \(outcome.standardOutput)\(outcome.standardError)")
        return outcome.standardOutput + outcome.standardError
    }

    @Test func latestIsABackupAndNotWhatARestoreReplaced() async throws {
        let folder = try folder()
        try execute(
            """
            CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE orders(id INTEGER PRIMARY KEY, n INT);
            INSERT INTO customers VALUES (1, 'Ann'); INSERT INTO orders VALUES (1, 9)
            """, in: folder)
        try await run("backup", in: folder)
        try execute("DELETE FROM orders; UPDATE customers SET name = 'BAD'", in: folder)
        try await run("restore latest --entity orders --in-place", in: folder)
        let told = try await run("restore latest --entity customers --in-place", in: folder)
        #expect(try value("SELECT name FROM customers", in: folder) == .text("Ann"))
        #expect(told.contains("from the snapshot "))
        // A plan keeps the backup as the day's, and what undoes the restores as that.
        try await Task.sleep(for: .seconds(2))
        let plan = try await run("prune --explain", in: folder)
        #expect(plan.contains("kept as daily"), "\(plan)")
        #expect(plan.contains("it undoes a restore in place"), "\(plan)")
        let listed = try await run("snapshots", in: folder)
        #expect(listed.contains("safety increment") || listed.contains("safety full"), "\(listed)")
    }

    @Test func latestIsThisProjectsOwn() async throws {
        let first = try folder("one")
        let second = try folder("two", repository: "file:\(first.path)/r")
        try execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'one')", in: first)
        try execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'two')", in: second)
        try await run("backup", in: first)
        try await run("backup", in: second)
        try execute("UPDATE t SET v = 'lost'", in: first)
        try await run("restore latest --in-place", in: first)
        #expect(try value("SELECT v FROM t", in: first) == .text("one"))
        let listed = try await SampleProject.run(["snapshots", "--json"], in: second.url)
        let snapshots = try #require(
            try SampleProject.object(listed.standardOutput)["snapshots"] as? [[String: Any]])
        let other = try #require(snapshots.first { $0["project"] as? String == "one" }?["id"] as? String)
        let refused = try await run("restore \(other) --in-place", in: second, exitCode: 64)
        #expect(refused.contains("is of the project one"))
        // Beside the live store it may be looked at.
        try await run("restore \(other) --to sqlite:found.db", in: second)
        #expect(try value("SELECT v FROM t", in: second, "found.db") == .text("one"))
    }

    @Test func aRepositoryThatIsGoneIsNotBegunAnew() async throws {
        let folder = try folder(repository: "file:disk/r")
        try execute("CREATE TABLE t(id INTEGER PRIMARY KEY)", in: folder)
        try await run("backup", in: folder)
        try FileManager.default.moveItem(atPath: folder.path + "/disk", toPath: folder.path + "/away")
        let told = try await run("backup", in: folder, exitCode: 1)
        #expect(told.contains("is its disk mounted?"), "\(told)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/disk"))
        // Also where the empty mount point is there.
        try FileManager.default.createDirectory(atPath: folder.path + "/disk/r", withIntermediateDirectories: true)
        try await run("backup", in: folder, exitCode: 1)

        let follow = try CommandRun(
            BuiltCommand.url, ["backup", "--follow", "--every", "1s"], folder: folder.url, timeLimitSeconds: 600)
        try FileManager.default.removeItem(atPath: folder.path + "/disk")
        try await Task.sleep(for: .milliseconds(300))
        #expect(await follow.outcome().exitCode == 1, "it is not there from the beginning")
        try FileManager.default.moveItem(atPath: folder.path + "/away", toPath: folder.path + "/disk")
        try await run("backup --full", in: folder)
        try FileManager.default.removeItem(atPath: folder.path + "/disk")
        try await run("backup --new-repository", in: folder)
        try await run("verify", in: folder)
    }

    @Test func followingWaitsForARepositoryThatGoesAway() async throws {
        let folder = try folder(repository: "file:disk/r")
        try execute("CREATE TABLE t(id INTEGER PRIMARY KEY)", in: folder)
        try await run("backup", in: folder)
        try execute("INSERT INTO t VALUES (1)", in: folder)
        let follow = try CommandRun(
            BuiltCommand.url, ["backup", "--follow", "--every", "1s"], folder: folder.url, timeLimitSeconds: 600)
        try await wait(for: 2, of: follow, in: folder)
        try FileManager.default.moveItem(atPath: folder.path + "/disk", toPath: folder.path + "/away")
        try execute("INSERT INTO t VALUES (2)", in: folder)
        try await Task.sleep(for: .seconds(3))
        #expect(follow.isRunning)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/disk"), "it began another one")
        try FileManager.default.moveItem(atPath: folder.path + "/away", toPath: folder.path + "/disk")
        try await wait(for: 3, of: follow, in: folder)
        follow.signal(SIGINT)
        let outcome = await follow.outcome()
        #expect(outcome.exitCode == 130, "\(outcome.standardError)")
    }

    private func wait(for wanted: Int, of follow: CommandRun, in folder: TemporaryFolder) async throws {
        var count = 0
        while count < wanted, follow.isRunning {
            try await Task.sleep(for: .milliseconds(200))
            let listed = try await SampleProject.run(["snapshots", "--json"], in: folder.url)
            count = (try SampleProject.object(listed.standardOutput)["snapshots"] as? [[String: Any]])?.count ?? 0
        }
        #expect(count >= wanted)
    }

    @Test func whatRowsDoNotBringBackIsSaidAndSearchesStayRight() async throws {
        let folder = try folder()
        try execute(
            """
            CREATE TABLE doc(id INTEGER PRIMARY KEY, body TEXT, x);
            CREATE VIRTUAL TABLE f USING fts5(body, content='doc', content_rowid='id');
            CREATE TRIGGER ai AFTER INSERT ON doc BEGIN INSERT INTO f(rowid, body) VALUES (new.id, new.body); END;
            CREATE TRIGGER ad AFTER DELETE ON doc
                BEGIN INSERT INTO f(f, rowid, body) VALUES ('delete', old.id, old.body); END;
            CREATE TABLE other(id INTEGER PRIMARY KEY, doc INTEGER); CREATE INDEX others ON other(doc);
            INSERT INTO doc(body) VALUES ('alpha'), ('beta'), ('gamma');
            """, in: folder)
        let told = try await run("backup", in: folder)
        #expect(told.contains("note: a.f: it is a virtual table"), "\(told)")
        try execute("DELETE FROM doc WHERE id = 2; INSERT INTO doc(body) VALUES ('delta')", in: folder)
        try await run("restore latest --in-place", in: folder)
        #expect(try value("SELECT group_concat(rowid) FROM f('beta')", in: folder) == .text("2"))
        #expect(try value("SELECT count(*) FROM f('delta')", in: folder) == .int64(0))
        // Also one entity of it, beside.
        let part = try await run("restore latest --entity doc --to sqlite:part.db", in: folder)
        #expect(part.contains("come with the whole store only"), "\(part)")
        #expect(try value("SELECT count(*) FROM doc", in: folder, "part.db") == .int64(3))
        let rows = try await run("restore latest --rows --to sqlite:rows.db", in: folder)
        #expect(rows.contains("f: it is a virtual table"), "\(rows)")
    }

    @Test func aComparisonSaysWhichStoresASnapshotDoesNotHave() async throws {
        let folder = try folder()
        try folder.write(
            """
            project: a
            stores: {a: {url: "sqlite:a.db"}, b: {url: "sqlite:b.db"}}
            repository: {url: "file:r", encryption: none}
            """, to: "lockstep.yaml")
        for name in ["a.db", "b.db"] {
            try execute("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)", in: folder, name)
        }
        try await run("backup", in: folder)
        try await run("compare latest live", in: folder)
        try await run("backup --store a", in: folder)
        #expect(try await run("query --store b \"select count(*) from t\"", in: folder).contains("1"))
        let told = try await run("compare latest live", in: folder, exitCode: 5)
        #expect(told.contains("b"), "\(told)")
        try await run("compare latest live --store b", in: folder)
    }

    @Test func entitiesOfPostgreSQLAreRestoredWithTheirTypesAndSequencesAreRaised() async throws {
        let server = try PostgreSQLServer.shared()
        let database = "which_\(UUID().uuidString.prefix(8).lowercased())"
        let folder = try TemporaryFolder("which")
        try folder.write(
            """
            project: c
            stores: {c: {url: "\(try server.createDatabase(database))"}}
            repository: {url: "file:r", encryption: none}
            """, to: "lockstep.yaml")
        try server.execute(
            """
            create schema other; create type other.mood as enum ('calm', 'cross');
            create table other.people(id serial primary key, mood other.mood not null default 'calm',
                name text check (name <> ''), loud text generated always as (upper(name)) stored);
            create table orders(id int generated always as identity primary key, who int references other.people);
            create index loud on other.people(loud); create view calm as select * from orders;
            insert into other.people(name) values ('Ann'), ('Bob'); insert into orders(who) values (1), (2);
            """, database: database)
        try await run("backup", in: folder)
        try server.execute("delete from orders where id = 2; delete from other.people where id = 2", database: database)
        try await run("restore latest --in-place", in: folder)
        #expect(try server.execute("select count(*) from orders", database: database) == "2")
        #expect(try server.execute("select nextval('other.people_id_seq')", database: database) == "3")

        let found = "\(database)_found"
        let told = try await run(
            "restore latest --entity other.people --to \(server.url(database: found))", in: folder)
        #expect(told.contains("were left out"), "\(told)")
        #expect(
            try server.execute("select string_agg(loud, ' ' order by id) from other.people", database: found)
                == "ANN BOB")
        #expect(
            try server.execute("insert into other.people(name) values ('Cid') returning id", database: found).hasPrefix(
                "3"))
        #expect(throws: PostgreSQLServer.Failure.self) {
            try server.execute("insert into other.people(name) values ('')", database: found)
        }
        #expect(try server.execute("select to_regclass('orders') is null", database: found) == "t")
    }
}
