import LockstepMapping
import Testing

@Suite struct MapFilesAreReadTests {
    /// The example of the documentation, without references.
    static let example = """
        # a comment
        map: customers
        version: 1.2.0
        publisher: contoso
        between: {erp: customers, crm: accounts}       # store name: entity
        key:
          - {erp: customer_account, crm: accountnumber}
          - {erp: company, crm: company_code}
        where: {erp: "party_type eq 'Organization'", crm: "customertypecode eq 3"}
        direction: both
        fields:
          - {erp: name, crm: name}
          - {erp: credit_limit, crm: creditlimit, owner: erp}
          - {erp: on_hold, crm: onholdstatus, values: {No: 0, Invoice: 1, All: 2}, unmapped: park}
          - {erp: language, crm: language, default: en-us}
          - {crm: customertypecode, constant: 3}
          - {crm: full_name, from: "concat(concat(first_name,' '),last_name)", direction: erp-to-crm}
        conflicts: {overlap: newest(modified_at, modifiedon), delete: update-wins}
        deletes: {propagate: true, guard: 20%}
        leave: unlink
        """

    @Test func everyKeyOfTheExampleIsUnderstood() throws {
        let loaded = MapDefinition.parse(Self.example, file: "customers.yaml")
        #expect(loaded.diagnostics == [])
        let map = try #require(loaded.definition)
        #expect(map.name.value == "customers" && map.version == "1.2.0" && map.publisher == "contoso")
        #expect(map.stores == ["erp", "crm"])
        #expect(map.entities.map(\.value) == ["customers", "accounts"])
        #expect(
            map.key.map { $0.fields.map(\.value) } == [
                ["customer_account", "accountnumber"], ["company", "company_code"],
            ])
        #expect(map.filters.map { $0?.value } == ["party_type eq 'Organization'", "customertypecode eq 3"])
        #expect(map.direction == .both)
        #expect(map.pairs.count == 6)
        #expect(map.pairs[1].owner == .left)
        #expect(map.pairs[2].values.map { $0.values.map(\.text) } == [["No", "0"], ["Invoice", "1"], ["All", "2"]])
        #expect(map.pairs[3].defaultValue?.value.text == "en-us")
        #expect(map.pairs[4].constant?.value.text == "3" && map.pairs[4].fields[0] == nil)
        #expect(map.pairs[5].direction == .from(.left))
        #expect(map.overlap?.value == .newest(left: "modified_at", right: "modifiedon"))
        #expect(map.deleteRule == .updateWins && map.propagatesDeletes && map.deleteGuard == 0.2)
        #expect(map.leaveRule == .unlink)
    }

    @Test func whatIsLeftOutHasADefault() throws {
        let text = """
            map: m
            version: 0.1.0
            between: {a: x, b: y}
            key: {a: id, b: id}
            fields: []
            """
        let map = try #require(MapDefinition.parse(text, file: "m.yaml").definition)
        #expect(map.direction == .both && map.overlap == nil && map.deleteRule == .updateWins)
        #expect(map.propagatesDeletes && map.deleteGuard == 0.2 && map.leaveRule == .unlink && map.pairs.isEmpty)
    }

    @Test func sidesAreThoseOfTheLink() throws {
        let loaded = MapDefinition.parse(Self.example, file: "m.yaml", stores: ["crm", "erp"])
        let map = try #require(loaded.definition)
        #expect(map.stores == ["crm", "erp"] && map.entities.map(\.value) == ["accounts", "customers"])
        #expect(map.pairs[1].owner == .right)
        #expect(map.pairs[2].values[0].values.map(\.text) == ["0", "No"])
        #expect(map.overlap?.value == .newest(left: "modifiedon", right: "modified_at"))
        #expect(map.pairs[5].direction == .from(.right))
    }

    @Test func newestMayStandInQuotesOrInALineOfItsOwn() throws {
        for rule in ["{overlap: \"newest(a, b)\"}", "\n  overlap: newest(a, b)\n", "{overlap: newest( a , b )}"] {
            let text = Self.example.replacing(
                "{overlap: newest(modified_at, modifiedon), delete: update-wins}", with: rule)
            let loaded = MapDefinition.parse(text, file: "m.yaml")
            #expect(loaded.diagnostics == [], "\(rule)")
            #expect(loaded.definition?.overlap?.value == .newest(left: "a", right: "b"), "\(rule)")
        }
    }

    @Test(
        arguments: [
            (["{erp: name, crm: name, ownr: erp}"], [], "6:28 LS-MAP-009"),
            (["{erp: name, crm: name, owner: epr}"], [], "6:35 LS-MAP-022"),
            (["{erp: name}"], [], "6:5 LS-MAP-023"),
            (["{crm: typecode, constant: 3, from: \"name\"}"], [], "6:34 LS-MAP-024"),
            (["{erp: name, crm: typecode, constant: 3}"], [], "6:5 LS-MAP-023"),
            (["{crm: typecode, constant: 3, direction: crm-to-erp}"], [], "6:34 LS-MAP-024"),
            (["{erp: name, crm: name, direction: sideways}"], [], "6:39 LS-MAP-012"),
            (["{erp: name, crm: name, round: true, truncate: true}"], [], "6:41 LS-MAP-024"),
            (["{erp: name, crm: name, unmapped: park}"], [], "6:28 LS-MAP-024"),
            (["{erp: name, crm: name, values: {a: null}}"], [], "6:37 LS-MAP-012"),
            (["{erp: name, crm: name, deferred: soon}"], [], "6:38 LS-MAP-012"),
            (["{erp: name, crm: name}"], ["references: [{erp: a, crm: b, to: c.d}]"], "7:14 LS-MAP-036"),
            (["{erp: name, crm: name}"], ["references: [{crm: [a, b], to: c, key: [d]}]"], "7:35 LS-MAP-036"),
            (["name"], [], "6:5 LS-MAP-011"),
            (["{erp: name, crm: name, round: maybe}"], [], "6:35 LS-MAP-012"),
            (["{erp: name, crm: name}"], ["mode: virtual"], "7:7 LS-MAP-020"),
            (["{erp: name, crm: name}"], ["deletes: {guard: lots}"], "7:18 LS-MAP-012"),
            (["{erp: name, crm: name}"], ["leave: stay"], "7:8 LS-MAP-012"),
            (["{erp: name, crm: name}"], ["conflicts: {overlap: pre}"], "7:22 LS-MAP-022"),
            (["{erp: name, crm: name}"], ["conflicts: {overlap: newest(a)}"], "7:22 LS-MAP-012"),
            (["{erp: name, crm: name}"], ["where: {erp: a, other: b}"], "7:17 LS-MAP-009"),
            (["{erp: name, crm: name}"], ["leave: keep", "leave: keep"], "7:1 LS-MAP-006"),
            (["{erp: name, crm: name}"], ["\tleave: keep"], "7:1 LS-MAP-004"),
            (["{erp: name, crm: name}"], ["---", "map: b"], "7:1 LS-MAP-005"),
        ] as [([String], [String], String)])
    func eachProblemHasItsCodeAndPlace(fields: [String], rest: [String], expected: String) {
        let loaded = MapDefinition.parse(Fixtures.map(fields, rest: rest), file: "m.yaml")
        #expect(places(loaded.diagnostics) == [expected], "\(loaded.diagnostics)")
        #expect(loaded.definition == nil)
    }

    @Test func allProblemsAreReportedAtOnce() {
        let text = """
            map: 9x
            version: 1.0
            between: {erp: customers, crm: accounts}
            key: {erp: account}
            fields:
              - {erp: name}
              - {erp: name, crm: nested.name}
            leave: never
            extra: 1
            """
        let loaded = MapDefinition.parse(text, file: "m.yaml")
        #expect(
            Set(places(loaded.diagnostics)) == [
                "1:6 LS-MAP-012", "2:10 LS-MAP-012", "4:6 LS-MAP-010", "6:5 LS-MAP-023",
                "8:8 LS-MAP-012", "9:1 LS-MAP-009",
            ])
    }

    @Test func anUnknownKeySaysWhatWasMeant() throws {
        let loaded = MapDefinition.parse(Fixtures.map(rest: ["conflict: {}"]), file: "m.yaml")
        #expect(loaded.diagnostics.first?.hint == "did you mean `conflicts`?")
        #expect(
            loaded.diagnostics.first?.description
                == "m.yaml:7:1: error LS-MAP-009: the map has no key `conflict` — did you mean `conflicts`?")
    }

    @Test func aMissingKeyIsNamed() {
        let loaded = MapDefinition.parse("map: m\n", file: "m.yaml")
        #expect(places(loaded.diagnostics) == Array(repeating: "1:1 LS-MAP-010", count: 2))
    }

    @Test func storesMustBeThoseOfTheLink() {
        let loaded = MapDefinition.parse(Fixtures.map(), file: "m.yaml", stores: ["erp", "shop"])
        #expect(places(loaded.diagnostics) == ["3:27 LS-MAP-021"])
    }
}
