import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// `lockstep map infer|try|test|diff` on real stores, from outside.
struct MapToolsTests {
    // MARK: infer

    private static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The demo's stores, made by its own SQL, with no maps.
    private func demo(_ folder: TemporaryFolder) async throws -> URL {
        let project = folder.file("demo")
        let source = Self.repository.appendingPathComponent("mappings/demo")
        try FileManager.default.copyItem(at: source, to: project)
        let made = try await CommandRun.run(
            URL(fileURLWithPath: "/usr/bin/env"), ["sqlite3", "-bail", ":memory:", ".read sql/make.sql"],
            environment: [:], folder: project, timeLimitSeconds: 120)
        try #require(made.exitCode == 0, "\(made.standardError)")
        return project
    }

    private func pairs(_ map: [String: Any]) -> Set<String> {
        let pairs = map["pairs"] as? [[String: Any]] ?? []
        return Set(
            pairs.filter { $0["doubt"] == nil }.compactMap { pair in
                let fields = pair["fields"] as? [String: String] ?? [:]
                guard let left = fields["erp"], let right = fields["crm"] else { return nil }
                return "\(left)=\(right)"
            })
    }

    /// The demo's own maps are the truth: entities, keys and pairs are found again from its stores alone.
    @Test func theDemosMapsAreFoundAgain() async throws {
        let folder = try TemporaryFolder("infer")
        let project = try await demo(folder)
        let outcome = try await SampleProject.run(
            ["map", "infer", "erp", "crm", "--all", "--folder", "drafts", "--json"], in: project)
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
        let maps = try SampleProject.object(outcome.standardOutput)["maps"] as? [[String: Any]] ?? []
        let truth: [String: Set<String>] = [
            "customers": [
                "name=name", "credit_limit=creditlimit", "currency=currencycode", "on_hold=onholdstatus",
                "language=preferredlanguage", "email=emailaddress", "phone=telephone", "street=address_line",
                "city=address_city", "country=address_country",
            ],
            "countries": ["alpha3=isocode3", "name=name"],
            "currencies": ["name=currencyname", "numeric_code=numericcode"],
            "languages": ["short_code=locale", "name=displayname"],
            "subdivisions": ["country=countrycode", "name=name", "kind=category"],
        ]
        var found = 0
        var right = 0
        var missed: [String] = []
        for map in maps {
            let name = map["map"] as? String ?? ""
            let drafted = pairs(map)
            found += drafted.count
            right += drafted.intersection(truth[name] ?? []).count
            missed += (truth[name] ?? []).subtracting(drafted).map { "\(name): \($0)" }
            missed += drafted.subtracting(truth[name] ?? []).map { "\(name), wrong: \($0)" }
        }
        let wanted = truth.values.reduce(0) { $0 + $1.count }
        #expect(Set(maps.compactMap { $0["map"] as? String }) == Set(truth.keys))
        #expect(right * 10 >= wanted * 9, "\(missed)")
        #expect(right * 10 >= found * 9, "\(missed)")
    }

    @Test func aDraftIsAMapThatRuns() async throws {
        let project = try await SampleProject()
        try FileManager.default.removeItem(atPath: project.path("mappings/customers.yaml"))
        let drafted = try await project.run(
            "map infer shop.customers crm.contacts --output mappings/customers.yaml")
        #expect(drafted.exitCode == 0, "\(drafted.standardError)")
        let text = try project.text("mappings/customers.yaml")
        for pair in ["shop: account, crm: number", "shop: name, crm: full_name", "shop: email, crm: mail"] {
            #expect(text.contains(pair), "\(text)")
        }
        #expect(try await project.run("check").exitCode == 0, "\(text)")
        let again = try await project.run("map infer shop.customers crm.contacts --output mappings/customers.yaml")
        #expect(again.exitCode == 1)
        #expect(again.standardOutput.contains("is there already"))
        #expect(try project.text("mappings/customers.yaml") == text)
    }

    /// Numbers that each store gives its own records agree by chance only: a sync of them would renumber live records.
    @Test func storesOwnNumbersAreNoPair() async throws {
        let folder = try TemporaryFolder("numbers")
        try folder.write(
            "project: n\nstores: {a: {url: \"sqlite:a.db\"}, b: {url: \"sqlite:b.db\"}}\n"
                + "links: {l: {between: [a, b], maps: mappings/*.yaml}}\n", to: "lockstep.yaml")
        for (name, codes) in [("a.db", "x y z"), ("b.db", "p q x")] {
            let file = try SQLiteDatabase(path: folder.file(name).path, mode: .create)
            try file.execute("CREATE TABLE prod(id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, nm TEXT)")
            for code in codes.split(separator: " ") {
                try file.execute("INSERT INTO prod(code, nm) VALUES ('\(code)', 'the \(code)')")
            }
            file.close()
        }
        let draft = try await SampleProject.run(["map", "infer", "a.prod", "b.prod"], in: folder.url)
        #expect(draft.exitCode == 0 && draft.standardOutput.contains("- {a: code, b: code}"), "\(draft.standardOutput)")
        let live = draft.standardOutput.split(separator: "\n").filter { $0.hasPrefix("  - ") && $0.contains("a: id") }
        #expect(live.isEmpty, "\(live)")
        #expect(try await SampleProject.run(["map", "infer", "a", "b"], in: folder.url).exitCode == 64)
    }

    @Test func whatIsNotThereIsNamed() async throws {
        let project = try await SampleProject()
        for line in ["map infer shop.nothing crm.contacts", "map infer shop.customers crm", "map infer shop shop"] {
            #expect(try await project.run(line).exitCode == 64, "\(line)")
        }
    }

    // MARK: try

    @Test func aRecordIsShownBeforeAndAfter() async throws {
        let project = try await SampleProject()
        let body = try await project.json("map try customers --key C-002")
        let record = try #require((body["records"] as? [[String: Any]])?.first)
        #expect(record["verdict"] as? String == "differs")
        let fields = try #require(record["fields"] as? [[String: Any]])
        let city = try #require(fields.first { ($0["fields"] as? [String: String])?["shop"] == "city" })
        #expect(city["then"] as? [String: String] == ["shop": "Oslo"])
        #expect(city["reason"] as? String == "crm is newer")
        // What the engine then does is what was shown, and nothing was done before.
        #expect(try project.value("SELECT city FROM customers WHERE account = 'C-002'", in: "shop") == .text("Bergen"))
        _ = try await project.run("sync")
        #expect(try project.value("SELECT city FROM customers WHERE account = 'C-002'", in: "shop") == .text("Oslo"))
        #expect(
            (try await project.json("map try customers --key C-002")["records"] as? [[String: Any]])?
                .first?["verdict"] as? String == "equal")
    }

    @Test func aRecordOfOneSideWouldBeInserted() async throws {
        let project = try await SampleProject()
        let body = try await project.json("map try customers --key account=C-004 --key number=C-007")
        let records = try #require(body["records"] as? [[String: Any]])
        #expect(records.map { $0["verdict"] as? String } == ["inserted", "inserted"])
        #expect(records.map { $0["store"] as? String } == ["crm", "shop"])
        let text = try await project.run("map try customers --key C-004").standardOutput
        #expect(text.contains("-> 1") && text.contains("value map"))
    }

    @Test func aRecordThatCannotBeMappedSaysWhy() async throws {
        let project = try await SampleProject()
        try project.execute("UPDATE customers SET status = 'vip' WHERE account = 'C-001'", in: "shop")
        let body = try await project.json("map try customers --key C-001")
        let record = try #require((body["records"] as? [[String: Any]])?.first)
        #expect(record["verdict"] as? String == "parks")
        #expect(record["code"] as? String == "LS-MAP-107")
    }

    @Test func aKeyThatIsNotThereFindsNearOnes() async throws {
        let project = try await SampleProject()
        let outcome = try await project.run("map try customers --key c001")
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardOutput.contains("There is account=C-001 in shop."))
        #expect(try await project.run("map try customers --key town=Lyon,street=x").exitCode == 1)
        #expect(try await project.run("map try nothing --key 1").exitCode == 64)
    }

    // MARK: test

    private static let examples = """
        # What sales and finance agreed on.
        - name: a blocked customer
          from: shop
          input: {account: C-1, name: Ada, status: blocked}
          output: {blocked: 1, full_name: Ada}
        - {name: no such status, from: shop, input: {account: C-1, name: Ada, status: vip}, fails: LS-MAP-107}

        """

    @Test func examplesBesideAMapAreRun() async throws {
        let project = try await SampleProject()
        let none = try await project.run("map test")
        #expect(none.exitCode == 0)
        #expect(none.standardOutput.contains("mappings/customers.examples.yaml"))
        try project.write(Self.examples, to: "mappings/customers.examples.yaml")
        // The examples are no map: the project is still in order.
        #expect(try await project.run("check").exitCode == 0)
        let passed = try await project.run("map test")
        #expect(passed.exitCode == 0, "\(passed.standardOutput)")
        #expect(passed.standardOutput.contains("2 examples passed."))
        try project.replace("{active: 0, blocked: 1}", with: "{active: 0, blocked: 2}", in: "mappings/customers.yaml")
        let failed = try await project.run("map test customers")
        #expect(failed.exitCode == 1)
        #expect(failed.standardOutput.contains("blocked: 1 expected, 2 came out"))
        let before = try project.text("mappings/customers.examples.yaml")
        #expect(before == Self.examples)
        _ = try await project.run("map test --update")
        #expect(
            try project.text("mappings/customers.examples.yaml") == before.replacing("blocked: 1", with: "blocked: 2"))
        #expect(try await project.run("map test").exitCode == 0)
    }

    @Test func aMistakeInAnExampleHasItsPlace() async throws {
        let project = try await SampleProject()
        try project.write(
            Self.examples.replacing("name: Ada, status: blocked", with: "nam: Ada"),
            to: "mappings/customers.examples.yaml")
        let outcome = try await project.run("map test")
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardOutput.contains("mappings/customers.examples.yaml:4:"))
        #expect(outcome.standardOutput.contains("LS-MAP-061"))
    }

    // MARK: diff

    @Test func twoVersionsAreCompared() async throws {
        let project = try await SampleProject()
        let text = try project.text("mappings/customers.yaml")
        try project.write("# Only a comment.\n" + text, to: "same.yaml")
        try project.write(text.replacing("blocked: 1}", with: "blocked: 3}"), to: "other.yaml")
        let same = try await project.run("map diff mappings/customers.yaml same.yaml --exit-code")
        #expect(same.exitCode == 0)
        #expect(same.standardOutput.contains("No difference"))
        let other = try await project.run("map diff mappings/customers.yaml other.yaml")
        #expect(other.exitCode == 0)
        #expect(other.standardOutput.contains("'blocked' now becomes 3 instead of 1"))
        #expect(other.standardOutput.contains("compares all records"))
        #expect(try await project.run("map diff mappings/customers.yaml other.yaml --exit-code").exitCode == 1)
        let body = try await project.json("map diff mappings/customers.yaml other.yaml")
        #expect(body["step"] as? String == "major")
        #expect(try await project.run("map diff mappings/customers.yaml nowhere.yaml").exitCode == 1)
    }
}
