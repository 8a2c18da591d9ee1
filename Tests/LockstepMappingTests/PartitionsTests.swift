import Foundation
import LockstepMapping
import LockstepModel
import Testing

@Suite struct PartitionsTests {
    /// A project whose link has one map file for each text.
    private func link(
        stores: (erp: String, crm: String) = ("company", "companyid.code"), partitions: String? = "[DE, US]",
        _ maps: String...
    ) throws -> (link: LinkConfiguration?, loaded: LoadedMaps?, project: LoadedProject) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lockstep-parts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func field(_ name: String) -> String { name.isEmpty ? "" : ", partition: \(name)" }
        let text = """
            project: parts
            stores:
              erp: {url: "sqlite:erp.db"\(field(stores.erp))}
              crm: {url: "sqlite:crm.db"\(field(stores.crm))}
            links:
              erp-crm: {between: [erp, crm], maps: "*.map.yaml"\(partitions.map { ", partitions: \($0)" } ?? "")}
            """
        try Data(text.utf8).write(to: folder.appending(path: "lockstep.yaml"))
        for (index, map) in maps.enumerated() {
            try Data(map.utf8).write(to: folder.appending(path: "\(index).map.yaml"))
        }
        let project = ProjectConfiguration.load(folder.path)
        let link = project.configuration?.links.first
        return (link, link?.loadMaps(), project)
    }

    private let customers = """
        map: customers
        version: 1.0.0
        between: {erp: customers, crm: accounts}
        key: {erp: account, crm: accountnumber}
        where: {crm: "name eq 'a' or name eq 'b'"}
        fields:
          - {erp: grp, crm: groupid.number}
        conflicts: {overlap: erp}
        """
    private let currencies = """
        map: currencies
        version: 1.0.0
        between: {erp: currencies, crm: currencies}
        key: {erp: code, crm: isocurrencycode}
        fields:
          - {erp: symbol, crm: symbol}
        conflicts: {overlap: erp}
        """

    /// The flat store, with an entity that no partition has and one that only this side parts.
    private var erp: StoreDescription {
        var customers = References.erp.entities
        customers[0].fields[1].isNullable = true
        customers[0].keys.append(KeyDescription(name: "rank", fields: ["account", "rank"], isPrimary: false))
        return StoreDescription(
            entities: customers + [
                References.entity(
                    "currencies", key: ["code"],
                    [References.text("code", nullable: false), References.text("symbol"), References.text("name")]),
                References.entity(
                    "terms", key: ["company", "code"], unique: [["number"]],
                    [
                        References.text("company", nullable: false), References.text("code", nullable: false),
                        References.text("number", nullable: false), References.text("symbol"),
                    ]),
            ])
    }
    private var crm: StoreDescription {
        var crm = References.crm
        crm.entities[3].fields[0].isGenerated = true
        return crm
    }

    private func compile(_ loaded: LoadedMaps?) throws -> CompiledMapsOutcome {
        let loaded = try #require(loaded)
        #expect(loaded.diagnostics == [])
        return MapCompiler.compile(loaded.definitions, schemas: (erp, crm))
    }

    @Test func eachPartitionHasAMapOfItsOwn() throws {
        let outcome = try compile(try link(customers).loaded)
        #expect(outcome.diagnostics == [])
        #expect(outcome.maps.map(\.name) == ["customers@DE", "customers@US"])
        let there = try #require(outcome.maps.first?.plan(from: .left))
        #expect(there.targetKey.map { there.targetFields[$0].name } == ["accountnumber", "companyid.code"])
        #expect(there.sourceKey.map { there.sourceFields[$0] } == ["account", "company"])
        let rows = Fixtures.rows(
            [
                [.text("A"), .text("DE"), .text("G")], [.text("A"), .text("US"), .text("G")],
            ].map { row in
                there.sourceFields.map { name in row[["account", "company", "grp"].firstIndex(of: name) ?? 0] }
            })
        #expect(there.map(records: rows).isIncluded == [true, false])
        #expect(Set(outcome.maps.map(\.fingerprint)).count == 2)
    }

    @Test func thePartitionDoesNotLoosenTheMapsOwnCondition() throws {
        let back = try #require(try compile(try link(customers).loaded).maps.first?.plan(from: .right))
        func isIncluded(_ name: String, _ company: String) -> Bool {
            let values: [String: Value] = ["name": .text(name), "companyid.code": .text(company)]
            return back.map(records: Fixtures.rows([back.sourceFields.map { values[$0] ?? .text("x") }])).isIncluded[0]
        }
        #expect(isIncluded("a", "DE") && isIncluded("b", "DE"))
        #expect(!isIncluded("a", "US") && !isIncluded("b", "US") && !isIncluded("c", "DE"))
    }

    @Test func aReferenceIsLookedUpWithinThePartitionWhereItMustBe() throws {
        let map = try #require(try compile(try link(customers).loaded).maps.first)
        let path = try #require(map.paths[1].first { $0.name == "groupid.number" })
        #expect(path.root.shared == [FieldPath.SharedField(own: "companyid", referred: "companyid")])
    }

    @Test func anEntityWithoutTheFieldIsInNoPartition() throws {
        let outcome = try compile(try link(currencies, customers).loaded)
        #expect(outcome.diagnostics == [])
        #expect(outcome.maps.map(\.name) == ["currencies", "customers@DE", "customers@US"])
        let plain = try compile(try link(stores: ("", ""), partitions: nil, currencies).loaded)
        #expect(plain.maps.first?.fingerprint == outcome.maps.first?.fingerprint)
    }

    @Test func aMapCanSwitchPartitionsOff() throws {
        let outcome = try compile(
            try link(customers, currencies + "\npartition: none").loaded)
        #expect(outcome.maps.map(\.name) == ["customers@DE", "customers@US", "currencies"])
        let off = try compile(
            try link(
                customers,
                customers.replacing("map: customers", with: "map: other")
                    .replacing("key: {erp: account, crm: accountnumber}", with: "key: {erp: account, crm: tag}")
                    + "\npartition: none"
            ).loaded)
        #expect(off.diagnostics.map(\.code).contains("LS-MAP-062"))
    }

    @Test func withoutAListThePartitionIsAPartOfTheKeyOnly() throws {
        let outcome = try compile(try link(partitions: nil, customers).loaded)
        #expect(outcome.maps.map(\.name) == ["customers"])
        let plan = try #require(outcome.maps.first?.plan(from: .left))
        #expect(plan.sourceKey.count == 2 && plan.sourcePredicate(.sqlite) == nil)
    }

    @Test func theMapsOwnWordsComeFirst() throws {
        let own = customers + "\npartition: {erp: company, crm: companyid.code}\npartitions: [FR]"
        #expect(try compile(try link(stores: ("", ""), own).loaded).maps.map(\.name) == ["customers@FR"])
        let paired = customers.replacing(
            "key: {erp: account, crm: accountnumber}",
            with: "key: [{erp: account, crm: accountnumber}, {erp: company, crm: companyid.code}]")
        let map = try #require(try compile(try link(stores: ("company", ""), paired).loaded).maps.first)
        #expect(map.plan(from: .left)?.sourceKey.count == 2)
    }

    @Test func aPartitionIsWrittenAsItsFieldHoldsIt() throws {
        let quoted = try compile(try link(partitions: "[\"O'Neill\"]", customers).loaded)
        #expect(quoted.diagnostics == [] && quoted.maps.first?.name == "customers@O'Neill")
        let predicate = quoted.maps.first?.plan(from: .left)?.sourcePredicate(.sqlite)
        #expect(predicate?.bindings.contains(.text("O'Neill")) == true)
        func number(_ value: String) throws -> CompiledMapsOutcome {
            try compile(try link(stores: ("rank", "companyid"), partitions: "[\(value)]", customers).loaded)
        }
        #expect(
            try number("7").maps.first?.plan(from: .left)?.sourcePredicate(.sqlite)?.bindings.contains(.int64(7))
                == true)
        for value in ["07", "seven"] {
            #expect(try number(value).diagnostics.map(\.code).contains("LS-MAP-079"), "\(value)")
        }
    }

    // MARK: One side only

    private func terms(_ direction: String, key: String = "number") -> String {
        """
        map: terms
        version: 1.0.0
        between: {erp: terms, crm: currencies}
        key: {erp: \(key), crm: isocurrencycode}
        direction: \(direction)
        fields:
          - {erp: symbol, crm: symbol}
          - {erp: code, crm: isocurrencycode, direction: crm-to-erp}
        conflicts: {overlap: erp}
        """.replacing(
            direction == "erp-to-crm" ? "  - {erp: code, crm: isocurrencycode, direction: crm-to-erp}\n" : "none",
            with: "")
    }

    @Test func onePartitionCanShareAGlobalEntity() throws {
        let outcome = try compile(try link(partitions: "[DE]", terms("both")).loaded)
        #expect(outcome.diagnostics == [])
        let map = try #require(outcome.maps.first)
        #expect(map.name == "terms@DE" && map.plan(from: .left)?.sourceKey.count == 1)
        let back = try #require(map.plan(from: .right))
        let company = try #require(back.targetFields.firstIndex { $0.name == "company" })
        let mapped = back.map(records: Fixtures.rows([back.sourceFields.map { .text($0) }]))
        #expect(mapped.rows.value(0, company) == .text("DE"))
        #expect(map.plan(from: .left)?.sourcePredicate(.sqlite) != nil && back.sourcePredicate(.sqlite) == nil)
    }

    @Test(arguments: ["both", "erp-to-crm", "crm-to-erp"])
    func severalPartitionsCannotShareAGlobalEntity(direction: String) throws {
        let outcome = try compile(try link(terms(direction)).loaded)
        #expect(outcome.maps.isEmpty)
        #expect(places(outcome.diagnostics) == ["3:16 LS-MAP-032"])
    }

    @Test func aKeyThatNeedsThePartitionNeedsItOnBothSides() throws {
        let text = terms("both", key: "code").replacing(
            "  - {erp: code, crm: isocurrencycode, direction: crm-to-erp}\n",
            with: "  - {erp: number, crm: isocurrencycode, direction: crm-to-erp}\n")
        let outcome = try compile(try link(partitions: "[DE]", text).loaded)
        #expect(places(outcome.diagnostics) == ["4:6 LS-MAP-079"])
    }

    // MARK: What is wrong

    @Test(
        arguments: [
            ("partitions: []", "9:13 LS-MAP-031"), ("partitions: [DE, DE]", "9:18 LS-MAP-031"),
            ("partitions: DE", "9:13 LS-MAP-011"), ("partition: some", "9:12 LS-MAP-012"),
            ("partition: {}", "9:12 LS-MAP-012"), ("partition: {shop: x}", "9:13 LS-MAP-009 9:12 LS-MAP-012"),
            ("partition: none\npartitions: [DE]", "10:1 LS-MAP-031"),
        ])
    func eachProblemOfAMapHasItsCodeAndPlace(lines: String, expected: String) throws {
        let loaded = MapDefinition.parse(customers + "\n" + lines, file: "m.yaml", stores: ["erp", "crm"])
        #expect(places(loaded.diagnostics).joined(separator: " ") == expected, "\(loaded.diagnostics)")
    }

    @Test(arguments: [("[]", "6:66"), ("[DE, DE]", "6:71"), ("[\"\"]", "6:67"), ("[\"a\\nb\"]", "6:67")])
    func eachProblemOfALinkHasItsCodeAndPlace(partitions: String, place: String) throws {
        let diagnostics = try link(partitions: partitions, customers).project.diagnostics
        let code = partitions == "[\"\"]" ? "LS-CFG-012" : "LS-CFG-028"
        #expect(places(diagnostics) == ["\(place) \(code)"], "\(diagnostics)")
    }

    @Test func aListWithoutAFieldIsOfNoUse() throws {
        #expect(try link(stores: ("", ""), customers).loaded?.diagnostics.map(\.code) == ["LS-CFG-028"])
        let own = try link(stores: ("", ""), partitions: nil, customers + "\npartitions: [DE]").loaded
        #expect(own.map { places($0.diagnostics) } == ["9:1 LS-MAP-031"])
    }

    @Test(
        arguments: [
            ("partition: {erp: firm, crm: companyid.code}", "9:18 LS-MAP-061"),
            ("partition: {erp: company, crm: plainid.code}", "9:32 LS-MAP-073"),
        ])
    func fieldsThatAMapNamesMustBeThere(line: String, expected: String) throws {
        let outcome = try compile(try link(customers + "\n" + line).loaded)
        #expect(places(outcome.diagnostics).contains(expected), "\(outcome.diagnostics)")
        #expect(outcome.maps.isEmpty)
    }

    @Test func theKeyMayNotPairThePartitionWithSomethingElse() throws {
        let text = customers.replacing(
            "key: {erp: account, crm: accountnumber}",
            with: "key: [{erp: account, crm: accountnumber}, {erp: company, crm: tag}]")
        let outcome = try compile(try link(text + "\npartition: {erp: company, crm: companyid.code}").loaded)
        #expect(places(outcome.diagnostics).contains("9:32 LS-MAP-079"), "\(outcome.diagnostics)")
    }

    @Test func aConditionThatIsNoneIsNotMendedByThePartition() throws {
        let text = customers.replacing("name eq 'a' or name eq 'b'", with: "name eq 'a') or (name eq 'b'")
        #expect(places(try compile(try link(text).loaded).diagnostics).map { $0.suffix(10) } == ["LS-MAP-069"])
    }

    @Test func twoFilesOfOneNameAreAnErrorOnce() throws {
        #expect(try link(customers, customers).loaded?.diagnostics.map(\.code) == ["LS-MAP-029"])
    }

    @Test func whatAllPartitionsShareIsReportedOnce() throws {
        let text = customers.replacing("groupid.number", with: "groupid.nmber")
        #expect(try compile(try link(text).loaded).diagnostics.map(\.code) == ["LS-MAP-061"])
    }

    @Test func namesOfMapsHoldTheirPartition() {
        #expect(MapName("customers@DE") == MapName(base: "customers", partition: "DE"))
        #expect(MapName("customers").partition == nil && MapName("a@b@c").partition == "b@c")
        #expect(MapName("customers@DE").description == "customers@DE")
    }
}
