import LockstepMapping
import LockstepModel
import Testing

@Suite struct FiltersAndExpressionsTests {
    private func plan(_ fields: [String], rest: [String], from side: Side = .left) throws -> DirectionPlan {
        let outcome = Fixtures.compile(Fixtures.map(fields, rest: rest))
        let map = try #require(outcome.map, "\(outcome.diagnostics)")
        return try #require(map.plan(from: side))
    }

    private let filter = "where: {erp: \"party_type eq 'Org'\", crm: \"typecode eq 3\"}"
    private let nulls: [Value] = [.null, .null, .null]

    private func record(_ name: String, inside: Bool) -> [Value] {
        [.text("A"), .text(name), .text(inside ? "Org" : "Person")]
    }

    @Test func recordsOutsideTheFilterAreLeftOut() throws {
        let plan = try plan(["{erp: name, crm: name}"], rest: [filter, "leave: unlink"])
        #expect(plan.sourceFields == ["account", "name", "party_type"])
        let mapped = plan.map(
            records: Fixtures.rows([
                record("x", inside: true), record("y", inside: false), [.text("C"), .text("z"), .null],
            ]))
        #expect(mapped.isIncluded == [true, false, false])
        #expect(mapped.rows.values(row: 0) == [.text("A"), .text("x")])
        #expect(mapped.rows.values(row: 1) == [.null, .null])
        #expect(plan.sourcePredicate(.sqlite)?.bindings == [.text("Org")])
        #expect(plan.targetReadFields == ["accountnumber", "name", "typecode"])
        let target = Fixtures.rows([[.text("A"), .text("x"), .int64(3)], [.text("A"), .text("x"), .int64(4)]])
        #expect(plan.targetIncludes(target) == [true, false])
    }

    @Test(
        arguments: [
            ("unlink", false, true, .insert, false), ("unlink", true, true, .update, false),
            ("unlink", true, false, nil, false), ("unlink", false, false, nil, false),
            ("delete", false, true, .insert, false), ("delete", true, true, .update, false),
            ("delete", true, false, .delete, false), ("delete", false, false, nil, false),
            ("keep", false, true, .insert, false), ("keep", true, true, .update, false),
            ("keep", true, false, .update, true), ("keep", false, false, .update, true),
        ] as [(String, Bool, Bool, LockstepModel.Operation?, Bool)])
    func anUpdateIsWhatTheFilterMakesOfIt(
        leave: String, before: Bool, after: Bool, expected: LockstepModel.Operation?, follows: Bool
    ) throws {
        let plan = try plan(["{erp: name, crm: name}"], rest: [filter, "leave: \(leave)"])
        let row = record("old", inside: before) + record("new", inside: after)
        let mapped = plan.map(rows: Fixtures.rows([row]), operations: [.update])
        #expect(mapped.operations == [expected])
        #expect(mapped.followedOutside == (follows ? [0] : []))
        let (old, new): ([Value], [Value]) = ([.text("A"), .text("old")], [.text("A"), .text("new")])
        let none: [Value] = [.null, .null]
        let images: [Value] =
            switch expected {
            case .insert: none + new
            case .update: old + new
            case .delete: old + none
            case .truncate, nil: none + none
            }
        #expect(mapped.rows.values(row: 0) == images)
    }

    @Test(arguments: ["unlink", "delete", "keep"])
    func insertsAndDeletesOutsideTheFilterConcernNobody(leave: String) throws {
        let plan = try plan(["{erp: name, crm: name}"], rest: [filter, "leave: \(leave)"])
        let rows = Fixtures.rows([
            nulls + record("x", inside: true), nulls + record("x", inside: false),
            record("x", inside: true) + nulls, record("x", inside: false) + nulls, nulls + nulls,
        ])
        let mapped = plan.map(rows: rows, operations: [.insert, .insert, .delete, .delete, .truncate])
        #expect(mapped.operations == [.insert, nil, .delete, leave == "keep" ? .delete : nil, .truncate])
    }

    @Test func aFilterThatCannotBeJudgedParksTheRecord() throws {
        let plan = try plan(["{erp: name, crm: name}"], rest: [filter, "leave: unlink"])
        let odd: [Value] = [.text("A"), .text("x"), .invalid("bytes in a text column")]
        let inserted = plan.map(rows: Fixtures.rows([nulls + odd]), operations: [.insert])
        #expect(inserted.failures.map(\.code) == ["LS-MAP-101"] && inserted.failures.first?.field == "party_type")
        #expect(plan.map(records: Fixtures.rows([odd])).failures.map(\.code) == ["LS-MAP-101"])
        let healed = plan.map(
            rows: Fixtures.rows([odd + record("x", inside: false), odd + record("y", inside: true)]),
            operations: [.update, .update])
        #expect(healed.operations == [nil, .update] && healed.failures == [])
    }

    @Test func anUnchangedFilterFieldIsReadFromTheImageBefore() throws {
        let plan = try plan(["{erp: name, crm: name}"], rest: [filter, "leave: unlink"])
        let row = record("old", inside: true) + [.text("A"), .text("new"), .unchanged]
        #expect(plan.map(rows: Fixtures.rows([row]), operations: [.update]).operations == [.update])
        let unknown: [Value] = [.text("A"), .text("old"), .unchanged, .text("A"), .text("new"), .unchanged]
        #expect(plan.map(rows: Fixtures.rows([unknown]), operations: [.update]).failures.map(\.code) == ["LS-MAP-110"])
    }

    @Test func expressionsMakeFields() throws {
        let plan = try plan(
            ["{crm: full_name, from: \"concat(concat(first_name,' '),last_name)\", direction: erp-to-crm}"],
            rest: ["conflicts: {overlap: manual}"])
        #expect(plan.sourceFields == ["account", "first_name", "last_name"])
        let rows = Fixtures.rows([[.text("A"), .text("Ada"), .text("Lovelace")], [.text("B"), .null, .text("X")]])
        let mapped = plan.map(records: rows)
        #expect(mapped.rows.value(0, 1) == .text("Ada Lovelace"))
        #expect(mapped.failures == [])
        let changed = plan.map(
            rows: Fixtures.rows([rows.values(row: 0) + [.text("A"), .text("Ada"), .text("Byron")]]),
            operations: [.update])
        #expect(changed.rows.values(row: 0) == [.text("A"), .text("Ada Lovelace"), .text("A"), .text("Ada Byron")])
    }

    @Test(
        arguments: [
            (["{erp: name, crm: name}"], "where: {erp: \"party_typ eq 'x'\"}", "7:15"),
            (["{erp: name, crm: name}"], "where: {erp: \"name\"}", "7:15"),
            (["{erp: name, crm: name}"], "where: {erp: \"name eq\"}", nil),
            (["{crm: full_name, from: \"first_nam\"}"], "leave: keep", "6:29"),
            (["{crm: typecode, from: \"first_name eq 'x'\"}"], "leave: keep", "ok"),
            (["{crm: at, from: \"flag\"}"], "leave: keep", "6:22"),
            (["{crm: at, from: \"now()\"}"], "leave: keep", "6:22"),
        ] as [([String], String, String?)])
    func badExpressionsAreReportedWhereTheyStand(fields: [String], rest: String, place: String?) {
        let outcome = Fixtures.compile(Fixtures.map(fields, rest: [rest, "conflicts: {overlap: manual}"]))
        if place == "ok" {
            #expect(outcome.diagnostics == [])
        } else {
            #expect(outcome.diagnostics.map(\.code) == ["LS-MAP-069"], "\(outcome.diagnostics)")
            if let place { #expect(places(outcome.diagnostics) == ["\(place) LS-MAP-069"], "\(outcome.diagnostics)") }
        }
    }
}
