import LockstepMapping
import LockstepModel
import Testing

@Suite struct RecordsAreMappedTests {
    private func plan(_ fields: [String], from side: Side = .left, rest: [String] = []) throws -> DirectionPlan {
        let outcome = Fixtures.compile(Fixtures.map(fields, rest: rest))
        let map = try #require(outcome.map, "\(outcome.diagnostics)")
        return try #require(map.plan(from: side))
    }

    /// Maps one record; its key is put in front.
    private func map(_ plan: DirectionPlan, _ values: [Value]) -> (values: [Value], failure: MappingFailure?) {
        let mapped = plan.map(records: Fixtures.rows([[.text("A1")] + values]))
        #expect(mapped.rows.rowCount == 1 && mapped.isIncluded == [true])
        return (Array(mapped.rows.values(row: 0).dropFirst()), mapped.failures.first)
    }

    @Test func fieldsAreCopiedInTheTargetsOrder() throws {
        let plan = try plan(["{erp: credit, crm: creditlimit}", "{erp: name, crm: name}"])
        #expect(plan.sourceFields == ["account", "credit", "name"])
        let mapped = plan.map(
            records: Fixtures.rows([
                [.text("A1"), .decimal("1.50"), .text("Ann")], [.text("A2"), .null, .text("")],
            ]))
        #expect(mapped.rows.values(row: 0) == [.text("A1"), .decimal("1.50"), .text("Ann")])
        #expect(mapped.rows.values(row: 1) == [.text("A2"), .null, .text("")])
        #expect(mapped.failures == [])
    }

    @Test func valuesGoThroughTheValueMapBothWays() throws {
        let field = "{erp: on_hold, crm: holdstatus, values: {No: 0, Invoice: 1, All: 2}}"
        let there = try plan([field])
        #expect(map(there, [.text("Invoice")]).values == [.int64(1)])
        #expect(map(there, [.null]).values == [.null])
        let back = try plan([field], from: .right)
        #expect(map(back, [.int64(2)]).values == [.text("All")])
        #expect(map(there, [.text("Other")]).failure?.code == "LS-MAP-107")
        #expect(
            map(back, [.int64(9)]).failure
                == MappingFailure(
                    row: 0, code: "LS-MAP-107", field: "holdstatus",
                    message: "the value is not in the value map of `holdstatus`"))
    }

    @Test func unmappedValuesBecomeNullOrPassWhereTheMapSaysSo() throws {
        let null = try plan(["{erp: on_hold, crm: holdstatus, values: {No: 0}, unmapped: 'null'}"])
        #expect(map(null, [.text("Other")]).values == [.null])
        let pass = try plan(["{erp: on_hold, crm: holdstatus, values: {No: 0}, unmapped: pass}"])
        #expect(map(pass, [.text("17")]).values == [.int64(17)])
        #expect(map(pass, [.text("many")]).failure?.code == "LS-MAP-109")
    }

    @Test func defaultsFillNullOnlyAndConstantsAlways() throws {
        let plan = try plan(["{erp: language, crm: language, default: en-us}", "{crm: typecode, constant: 3}"])
        #expect(map(plan, [.null]).values == [.text("en-us"), .int64(3)])
        #expect(map(plan, [.text("")]).values == [.text(""), .int64(3)])
        #expect(plan.sourceFields == ["account", "language"])
    }

    @Test func oneSourceFieldMayFillTwoTargets() throws {
        let plan = try plan([
            "{erp: name, crm: name}", "{erp: name, crm: short, direction: erp-to-crm, truncate: true}",
        ])
        #expect(plan.sourceFields == ["account", "name"])
        #expect(map(plan, [.text("Höhle")]).values == [.text("Höhle"), .text("Höh")])
    }

    @Test func whatDoesNotFitFailsItsRecordOnly() throws {
        let plan = try plan(["{erp: name, crm: short}", "{erp: big, crm: small}"])
        let mapped = plan.map(
            records: Fixtures.rows([
                [.text("A"), .text("abc"), .int64(32_767)], [.text("B"), .text("abcd"), .int64(1)],
                [.text("C"), .text("äöü"), .int64(-32_768)], [.text("D"), .text("a"), .int64(32_768)],
                [.null, .text("a"), .int64(1)], [.text("F"), .invalid("text in an integer column"), .int64(1)],
                [.text("G"), .bytes([1]), .int64(1)],
            ]))
        #expect(mapped.failures.map(\.row) == [1, 3, 4, 5, 6])
        #expect(mapped.failures.map(\.code) == ["LS-MAP-104", "LS-MAP-102", "LS-MAP-100", "LS-MAP-101", "LS-MAP-111"])
        #expect(mapped.failures.map(\.field) == ["name", "big", "account", "name", "name"])
        #expect(mapped.rows.values(row: 2) == [.text("C"), .text("äöü"), .int64(-32_768)])
        #expect(mapped.rows.values(row: 1) == [.null, .null, .null])
    }

    @Test func aStrayKindIsConvertedExactlyOrRefused() throws {
        let plan = try plan(["{erp: credit, crm: creditlimit}"])
        #expect(map(plan, [.int64(7)]).values == [.decimal("7")])
        #expect(map(plan, [.bytes([1])]).failure?.code == "LS-MAP-111")
    }

    @Test func messagesNeverHoldValues() throws {
        let plan = try plan(["{erp: name, crm: short}"])
        let failure = try #require(map(plan, [.text("s3cret")]).failure)
        #expect(!failure.message.contains("s3cret"))
    }

    @Test func anIdentityPlanReturnsTheBatchItself() throws {
        let plan = try plan(["{erp: name, crm: name}"])
        let rows = Fixtures.rows([[.text("A"), .text("x")], [.text("B"), .null]])
        let mapped = plan.map(records: rows)
        let isSame = rows.heap.withUnsafeBufferPointer { before in
            mapped.rows.heap.withUnsafeBufferPointer { $0.baseAddress == before.baseAddress }
        }
        #expect(isSame && mapped.failures == [])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func theShortWayGivesWhatTheLongWayGives(seed: UInt64) throws {
        // The same pairs in another order are no identity, so they take the way cell by cell.
        let fields = ["{erp: name, crm: name}", "{erp: credit, crm: creditlimit}", "{erp: language, crm: language}"]
        let short = try plan(fields)
        let long = try plan(fields.reversed() + ["{crm: typecode, constant: 3}"])
        var generator = Generator(state: seed)
        let pool: [Value] = [.null, .text("x"), .text(""), .text("Ünï"), .unchanged, .invalid("odd"), .text("y\u{0}")]
        let decimals: [Value] = [.null, .decimal("1.50"), .decimal("-0"), .decimal("NaN"), .int64(4), .invalid("odd")]
        func record() -> [Value] {
            [
                generator.next(9) == 0 ? .null : .text("K\(generator.next(50))"), pool[generator.next(pool.count)],
                decimals[generator.next(decimals.count)], pool[generator.next(pool.count)],
            ]
        }
        let records = (0..<40).map { _ in record() }
        for record in records + [[.text("K"), .text("a"), .decimal("1"), .null]] {
            let reordered = [record[0], record[3], record[2], record[1]]
            let one = short.map(records: Fixtures.rows([record]))
            let other = long.map(records: Fixtures.rows([reordered]))
            #expect(one.failures.isEmpty == other.failures.isEmpty)
            guard one.failures.isEmpty else { continue }
            let values = other.rows.values(row: 0)
            #expect(one.rows.values(row: 0) == [values[0], values[3], values[2], values[1]])
        }
        for _ in 0..<200 {
            let (before, after) = (record(), record())
            let operation: LockstepModel.Operation = [.insert, .update, .delete][generator.next(3)]
            let nulls = [Value](repeating: .null, count: 4)
            func turned(_ record: [Value]) -> [Value] { [record[0], record[3], record[2], record[1]] }
            let one = (operation == .insert ? nulls : before) + (operation == .delete ? nulls : after)
            let other = (operation == .insert ? nulls : turned(before)) + (operation == .delete ? nulls : turned(after))
            let first = short.map(rows: Fixtures.rows([one]), operations: [operation])
            let second = long.map(rows: Fixtures.rows([other]), operations: [operation])
            #expect(first.operations == second.operations)
            #expect(first.failures.isEmpty == second.failures.isEmpty)
            let (left, right) = (first.rows.values(row: 0), second.rows.values(row: 0))
            #expect(left == [right[0], right[3], right[2], right[1], right[5], right[8], right[7], right[6]])
        }
    }
}
