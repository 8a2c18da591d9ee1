import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// Snapshots of one kind of store that are restored into another kind, and PostgreSQL's into PostgreSQL, by the commands.
struct OtherEngineRestoreTests {
    private static let schema = """
        create type mood as enum ('calm', 'cross');
        create table kinds(
            id bigint primary key, flag boolean, small smallint, price numeric(20, 4), ratio real, score double precision,
            name varchar(40) not null, note text, bytes bytea, day date, noon time, at timestamp, moment timestamptz,
            tag uuid, document jsonb, words text[], temper mood);
        create table lines(kind bigint references kinds(id), line int, primary key (kind, line));
        create index kind_names on kinds(name);
        create view calm as select id from kinds where temper = 'calm';
        insert into kinds
        select i, i % 2 = 0, i % 100, i * 1.0001, i / 3.0::real, i * 1e100, 'näme ' || i,
            case i % 4 when 0 then null when 1 then '' when 2 then E'tab\\t line\\n back\\\\ \\\\N' else '東京' end,
            case i % 3 when 0 then null else decode(md5(i::text), 'hex') end, date '2024-02-29' + i,
            time '23:59:59.999999', timestamp '2024-02-29 12:00:00.5', timestamptz '1969-12-31 23:59:59+02',
            md5(i::text)::uuid, jsonb_build_object('i', i), array['a', null, 'c"d'],
            (array['calm', 'cross'])[1 + i % 2]::mood
        from generate_series(1, 500) as i;
        insert into lines select id, n from kinds, generate_series(1, 2) as n;
        """

    private func project(_ url: String) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder("engines")
        let keys = try await SampleProject.run(["keys", "new", "keys", "--json"], in: folder.url)
        let recipient = try #require(try SampleProject.object(keys.standardOutput)["recipient"] as? String)
        try folder.write(
            """
            project: engines
            stores: {kinds: {url: "\(url)"}}
            repository: {url: "file:backups", recipients: [\(recipient)], signingKey: {file: keys/signing}}
            """, to: "lockstep.yaml")
        return folder
    }

    private func succeed(_ words: [String], in folder: TemporaryFolder) async throws -> String {
        let outcome = try await SampleProject.run(words, in: folder.url)
        #expect(outcome.exitCode == 0, "\(words): \(outcome.standardError)")
        return outcome.standardOutput
    }

    private static let digest = "select md5(string_agg(k::text, '|' order by id)) from kinds as k"

    @Test func aDatabaseComesBackIntoPostgreSQLAndIntoAFile() async throws {
        let server = try PostgreSQLServer.shared()
        let database = "engines_\(UUID().uuidString.prefix(8).lowercased())"
        let folder = try await project(try server.createDatabase(database))
        try server.execute(Self.schema, database: database)
        _ = try await succeed(["backup"], in: folder)
        try server.execute(
            "update kinds set note = 'changed' where id % 100 = 7; delete from lines where kind = 3", database: database
        )
        _ = try await succeed(["backup"], in: folder)

        let found = "\(database)_found"
        let words = ["restore", "latest", "--identity", "keys/identity", "--to"]
        _ = try await succeed(words + [server.url(database: found)], in: folder)
        #expect(try server.execute(Self.digest, database: found) == server.execute(Self.digest, database: database))
        #expect(try server.execute("select count(*) from lines", database: found) == "998")
        #expect(try server.execute("select count(*) from calm", database: found) == "250")
        #expect(throws: PostgreSQLServer.Failure.self) {
            try server.execute("insert into lines values (-1, 1)", database: found)
        }

        let told = try await succeed(words + ["sqlite:found.db"], in: folder)
        #expect(told.contains("CREATE VIEW"), "\(told)")
        let file = try SQLiteDatabase(path: folder.file("found.db").path, mode: .readOnly)
        defer { file.close() }
        let fields = [
            "id", "flag", "small", "price", "name", "note", "day", "noon", "at", "tag", "document", "words", "temper",
        ]
        let inFile = try file.query(
            "SELECT \(fields.joined(separator: ", ")), hex(bytes), score FROM kinds WHERE id IN (1, 2, 3, 207) ORDER BY id"
        )
        let expected = try server.execute(
            "select \(fields.joined(separator: ", ")), upper(encode(bytes, 'hex')), score from kinds "
                + "where id in (1, 2, 3, 207) order by id", database: database
        ).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(inFile.count == 4)
        #expect(inFile[0][0] == .int64(1) && inFile[0][1] == .int64(0) && inFile[1][1] == .int64(1))
        #expect(inFile[3][5] == .text("changed") && inFile[1][5] == .text("tab\t line\n back\\ \\N"))
        #expect(inFile[2][4] == .text("näme 3") && inFile[2][5] == .text("東京"))
        #expect(inFile[0][14] == .float64(1e100))
        #expect(expected.first?.contains(inFile[0][13].displayText) == true)
        #expect(expected.first?.contains(inFile[0][6].displayText) == true)
        #expect(expected.first?.contains(inFile[0][10].displayText) == true)
        #expect(try file.integer("SELECT count(*) FROM lines") == 998)
        #expect(try file.value("PRAGMA integrity_check") == .text("ok"))
    }

    @Test func aFileComesBackIntoADatabase() async throws {
        let server = try PostgreSQLServer.shared()
        let folder = try await project("sqlite:shop.db")
        let file = try SQLiteDatabase(path: folder.file("shop.db").path, mode: .create)
        try file.execute(
            """
            CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, credit DECIMAL(10,2), photo BLOB, score REAL,
              since DATE, is_active BOOLEAN);
            CREATE UNIQUE INDEX names ON customers(name);
            CREATE TABLE orders (customer INTEGER NOT NULL REFERENCES customers(id), number TEXT, PRIMARY KEY (customer, number))
              WITHOUT ROWID;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
            INSERT INTO customers SELECT i, CASE i WHEN 7 THEN 'tab' || char(9) || '\\N' ELSE 'Zoë ' || i END, i * 0.25,
              CASE i % 2 WHEN 0 THEN NULL ELSE x'00ff' END, i / 8.0, '2024-02-29', i % 2 FROM n;
            INSERT INTO orders SELECT id, 'o' || id FROM customers;
            """)
        _ = try await succeed(["backup"], in: folder)
        let database = "file_\(UUID().uuidString.prefix(8).lowercased())"
        _ = try await succeed(
            ["restore", "latest", "--identity", "keys/identity", "--to", server.url(database: database)], in: folder)
        let sums = try server.execute(
            """
            select count(*), sum(credit), sum(score), count(photo), min(encode(photo, 'hex')), count(*) filter (where is_active),
                min(since) from customers
            """, database: database)
        #expect(sums == "300|11287.50|5643.75|150|00ff|150|2024-02-29")
        let odd = try server.execute("select name = E'tab\\t\\\\N' from customers where id = 7", database: database)
        #expect(odd == "t")
        #expect(try server.execute("select count(*) from orders", database: database) == "300")
        #expect(throws: PostgreSQLServer.Failure.self) {
            try server.execute("insert into orders values (-1, 'x')", database: database)
        }
        #expect(throws: PostgreSQLServer.Failure.self) {
            try server.execute("insert into customers(id, name) values (1, 'again')", database: database)
        }
        try file.execute("UPDATE customers SET since = '0000-00-00' WHERE id = 9")
        file.close()
        // What the other engine refuses is told by its column, never by its value.
        _ = try await succeed(["backup"], in: folder)
        let refused = try await SampleProject.run(
            ["restore", "latest", "--identity", "keys/identity", "--to", server.url(database: database + "_odd")],
            in: folder.url)
        #expect(refused.exitCode == 1 && refused.standardError.contains("the column since"), "\(refused.standardError)")
        #expect(!refused.standardError.contains("0000-00-00"))
        let left = try server.execute("select count(*) from pg_database where datname ~ '^\(database)_odd'")
        #expect(left == "0")
    }

    /// How many tables an unfinished restore into a database has whole; nil where there is none.
    private func kept(_ server: PostgreSQLServer, _ database: String) -> Int? {
        let name = database + ".restoring"
        guard (try? server.execute("select 1 from pg_database where datname = '\(name)'")) == "1" else { return nil }
        return (try? server.execute("select count(*) from \"lockstep.restoring\".kept", database: name)).flatMap {
            Int($0)
        }
    }

    @Test func whatIsKilledGoesOnAndIsSeenWhenItIsWhole() async throws {
        let server = try PostgreSQLServer.shared()
        let database = "killed_\(UUID().uuidString.prefix(8).lowercased())"
        let folder = try await project(try server.createDatabase(database))
        let tables = (1...12).map { "t\($0)" }
        // Half of the tables take their time, so that there is a middle to be killed in.
        try server.execute(
            "create function public.slowly(text) returns boolean language sql as "
                + "$$ select pg_catalog.pg_sleep(0.01) is not null $$; create domain lazy as text check (slowly(value));",
            database: database)
        try server.execute(
            tables.enumerated().map { number, table in
                let isLazy = number % 2 == 1
                return "create table \(table)(id int primary key, up int\(number == 0 ? "" : " references t1"), "
                    + "noise \(isLazy ? "lazy" : "text")); insert into \(table) select i, i, "
                    + "repeat(md5(i::text), 20) from generate_series(1, \(isLazy ? 150 : 4000)) i;"
            }.joined(separator: "\n"), database: database)
        try server.execute(
            "create view whole as select count(*) from t12; create sequence s; select nextval('s')", database: database)
        _ = try await succeed(["backup"], in: folder)
        try server.execute("update t7 set up = 1 where id < 10; delete from t9 where id = 3", database: database)
        _ = try await succeed(["backup"], in: folder)

        let found = "\(database)_found"
        let words = [
            "restore", "latest", "--identity", "keys/identity", "--to", server.url(database: found),
        ]
        var before = 0
        for _ in 1...3 {
            let run = try CommandRun(BuiltCommand.url, words, folder: folder.url, timeLimitSeconds: 300)
            while run.isRunning, kept(server, found) ?? 0 < before + 2 { try await Task.sleep(for: .milliseconds(10)) }
            run.signal(SIGKILL)
            let outcome = await run.outcome()
            #expect(outcome.wasSignalled, "\(outcome.standardError)")
            #expect(outcome.standardError.contains("going on with an interrupted restore") == (before > 0))
            #expect(try #require(kept(server, found)) >= before + 2)
            let isThere = try server.execute("select count(*) from pg_database where datname = '\(found)'")
            #expect(isThere == "0", "it looks restored")
            before = try #require(kept(server, found))
        }
        let last = try await SampleProject.run(words, in: folder.url)
        #expect(last.exitCode == 0, "\(last.standardError)")
        #expect(last.standardError.contains("\(before) of 12 entities are there"), "\(last.standardError)")
        for table in tables {
            let digest = "select count(*) || md5(string_agg(t::text, '|' order by id)) from \(table) as t"
            #expect(
                try server.execute(digest, database: found) == server.execute(digest, database: database), "\(table)")
        }
        #expect(try server.execute("select last_value from s", database: found) == "1")
        #expect(try server.execute("select count(*) from pg_constraint where contype = 'f'", database: found) == "11")
        #expect(
            try server.execute("select count(*) from pg_namespace where nspname ~ 'restoring'", database: found) == "0")
        #expect(kept(server, found) == nil)
        // Once more is refused, as with any database that is not empty.
        #expect(try await SampleProject.run(words, in: folder.url).exitCode != 0)
    }
}
