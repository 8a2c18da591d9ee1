import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// `lockstep query`: what a snapshot answers, and what it does not do.
struct QueryCommandTests {
    /// A project with a backup, and a change of the store after it.
    private func project() async throws -> SampleProject {
        let project = try await SampleProject()
        try project.execute(
            """
            CREATE TABLE odd (id INTEGER PRIMARY KEY, note TEXT, photo BLOB, ratio REAL);
            INSERT INTO odd VALUES (1, 'Zürich, "東京"' || char(10), x'00ff', 0.1), (2, '', x'', -1e300),
              (3, NULL, NULL, NULL), (4, 'secret', NULL, NULL);
            CREATE VIEW cities AS SELECT DISTINCT city FROM customers
            """, in: "shop")
        try project.replace(
            "links:", with: "repository: {url: \"file:backups\", encryption: none}\nlinks:", in: "lockstep.yaml")
        let backup = try await project.run("backup")
        try #require(backup.exitCode == 0, "\(backup.standardError)")
        return project
    }

    private func rows(_ project: SampleProject, _ line: String) async throws -> [[String]] {
        let outcome = try await project.run("query --json " + line)
        #expect(outcome.exitCode == 0, "\(outcome.standardError)")
        let rows = try SampleProject.object(outcome.standardOutput)["rows"] as? [[Any]]
        return (rows ?? []).map { $0.map { "\($0)" } }
    }

    @Test func everyKindOfValueIsShownInEveryForm() async throws {
        let project = try await project()
        let ask =
            "--store shop \"select id, note, photo, iif(id = 3, 9e999, ratio) ratio from odd where id < 4 order by id\""
        let json = try await project.run("query --json \(ask)")
        let object = try SampleProject.object(json.standardOutput)
        #expect(object["columns"] as? [String] == ["id", "note", "photo", "ratio"])
        #expect(object["isCut"] as? Bool == false)
        #expect(object["store"] as? String == "shop")
        let rows = try #require(object["rows"] as? [[Any]])
        #expect(rows[0][1] as? String == "Zürich, \"東京\"\n")
        #expect(rows[0][2] as? String == "0x00ff")
        #expect(rows[0][3] as? Double == 0.1)
        #expect(rows[2][1] is NSNull)
        #expect(rows[2][3] as? String == "Infinity")
        let csv = try await project.run("query --csv \(ask)")
        #expect(
            csv.standardOutput
                == "id,note,photo,ratio\r\n1,\"Zürich, \"\"東京\"\"\n\",0x00ff,0.1\r\n2,\"\",0x,-1e+300\r\n3,,,Infinity\r\n"
        )
        let table = try await project.run("query \(ask)")
        #expect(table.standardOutput.hasPrefix("ID  NOTE"))
        #expect(table.standardOutput.contains("NULL"))
        let none = try await project.run("query --store shop \"select id from odd where id > 99\"")
        #expect(none.standardOutput == "ID\n")
    }

    @Test func theSnapshotIsAskedNotTheStore() async throws {
        let project = try await project()
        let count = "--store shop \"select count(*), group_concat(note) from odd where id > 3\""
        try project.execute("INSERT INTO odd (note) VALUES ('later'); DELETE FROM odd WHERE id = 4", in: "shop")
        #expect(try await rows(project, count) == [["1", "secret"]])
        let second = try await project.json("backup")
        #expect(second["kind"] as? String == "increment")
        #expect(try await rows(project, count) == [["1", "later"]])
        let first = try #require(second["base"] as? String)
        #expect(try await rows(project, "--snapshot \(first) \(count)") == [["1", "secret"]])
        let known = try #require(try await project.json("snapshots")["snapshots"] as? [[String: Any]])
        let cut = try #require(known.first { $0["id"] as? String == second["id"] as? String }?["cut"] as? String)
        #expect(try await rows(project, "--at \(cut.prefix(4))-12-31T23:59:59Z \(count)") == [["1", "later"]])
        #expect(try await rows(project, "--store shop \"select value from json_each('[7]')\"") == [["7"]])
        let towns = try await rows(project, "--store shop \"select count(*) from cities\"")
        #expect(towns.first?.first.flatMap { Int($0) } ?? 0 > 1)
        #expect(
            try await rows(project, "--store shop \"select name from pragma_table_info('odd') limit 1\"") == [["id"]])
    }

    @Test(arguments: [
        "delete from odd", "update odd set note = ''", "insert into odd (id) values (9)", "drop table odd",
        "attach 'other.db' as other", "create temp table t (x)", "begin", "pragma journal_mode = wal",
        "pragma query_only = off", "vacuum into 'copy.db'", "select 1; select 2", "", "select from",
        "select load_extension('x')",
        "update sqlite_master set sql = ''", "select * from nobody",
        "with a as (select 1) insert into odd (id) select * from a",
    ])
    func whatDoesMoreThanReadIsRefused(sql: String) async throws {
        let project = try await project()
        let outcome = try await SampleProject.run(["query", "--store", "shop", "--json", sql], in: project.url)
        #expect(outcome.exitCode == 64)
        #expect(try SampleProject.errorCode(outcome) == "LS-QUERY-STATEMENT")
        #expect(outcome.standardOutput == "")
        if sql.hasSuffix("nobody") { #expect(outcome.standardError.contains("customers")) }
        #expect(!FileManager.default.fileExists(atPath: project.path("other.db")))
        #expect(!FileManager.default.fileExists(atPath: project.path("copy.db")))
        // A comment and a semicolon are no second statement.
        if sql == "begin" { #expect(try await rows(project, "--store shop \"select 1; -- one\"") == [["1"]]) }
    }

    @Test func errorsHoldNoValues() async throws {
        let project = try await project()
        let outcome = try await project.run(
            "query --store shop \"select json_extract('{}', note) from odd where id = 4\"")
        #expect(outcome.exitCode == 64)
        #expect(!(outcome.standardError + outcome.standardOutput).contains("secret"))
    }

    @Test func aStoreThatIsNotThereIsToldWithThoseThatAre() async throws {
        let project = try await project()
        for options in ["--store nobody", ""] {
            let outcome = try await project.run("query \(options) --json \"select 1\"")
            #expect(outcome.exitCode == 64)
            #expect(outcome.standardError.contains("shop, crm") || outcome.standardError.contains("crm, shop"))
        }
    }

    @Test func limitsOfTimeAndRowsAreKept() async throws {
        let project = try await project()
        let endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select"
        let late = try await project.run("query --store shop --time-limit 1s --json \"\(endless) max(i) from n\"")
        #expect(late.exitCode == 1)
        #expect(try SampleProject.errorCode(late) == "LS-QUERY-TIME-LIMIT")
        let cut = try await project.run("query --store shop --limit 3 --csv \"\(endless) i from n\"")
        #expect(cut.exitCode == 0)
        #expect(cut.standardOutput == "i\r\n1\r\n2\r\n3\r\n")
        #expect(cut.standardError.contains("only the first 3 rows"))
        let exact = try await project.json("query --store shop --limit 4 \"select id from odd\"")
        #expect(exact["isCut"] as? Bool == false)
        let all = try await project.json("query --store shop --limit 0 \"\(endless) i from n limit 2500\"")
        #expect((all["rows"] as? [Any])?.count == 2500)
    }

    @Test func anInterruptedQueryLeavesNothing() async throws {
        let project = try await project()
        let scratch = try TemporaryFolder("scratch")
        let run = try CommandRun(
            BuiltCommand.url,
            [
                "query", "--store", "shop", "--limit", "0", "--csv", "--time-limit", "1h",
                "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n where i < 20000 or i < 0",
            ], environment: ["TMPDIR": scratch.path], folder: project.url)
        #expect(await run.waitFor("15000"))
        run.signal(SIGINT)
        let outcome = await run.outcome()
        #expect(outcome.exitCode == 130, "\(outcome.standardError)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
    }

    @Test func aPostgreSQLStoreAnswersInSQLite() async throws {
        let server = try PostgreSQLServer.shared()
        let database = "query_\(UUID().uuidString.prefix(8).lowercased())"
        let url = try server.createDatabase(database)
        try server.execute(
            """
            create schema sales; create table sales.orders (id int primary key, price numeric(10,2), at timestamptz,
              done bool, note text);
            insert into sales.orders values (1, 10.50, '2024-02-29 12:00+02', true, '東京'), (2, null, null, false, null)
            """, database: database)
        let folder = try TemporaryFolder("query")
        try folder.write(
            """
            project: q
            stores: {b: {url: "\(url)"}}
            repository: {url: "file:backups", encryption: none}
            """, to: "lockstep.yaml")
        let backup = try await SampleProject.run(["backup"], in: folder.url)
        try #require(backup.exitCode == 0, "\(backup.standardError)")
        let sql = #"select o.*, round(sum(price) over (), 1) from "sales.orders" o order by id"#
        let outcome = try await SampleProject.run(["query", "--csv", sql], in: folder.url)
        #expect(outcome.exitCode == 0, "\(outcome.standardError)")
        #expect(
            outcome.standardOutput.split(separator: "\r\n").dropFirst().map(String.init) == [
                "1,10.50,2024-02-29 10:00:00+00,1,東京,10.5", "2,,,0,,10.5",
            ], "\(outcome.standardOutput)")
        try server.execute("drop database \(database) with (force)")
    }
}
