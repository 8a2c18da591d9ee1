import LockstepMapping
import LockstepModel
import Testing

@Suite struct ChangesAreMappedTests {
    private func plan(_ fields: [String], rest: [String] = []) throws -> DirectionPlan {
        let outcome = Fixtures.compile(Fixtures.map(fields, rest: rest))
        let map = try #require(outcome.map, "\(outcome.diagnostics)")
        return try #require(map.plan(from: .left))
    }

    private let nulls: [Value] = [.null, .null]

    @Test func bothImagesAreMapped() throws {
        let plan = try plan(["{erp: on_hold, crm: holdstatus, values: {No: 0, All: 2}}"])
        let (no, all): ([Value], [Value]) = ([.text("A"), .text("No")], [.text("A"), .text("All")])
        let mapped = plan.map(
            rows: Fixtures.rows([nulls + no, no + all, all + nulls, nulls + nulls]),
            operations: [.insert, .update, .delete, .truncate])
        let (mappedNo, mappedAll): ([Value], [Value]) = ([.text("A"), .int64(0)], [.text("A"), .int64(2)])
        #expect(mapped.operations == [.insert, .update, .delete, .truncate])
        #expect(mapped.rows.values(row: 0) == nulls + mappedNo)
        #expect(mapped.rows.values(row: 1) == mappedNo + mappedAll)
        #expect(mapped.rows.values(row: 2) == mappedAll + nulls)
        #expect(mapped.rows.values(row: 3) == nulls + nulls)
        #expect(mapped.failures == [])
    }

    @Test(arguments: [["{erp: name, crm: name}"], ["{erp: name, crm: short}"]])
    func anUpdateThatChangesNothingMappedConcernsNobody(fields: [String]) throws {
        let plan = try plan(fields)
        let row: [Value] = [.text("A"), .text("x")]
        let mapped = plan.map(rows: Fixtures.rows([row + row]), operations: [.update])
        #expect(mapped.operations == [nil] && mapped.failures == [])
        #expect(mapped.rows.values(row: 0) == nulls + nulls)
    }

    @Test func equalityIsThatOfTheEngine() throws {
        let plan = try plan(["{erp: credit, crm: creditlimit}"])
        let rows = Fixtures.rows([[.text("A"), .decimal("1.5"), .text("A"), .decimal("1.50")]])
        #expect(plan.map(rows: rows, operations: [.update]).operations == [nil])
    }

    @Test func aChangedKeyIsAnUpdate() throws {
        let plan = try plan(["{erp: name, crm: name}"])
        let rows = Fixtures.rows([[.text("A"), .text("x"), .text("B"), .text("x")]])
        let mapped = plan.map(rows: rows, operations: [.update])
        #expect(mapped.operations == [.update])
        #expect(mapped.rows.values(row: 0) == rows.values(row: 0))
    }

    @Test(arguments: [["{erp: name, crm: name}"], ["{erp: name, crm: short}"]])
    func unchangedIsReadAsTheValueBefore(fields: [String]) throws {
        let plan = try plan(fields)
        let rows = Fixtures.rows([
            [.text("A"), .text("x"), .text("B"), .unchanged], [.text("A"), .text("x"), .text("A"), .unchanged],
            [.text("A"), .unchanged, .text("B"), .unchanged],
        ])
        let mapped = plan.map(rows: rows, operations: [.update, .update, .update])
        #expect(mapped.operations == [.update, nil, .update])
        #expect(mapped.rows.values(row: 0) == [.text("A"), .text("x"), .text("B"), .text("x")])
        #expect(mapped.rows.values(row: 2) == [.text("A"), .unchanged, .text("B"), .unchanged])
        #expect(mapped.failures == [])
    }

    @Test func whatTheRecordWasBeforeDoesNotParkIt() throws {
        let plan = try plan(["{erp: name, crm: short}"])
        let rows = Fixtures.rows([
            [.text("A"), .text("too long"), .text("A"), .text("ok")],
            [.text("B"), .text("too long"), .null, .null],
            [.text("C"), .invalid("odd"), .text("C"), .text("ok")],
        ])
        let mapped = plan.map(rows: rows, operations: [.update, .delete, .update])
        #expect(mapped.failures == [])
        #expect(mapped.operations == [.update, .delete, .update])
        #expect(mapped.rows.values(row: 0) == [.text("A"), .unchanged, .text("A"), .text("ok")])
        #expect(mapped.rows.values(row: 1) == [.text("B"), .unchanged, .null, .null])
    }

    @Test func aFailureConcernsItsRowOnlyAndLeavesItNull() throws {
        let plan = try plan(["{erp: name, crm: short}"])
        let rows = Fixtures.rows([
            nulls + [.text("A"), .text("ok")], [.text("B"), .text("a"), .text("B"), .text("too long")],
            [.null, .text("a"), .null, .null], nulls + [.text("D"), .text("ok")],
        ])
        let mapped = plan.map(rows: rows, operations: [.insert, .update, .delete, .insert])
        #expect(mapped.failures.map(\.row) == [1, 2])
        #expect(mapped.failures.map(\.code) == ["LS-MAP-104", "LS-MAP-100"])
        #expect(mapped.operations == [.insert, nil, nil, .insert])
        #expect(mapped.rows.values(row: 1) == nulls + nulls)
        #expect(mapped.rows.values(row: 3) == nulls + [.text("D"), .text("ok")])
    }

    @Test func anIdentityPlanReturnsTheChangesThemselves() throws {
        let plan = try plan(["{erp: name, crm: name}"])
        let rows = Fixtures.rows([nulls + [.text("A"), .text("ok")], [.text("A"), .text("ok")] + nulls])
        let mapped = plan.map(rows: rows, operations: [.insert, .delete])
        let isSame = rows.heap.withUnsafeBufferPointer { before in
            mapped.rows.heap.withUnsafeBufferPointer { $0.baseAddress == before.baseAddress }
        }
        #expect(isSame && mapped.operations == [.insert, .delete])
    }
}
