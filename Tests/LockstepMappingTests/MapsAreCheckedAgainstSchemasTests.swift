import LockstepMapping
import LockstepModel
import Testing

@Suite struct MapsAreCheckedAgainstSchemasTests {
    @Test func aGoodMapHasNoProblem() throws {
        let outcome = Fixtures.compile(Fixtures.map())
        #expect(outcome.diagnostics == [])
        let map = try #require(outcome.map)
        #expect(map.name == "customers" && map.stores == ["erp", "crm"] && map.entities == ["customers", "accounts"])
        let plan = try #require(map.plan(from: .left))
        #expect(plan.sourceFields == ["account", "name"] && plan.sourceKey == [0])
        #expect(plan.targetFields.map(\.name) == ["accountnumber", "name"] && plan.targetKey == [0])
        #expect(map.plan(from: .right)?.targetFields.map(\.pair) == plan.targetFields.map(\.pair))
    }

    @Test(
        arguments: [
            (["{erp: nme, crm: name}"], [], "6:11 error LS-MAP-061"),
            (["{erp: total, crm: creditlimit}"], [], "6:5 error LS-MAP-066"),
            (["{erp: raw, crm: name}"], [], "6:5 error LS-MAP-065 6:5 error LS-MAP-065"),
            (["{erp: ratio, crm: typecode, direction: erp-to-crm}"], [], "6:5 error LS-MAP-065"),
            (["{erp: modified_at, crm: at}"], [], "6:5 error LS-MAP-065 6:5 error LS-MAP-065"),
            (["{erp: name, crm: name}", "{erp: name, crm: full_name}"], [], "7:5 error LS-MAP-027"),
            (["{erp: on_hold, crm: holdstatus, values: {No: 0, Off: 0}}"], [], "6:53 error LS-MAP-028"),
            (["{erp: on_hold, crm: holdstatus, values: {No: none}}"], [], "6:46 error LS-MAP-067"),
            (["{crm: typecode, constant: three}"], [], "6:31 error LS-MAP-067"),
            (["{erp: name, crm: short, default: abcd}"], [], "6:38 error LS-MAP-067"),
            (["{erp: account, crm: accountnumber, default: x}"], [], "6:5 error LS-MAP-026"),
            (["{erp: account, crm: accountnumber, direction: erp-to-crm}"], [], "6:5 error LS-MAP-026"),
            (["{erp: name, crm: name, direction: crm-to-erp}"], ["direction: erp-to-crm"], "6:5 error LS-MAP-025"),
            (["{erp: name, crm: name}"], ["conflicts: {overlap: newest(name, modifiedon)}"], "7:22 error LS-MAP-068"),
            (["{erp: name, crm: name}"], ["conflicts: {overlap: newest(gone, modifiedon)}"], "7:22 error LS-MAP-061"),
            (["{erp: name, crm: name}"], ["conflicts: {overlap: newest(modified_at, at)}"], "7:22 error LS-MAP-068"),
            (
                ["{erp: modified_at, crm: at, zone: Europe/Berlin}"],
                ["conflicts: {overlap: newest(modified_at, at)}"], ""
            ),
            (["{erp: name, crm: name}"], ["leave: keep"], "6:5 warning LS-MAP-030"),
            (["{erp: flag, crm: flag}"], [], "6:5 warning LS-MAP-070"),
        ] as [([String], [String], String)])
    func eachProblemHasItsCodeAndPlace(fields: [String], rest: [String], expected: String) {
        let outcome = Fixtures.compile(Fixtures.map(fields, rest: rest))
        let found = outcome.diagnostics.map {
            "\($0.location.line):\($0.location.column) \($0.severity.rawValue) \($0.code)"
        }
        #expect(found.joined(separator: " ") == expected, "\(outcome.diagnostics)")
        #expect((outcome.map == nil) == expected.contains("error"))
    }

    @Test func allProblemsAreReportedAtOnce() {
        let fields = [
            "{erp: nme, crm: name}", "{erp: raw, crm: name, direction: erp-to-crm}", "{crm: typecode, constant: x}",
        ]
        let outcome = Fixtures.compile(Fixtures.map(fields))
        #expect(places(outcome.diagnostics) == ["6:11 LS-MAP-061", "7:5 LS-MAP-065", "8:31 LS-MAP-067"])
    }

    @Test func aMissingEntityIsSuggested() {
        let outcome = Fixtures.compile(Fixtures.map().replacing("erp: customers", with: "erp: customer"))
        #expect(places(outcome.diagnostics) == ["3:16 LS-MAP-060"])
        #expect(outcome.diagnostics.first?.hint == "did you mean `customers`?")
    }

    @Test func theKeyMustBeUniqueOnBothSides() {
        let text = Fixtures.map().replacing("{erp: account, crm: accountnumber}", with: "{erp: name, crm: name}")
        #expect(
            places(Fixtures.compile(text).diagnostics).filter { $0.hasSuffix("062") } == [
                "4:6 LS-MAP-062", "4:6 LS-MAP-062",
            ])
    }

    @Test func keyFieldsMustSortAlike() {
        func key(_ type: ValueType) -> StoreDescription {
            Fixtures.store(
                "accounts", key: ["accountnumber"],
                [Fixtures.field("accountnumber", type, nullable: false), Fixtures.field("name", .text)])
        }
        let erp = Fixtures.store(
            "customers", key: ["account"],
            [Fixtures.field("account", .int64, nullable: false), Fixtures.field("name", .text)])
        #expect(places(Fixtures.compile(Fixtures.map(), erp: erp, crm: key(.text)).diagnostics) == ["4:6 LS-MAP-063"])
        #expect(
            places(Fixtures.compile(Fixtures.map(), erp: erp, crm: key(.float64)).diagnostics) == ["4:6 LS-MAP-063"])
        #expect(Fixtures.compile(Fixtures.map(), erp: erp, crm: key(.decimal)).diagnostics == [])
    }

    @Test func fieldsThatMustHaveAValueMustBeFilledInEachDirection() {
        var crm = Fixtures.crm
        let index = crm.entities[0].fields.count - 1
        crm.entities[0].fields[index].isNullable = false
        #expect(places(Fixtures.compile(Fixtures.map(), crm: crm).diagnostics) == ["3:32 LS-MAP-064"])
        let filled = Fixtures.map(["{erp: name, crm: name}", "{crm: must, constant: x}"])
        #expect(Fixtures.compile(filled, crm: crm).diagnostics == [])
        let oneWay = Fixtures.map(rest: ["direction: crm-to-erp"])
        #expect(Fixtures.compile(oneWay, crm: crm).diagnostics == [])
        crm.entities[0].fields[index].hasDefault = true
        #expect(Fixtures.compile(Fixtures.map(), crm: crm).diagnostics == [])
    }

    @Test func nullThatMayNotArriveIsAWarning() {
        var crm = Fixtures.crm
        crm.entities[0].fields[1].isNullable = false
        #expect(places(Fixtures.compile(Fixtures.map(), crm: crm).diagnostics) == ["6:5 LS-MAP-071"])
        let text = Fixtures.map(["{erp: name, crm: name, default: none}"])
        #expect(Fixtures.compile(text, crm: crm).diagnostics == [])
    }

    @Test(arguments: [
        ("name ne null", true), ("name ne null and name ne 'x'", true), ("name eq 'x' or name eq 'y'", true),
        ("name eq null", false), ("name ne 'x'", false), ("name ne null or number eq '1'", false),
    ])
    func whatTheConditionKeepsOutNeedsNoDefault(condition: String, isCertain: Bool) {
        var crm = Fixtures.crm
        crm.entities[0].fields[1].isNullable = false
        let text = Fixtures.map(rest: ["where: {erp: \"\(condition)\"}"])
        let found = Fixtures.compile(text, crm: crm).diagnostics.map(\.code)
        #expect(found.contains("LS-MAP-071") != isCertain, "\(found)")
    }

    @Test func viewsAreNotWritten() {
        var crm = Fixtures.crm
        crm.entities[0].kind = .view
        #expect(places(Fixtures.compile(Fixtures.map(), crm: crm).diagnostics) == ["3:32 LS-MAP-072"])
        let reading = Fixtures.map(rest: ["direction: crm-to-erp"])
        #expect(Fixtures.compile(reading, crm: crm).diagnostics == [])
    }

    @Test func theFingerprintFollowsTheMeaningOnly() throws {
        func fingerprint(_ text: String) throws -> String { try #require(Fixtures.compile(text).map).fingerprint }
        let fields = ["{erp: name, crm: name}", "{erp: credit, crm: creditlimit}"]
        let original = try fingerprint(Fixtures.map(fields))
        #expect(original.utf8.count == 32)
        #expect(try fingerprint("# note\n" + Fixtures.map(fields.reversed())) == original)
        #expect(try fingerprint(Fixtures.map(fields).replacing("1.0.0", with: "1.0.1")) == original)
        #expect(try fingerprint(Fixtures.map([fields[0]])) != original)
        #expect(try fingerprint(Fixtures.map(fields, rest: ["conflicts: {overlap: erp}"])) != original)
        #expect(try fingerprint(Fixtures.map(["{erp: name, crm: name, owner: erp}", fields[1]])) != original)
    }

    @Test func authorityIsTheOwnersOrTheOnlySources() throws {
        let fields = [
            "{erp: name, crm: name, owner: erp}", "{erp: credit, crm: creditlimit}",
            "{erp: language, crm: language, direction: erp-to-crm}",
        ]
        let map = try #require(Fixtures.compile(Fixtures.map(fields)).map)
        #expect(map.plan(from: .left)?.targetFields.map(\.authority) == [.rule, .source, .rule, .source])
        #expect(map.plan(from: .right)?.targetFields.map(\.authority) == [.rule, .target, .rule])
    }

    @Test func newestAddsItsFieldsToWhatIsRead() throws {
        let map = try #require(
            Fixtures.compile(Fixtures.map(rest: ["conflicts: {overlap: newest(modified_at, modifiedon)}"])).map)
        let plan = try #require(map.plan(from: .left))
        #expect(plan.sourceFields == ["account", "name", "modified_at"] && plan.sourceStamp == 2)
        #expect(plan.targetReadFields == ["accountnumber", "name", "modifiedon"] && plan.targetStamp == 2)
        #expect(plan.targetFields.count == 2)
    }

    @Test func codesAreUniqueAndExplained() {
        #expect(Set(MapCode.allCases.map(\.meaning)).count == MapCode.allCases.count)
        #expect(ProjectCode.allCases.allSatisfy { !$0.meaning.isEmpty && $0.rawValue.hasPrefix("LS-CFG-") })
    }
}
