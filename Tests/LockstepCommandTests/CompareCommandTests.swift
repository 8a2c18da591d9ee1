import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// `lockstep compare`: two snapshots, or a snapshot and the store as it is.
struct CompareCommandTests {
    /// A project with a table of every kind: with a key of two fields, and without any.
    private func project() async throws -> SampleProject {
        let project = try await SampleProject()
        try project.execute(
            """
            CREATE TABLE items (shelf TEXT, place INTEGER, note TEXT, photo BLOB, price DECIMAL(10,2), PRIMARY KEY (shelf, place));
            INSERT INTO items VALUES ('東京', 1, 'secret', x'00ff', 1.5), ('東京', 2, NULL, NULL, NULL), ('a' || char(9), 1, '', x'', 2),
              ('b', 10, 'x', NULL, 3), ('b', 9, 'y', NULL, 4);
            CREATE TABLE loose (x TEXT, y TEXT); INSERT INTO loose VALUES ('1', 'one'), ('1', 'one'), ('2', NULL), ('3', 'three');
            CREATE TABLE empty (id INTEGER PRIMARY KEY)
            """, in: "shop")
        try project.replace(
            "links:", with: "repository: {url: \"file:backups\", encryption: none}\nlinks:", in: "lockstep.yaml")
        _ = try await project.run("sync")
        try await backup(project)
        return project
    }

    @discardableResult
    private func backup(_ project: SampleProject) async throws -> String {
        try #require(try await project.json("backup")["id"] as? String)
    }

    private static let changes = """
        UPDATE items SET note = 'other', price = 9 WHERE shelf = '東京' AND place = 1;
        UPDATE items SET photo = x'01' WHERE shelf = '東京' AND place = 2;
        DELETE FROM items WHERE shelf = 'b' AND place = 10;
        INSERT INTO items VALUES ('new', 1, NULL, NULL, NULL), ('new', 2, NULL, NULL, NULL);
        DELETE FROM loose WHERE rowid = 1; INSERT INTO loose VALUES ('4', 'four')
        """

    private struct Entity {
        let raw: [String: Any]
        var counts: [Int] {
            ["onlyInA", "onlyInB", "different", "equal"].map { raw[$0] as? Int ?? -1 }
        }
        var samples: [[String: Any]] { raw["samples"] as? [[String: Any]] ?? [] }
        func fields(_ kind: String) -> [[[String: Any]]] {
            samples.filter { $0["kind"] as? String == kind }.map { $0["fields"] as? [[String: Any]] ?? [] }
        }
        func keys(_ kind: String, side: String) -> [String] {
            samples.filter { $0["kind"] as? String == kind }.map { sample in
                (sample["key"] as? [[String: Any]] ?? []).map { "\($0[side] ?? "-")" }.joined(separator: "|")
            }
        }
    }

    private func entity(_ name: String, _ object: [String: Any]) throws -> Entity {
        let stores = try #require(object["stores"] as? [[String: Any]])
        let entities = stores.flatMap { $0["entities"] as? [[String: Any]] ?? [] }
        return Entity(raw: try #require(entities.first { $0["name"] as? String == name }))
    }

    @Test func whatIsTheSameIsEqual() async throws {
        let project = try await project()
        let outcome = try await project.run("compare latest live")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\(outcome.standardError)")
        #expect(outcome.standardOutput.contains("Equal: "))
        #expect(!outcome.standardOutput.contains("_lockstep"))
        let first = try await backup(project)
        let second = try await backup(project)
        #expect(try await project.run("compare \(first) \(second)").exitCode == 0)
    }

    /// The same differences, whether a side is a full, an increment or the store itself, and whichever way round.
    @Test func everySideTellsTheSame() async throws {
        let project = try await project()
        let before = try await backup(project)
        try project.execute(Self.changes, in: "shop")
        let live = try await project.json("compare \(before) live")
        let after = try await backup(project)
        let kinds = try #require(try await project.json("snapshots")["snapshots"] as? [[String: Any]])
        #expect(kinds.last?["kind"] as? String == "increment")
        for (line, isTurned) in [
            ("compare \(before) live", false), ("compare \(before) \(after)", false),
            ("compare \(before) latest", false),
            ("compare live \(before)", true), ("compare \(after) \(before)", true),
        ] {
            let outcome = try await project.run(line + " --json")
            #expect(outcome.exitCode == 5, "\(line): \(outcome.standardError)")
            let object = try SampleProject.object(outcome.standardOutput)
            let items = try entity("items", object)
            #expect(items.counts == (isTurned ? [2, 1, 2, 2] : [1, 2, 2, 2]), "\(line)")
            #expect(try entity("loose", object).counts == [1, 1, 0, 3], "\(line)")
            #expect(try entity("empty", object).counts == [0, 0, 0, 0])
            #expect(
                items.fields("different").map { $0.map { $0["name"] as? String } } == [["note", "price"], ["photo"]])
            #expect(items.keys("different", side: "a") == ["東京|1", "東京|2"])
            #expect(items.keys(isTurned ? "onlyInA" : "onlyInB", side: isTurned ? "a" : "b") == ["new|1", "new|2"])
            #expect(items.keys(isTurned ? "onlyInB" : "onlyInA", side: isTurned ? "b" : "a") == ["b|10"])
            let effect = try #require(object["effect"] as? [String: Any])
            let isLive = line == "compare live \(before)"
            #expect(effect["restored"] as? String == (isLive ? "B" : "A"))
            #expect(effect["inserts"] as? Int == (isTurned && !isLive ? 3 : 2), "\(line)")
            #expect(effect["deletes"] as? Int == (isTurned && !isLive ? 2 : 3), "\(line)")
            #expect(effect["updates"] as? Int == 2)
        }
        #expect(try entity("items", live).counts == [1, 2, 2, 2])
    }

    @Test func valuesAreShownOnlyWhenAskedFor() async throws {
        let project = try await project()
        try project.execute(Self.changes, in: "shop")
        let names = try await project.run("compare latest live --store shop")
        #expect(names.standardOutput.contains("different  shelf=\"東京\", place=\"1\": note, price"))
        #expect(!names.standardOutput.contains("secret"))
        #expect(
            names.standardOutput.contains(
                "Restoring A over B would bring back 2 records (insert), undo the changes of 2 records (update) and take away 3 records (delete)."
            ), "\(names.standardOutput)")
        let json = try await project.run("compare latest live --store shop --json")
        #expect(!json.standardOutput.contains("secret"))
        let values = try await project.json("compare latest live --store shop --values")
        let items = try entity("items", values)
        let note = try #require(items.fields("different").first?.first)
        #expect(note["a"] as? String == "secret")
        #expect(note["b"] as? String == "other")
        let photo = try #require(items.fields("different").last?.first)
        #expect(photo["a"] is NSNull)
        #expect(photo["b"] as? String == "\\x01")
        let lost = try #require(items.fields("onlyInA").first)
        #expect(lost.map { $0["name"] as? String } == ["note", "photo", "price"])
        #expect(lost.allSatisfy { $0["b"] == nil })
        #expect(try entity("loose", values).fields("onlyInA").first?.map { $0["a"] as? String } == ["1", "one"])
        let text = try await project.run("compare latest live --store shop --values")
        #expect(text.standardOutput.contains("note: A \"secret\"   B \"other\""))
        #expect(text.standardOutput.contains("photo: A NULL   B \"\\x01\""))
    }

    @Test func samplesAreLimitedAndTheRestIsCounted() async throws {
        let project = try await project()
        try project.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO empty SELECT i FROM n",
            in: "shop")
        let outcome = try await project.run("compare latest live --entity empty --store shop --limit 3")
        #expect(outcome.exitCode == 5)
        #expect(outcome.standardOutput.split(separator: "\n").count { $0.hasPrefix("  only in B  id=") } == 3)
        #expect(outcome.standardOutput.contains("… and 497 more only in B"))
        let none = try await project.json("compare latest live --entity empty --store shop --limit 0")
        #expect(try entity("empty", none).counts == [0, 500, 0, 0])
        #expect(try entity("empty", none).samples.isEmpty)
    }

    /// SQLite lets nulls into a primary key: two rows may share it, on one side or the other.
    @Test(arguments: [true, false])
    func rowsThatShareAKeyAreComparedAsAWhole(isAtFirst: Bool) async throws {
        let project = try await project()
        let twice = "INSERT INTO items (shelf, place, note) VALUES (NULL, 1, 'p'), (NULL, 1, 'q'), (NULL, 1, 'q')"
        if isAtFirst { try project.execute(twice, in: "shop") }
        let first = try await backup(project)
        try project.execute(
            isAtFirst ? "DELETE FROM items WHERE note = 'q' AND rowid % 2 = 0" : twice, in: "shop")
        try await backup(project)
        for (line, counts) in [
            ("compare \(first) latest", isAtFirst ? [1, 0, 0, 7] : [0, 3, 0, 5]),
            ("compare latest \(first)", isAtFirst ? [0, 1, 0, 7] : [3, 0, 0, 5]),
            ("compare \(first) live", isAtFirst ? [1, 0, 0, 7] : [0, 3, 0, 5]),
        ] {
            let items = try entity("items", try await project.json(line + " --store shop"))
            #expect(items.counts == counts, "\(line)")
            if isAtFirst { #expect(items.raw["key"] as? [String] == []) }
        }
    }

    @Test func otherFieldsAndEntitiesAreTold() async throws {
        let project = try await project()
        try project.execute(
            """
            ALTER TABLE items DROP COLUMN photo; ALTER TABLE items ADD COLUMN weight REAL;
            UPDATE items SET note = 'other' WHERE shelf = 'b' AND place = 9;
            DROP TABLE loose; CREATE TABLE fresh (id INTEGER PRIMARY KEY); INSERT INTO fresh VALUES (1), (2)
            """, in: "shop")
        for line in ["compare latest live", "compare live latest"] {
            let object = try await project.json(line + " --store shop")
            let (a, b) = line.hasSuffix("live") ? ("A", "B") : ("B", "A")
            let items = try entity("items", object)
            #expect(items.counts == [0, 0, 1, 4])
            #expect(items.raw["fieldsOnlyIn\(a)"] as? [String] == ["photo"])
            #expect(items.raw["fieldsOnlyIn\(b)"] as? [String] == ["weight"])
            #expect(items.fields("different").map { $0.map { $0["name"] as? String } } == [["note"]])
            #expect(try entity("loose", object).raw["onlyIn\(a)"] as? Int == 4)
            #expect(try entity("fresh", object).raw["onlyIn\(b)"] as? Int == 2)
            #expect(try entity("fresh", object).raw["presence"] as? String == "onlyIn\(b)")
        }
    }

    @Test func whatIsNotThereIsToldWithWhatIs() async throws {
        let project = try await project()
        for (line, hint) in [
            ("compare latest live --store nobody", "shop"), ("compare live live", "one side is a snapshot"),
            ("compare 2099 live", "lockstep snapshots"),
        ] {
            let outcome = try await project.run(line + " --json")
            #expect(outcome.exitCode == 64, "\(line)")
            #expect(outcome.standardError.contains(hint), "\(line): \(outcome.standardError)")
        }
        let entity = try await project.run("compare latest live --store shop --entity nobody --json")
        #expect(try SampleProject.errorCode(entity) == "LS-ARCHIVE-NOT-FOUND")
        #expect(entity.standardError.contains("customers"))
    }

    @Test func anInterruptedComparisonLeavesNothing() async throws {
        let project = try await project()
        try project.execute(
            """
            CREATE TABLE wide (id INTEGER PRIMARY KEY, noise TEXT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
            INSERT INTO wide SELECT i, hex(randomblob(60)) FROM n
            """, in: "shop")
        let scratch = try TemporaryFolder("scratch")
        try await backup(project)
        let run = try CommandRun(
            BuiltCommand.url, ["compare", "latest", "live"], environment: ["TMPDIR": scratch.path], folder: project.url)
        while run.isRunning, try scratchFiles(scratch) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        run.signal(SIGINT)
        let outcome = await run.outcome()
        #expect(outcome.exitCode == 130, "\(outcome.standardOutput)\(outcome.standardError)")
        #expect(try scratchFiles(scratch) == 0)
    }

    private func scratchFiles(_ folder: TemporaryFolder) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).count
    }

    @Test func aPostgreSQLStoreIsComparedWithItsSnapshot() async throws {
        let server = try PostgreSQLServer.shared()
        let database = "compare_\(UUID().uuidString.prefix(8).lowercased())"
        let url = try server.createDatabase(database)
        try server.execute(
            """
            create table orders (id int primary key, price numeric(10,2), at timestamptz, tags text[], photo bytea, r float8);
            create table loose (x text);
            insert into orders select i, i * 1.10, timestamptz '2024-02-29 12:00+02', array['a', null], '\\x00ff', 1.0 / i
              from generate_series(1, 2000) i;
            insert into loose values ('a'), ('a'), (null)
            """, database: database)
        let folder = try TemporaryFolder("compare")
        try folder.write(
            "project: q\nstores: {b: {url: \"\(url)\"}}\nrepository: {url: \"file:backups\", encryption: none}\n",
            to: "lockstep.yaml")
        try #require(try await SampleProject.run(["backup"], in: folder.url).exitCode == 0)
        let same = try await SampleProject.run(["compare", "latest", "live"], in: folder.url)
        #expect(same.exitCode == 0, "\(same.standardOutput)\(same.standardError)")
        try server.execute(
            """
            update orders set tags = '{}', r = 'NaN' where id = 7; delete from orders where id > 1990;
            delete from loose where x = 'a'; vacuum full orders
            """, database: database)
        let changed = try await SampleProject.run(["compare", "latest", "live", "--json"], in: folder.url)
        #expect(changed.exitCode == 5, "\(changed.standardError)")
        let object = try SampleProject.object(changed.standardOutput)
        #expect(try entity("orders", object).counts == [10, 0, 1, 1989])
        #expect(try entity("orders", object).fields("different").first?.map { $0["name"] as? String } == ["tags", "r"])
        #expect(try entity("loose", object).counts == [2, 0, 0, 1])
        try server.execute("drop database \(database) with (force)")
    }
}
