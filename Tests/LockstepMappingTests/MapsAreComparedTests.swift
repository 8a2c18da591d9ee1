import LockstepMapping
import Testing

/// Two versions of a map, compared by what they mean.
struct MapsAreComparedTests {
    private static let base = """
        map: customers
        version: 1.2.0
        between: {erp: customers, crm: accounts}
        key: {erp: account, crm: number}
        where: {erp: "party eq 'Organization'"}
        fields:
          - {erp: name, crm: name}
          - {erp: currency, crm: currencycode}
          - {erp: hold, crm: status, values: {No: 0, All: 2}}
        conflicts: {overlap: manual}

        """

    private func comparison(_ changes: [(String, String)]) throws -> MapComparison {
        var text = Self.base
        for change in changes {
            try #require(text.contains(change.0))
            text = text.replacing(change.0, with: change.1)
        }
        let old = try #require(MapDefinition.parse(Self.base, file: "old").definition)
        let loaded = MapDefinition.parse(text, file: "new", stores: ["erp", "crm"])
        return MapComparison(old: old, new: try #require(loaded.definition, "\(loaded.diagnostics)"))
    }

    @Test func commentsLayoutAndOrderAreNoDifference() throws {
        let same = try comparison([
            ("  - {erp: name, crm: name}\n", ""),
            ("conflicts:", "  # last\n  - {crm: name, erp: name}\nconflicts:"),
            ("{No: 0, All: 2}", "{All: 2, \"No\": 0}"),
            ("{erp: customers, crm: accounts}", "{crm: accounts, erp: customers}"),
        ])
        #expect(same.isSame)
        #expect(!same.comparesAnew)
        #expect(same.step == .none && same.expectedVersion == "1.2.0")
    }

    @Test(arguments: [
        ("crm: currencycode}", "crm: currencycode, owner: erp}", "erp owns it from now on", MapComparison.Step.major),
        ("All: 2", "All: 3", "'All' now becomes 3 instead of 2", .major),
        ("All: 2}", "All: 2, Invoice: 1}", "'Invoice' now becomes 1", .minor),
        ("{No: 0, ", "{", "'No' is no longer listed", .major),
        (
            "key: {erp: account, crm: number}", "key: [{erp: account, crm: number}, {erp: company, crm: company}]",
            "matched anew", .major
        ),
        ("'Organization'\"", "'Organization' and country eq 'DE'\"", "narrower", .major),
        ("'Organization'\"", "'Organization' or party eq 'Person'\"", "wider", .major),
        ("  - {erp: name, crm: name}\n", "", "is written no longer", .major),
        ("conflicts:", "  - {crm: typecode, constant: 3}\nconflicts:", "always 3", .minor),
        ("overlap: manual", "overlap: crm", "crm wins", .major),
        ("crm: currencycode}", "crm: currencycode, default: EUR}", "null becomes EUR", .patch),
        ("conflicts:", "direction: erp-to-crm\nconflicts:", "no longer brought to erp", .major),
        ("conflicts:", "leave: delete\nconflicts:", "are deleted on the other side", .major),
        ("conflicts:", "deletes: {guard: off}\nconflicts:", "no number of deletes", .patch),
    ])
    func aDifferenceSaysWhatItMeans(old: String, new: String, meaning: String, step: MapComparison.Step) throws {
        let found = try comparison([(old, new)])
        #expect(found.differences.count == 1, "\(found.differences)")
        #expect(found.differences.first?.meaning.contains(meaning) == true, "\(found.differences)")
        #expect(found.step == step)
        #expect(found.comparesAnew)
        #expect(found.isVersionTooLow)
    }

    @Test func theVersionSaysHowMuchIsDifferent() throws {
        #expect(try comparison([("All: 2", "All: 3")]).expectedVersion == "2.0.0")
        #expect(try comparison([("All: 2}", "All: 2, Invoice: 1}")]).expectedVersion == "1.3.0")
        let raised = try comparison([("All: 2", "All: 3"), ("1.2.0", "2.0.0")])
        #expect(!raised.isVersionTooLow)
    }
}
