import LockstepModel
import LockstepSync
import LockstepTesting
import Testing

/// Probable duplicates by a map's match rules.
struct DuplicatesAreFoundTests {
    private func find(
        _ rule: String, erp: [(String, String?)], crm: [(String, String?)]
    ) async throws -> PlanDuplicates {
        func rows(_ records: [(String, String?)], _ table: String, _ rest: String) -> [String] {
            records.map { key, name in
                "INSERT INTO \(table) VALUES ('\(key)', \(name.map { "'\($0)'" } ?? "NULL"), NULL, \(rest))"
            }
        }
        let bench = try PlanBench(
            map: PlanBench.map(extra: "match: [{erp: name, crm: title, rule: \(rule)}]"),
            erp: rows(erp, "customers", "'hold'"), crm: rows(crm, "contacts", "2, 'company'"))
        return try #require(try await bench.plan().maps[0].plan?.duplicates.first)
    }

    @Test func equalValuesUnderAnotherKeyWouldBeCreatedTwice() async throws {
        let found = try await find("exact", erp: [("A", "Ann"), ("B", "Bob")], crm: [("X", "Ann"), ("B", "Bob")])
        #expect(found.acrossGroups == 1)
        #expect(found.doubledRecords == 2)
        #expect(found.left.groups == 0 && found.right.groups == 0)
        #expect(found.samples.map { $0.members.map(\.key) } == [["account=A", "number=X"]])
    }

    @Test func recordsThatShareTheirKeyAreNoDuplicates() async throws {
        let found = try await find("normalised", erp: [("A", "Ann"), ("B", "Bob")], crm: [("A", "ann"), ("B", "BOB")])
        #expect(found.acrossGroups == 0 && found.doubledRecords == 0 && found.samples.isEmpty)
    }

    @Test func duplicatesOfOneSideAreGroups() async throws {
        let found = try await find(
            "normalised", erp: [("A", "Müller & Söhne"), ("B", "MULLER SOHNE"), ("C", " Muller-Sohne. ")],
            crm: [("A", "Müller & Söhne"), ("B", "MULLER SOHNE"), ("C", " Muller-Sohne. ")])
        #expect(found.left.groups == 1 && found.left.records == 3)
        #expect(found.right.groups == 1 && found.right.records == 3)
        // Each has its counterpart: nothing would be created twice.
        #expect(found.doubledRecords == 0)
    }

    @Test func aNewRecordLikeAPairThatIsThereWouldBeCreatedTwice() async throws {
        let found = try await find("exact", erp: [("A", "Ann"), ("B", "Ann")], crm: [("A", "Ann")])
        #expect(found.doubledRecords == 1)
        #expect(found.left.groups == 1)
    }

    @Test func exactRulesTellCasesApartAndEmptyValuesAgreeWithNone() async throws {
        let found = try await find(
            "exact", erp: [("A", "Ann"), ("B", nil), ("C", "")], crm: [("X", "ann"), ("Y", nil), ("Z", "")])
        #expect(found.acrossGroups == 0)
        #expect(found.left.groups == 0 && found.right.groups == 0)
    }

    @Test(arguments: [
        ("Miller Logistics GmbH", "Müller Logistics GmbH"), ("Smith John", "john smith"),
        ("Contoso Robotics", "Contoso Robotcis"), ("Fabrikam", "Fabrikan"), ("Straße 7 Verlag", "Strasse 7 Verlag"),
    ])
    func nearTextsAreFound(left: String, right: String) async throws {
        let found = try await find(
            "similar", erp: [("A", left), ("B", "Zebra")], crm: [("X", right), ("Y", "Quince")])
        #expect(found.doubledRecords == 2, "\(left) and \(right)")
        #expect(found.acrossGroups == 1)
        #expect(found.method.contains("Jaro-Winkler"))
    }

    @Test(arguments: [
        ("Store 12", "Store 13"), ("Berg Foods ABC", "Berg Foods XYZ"), ("Ann", "Bob"),
        ("Contoso Spain", "Contoso Italy"),
    ])
    func otherThingsAreNotNear(left: String, right: String) async throws {
        let found = try await find("similar", erp: [("A", left)], crm: [("X", right)])
        #expect(found.doubledRecords == 0 && found.acrossGroups == 0, "\(left) and \(right)")
    }

    @Test func withoutRulesAPlanSaysNothingAboutDuplicates() async throws {
        let bench = try PlanBench(
            erp: ["INSERT INTO customers VALUES ('A', 'Ann', NULL, 'hold'), ('B', 'Ann', NULL, 'hold')"])
        #expect(try await bench.plan().maps[0].plan?.duplicates.isEmpty == true)
    }

    @Test func aRuleOfSeveralFieldsNeedsAllOfThem() async throws {
        let bench = try PlanBench(
            map: PlanBench.map(
                extra: "match: [{erp: [name, status], crm: [title, kind], rule: normalised}]"),
            erp: [
                "INSERT INTO customers VALUES ('A', 'Ann', NULL, 'Company'), ('B', 'Bob', NULL, 'hold')"
            ],
            crm: ["INSERT INTO contacts VALUES ('X', 'ANN', NULL, 1, 'company'), ('Y', 'Bob', NULL, 1, 'company')"])
        let found = try #require(try await bench.plan().maps[0].plan?.duplicates.first)
        #expect(found.acrossGroups == 1)
        #expect(found.samples[0].members.map(\.values) == [["Ann", "Company"], ["ANN", "company"]])
    }
}
