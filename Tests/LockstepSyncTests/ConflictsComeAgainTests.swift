import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// Conflicts that happen more than once, and many at a time.
struct ConflictsComeAgainTests {
    private func collide(_ bench: MemoryBench, _ left: String, _ right: String, account: String = "A") throws {
        try bench.erp.run([.update("customers", key: ["account": .text(account)], set: ["name": .text(left)])])
        try bench.crm.run([.update("accounts", key: ["number": .text(account)], set: ["title": .text(right)])])
    }

    @Test func aConflictThatWasDismissedIsOpenAgainWhenItHappensAgain() async throws {
        let bench = try MemoryBench(conflicts: "{overlap: manual, delete: manual}")
        try bench.erp.run([.insert("customers", ["account": .text("A"), "name": .text("Ann")])])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try collide(bench, "Anna", "Ada")
        #expect(try await engine.sync().openConflicts == 1)
        try await engine.decide(conflict: try #require(await engine.state.conflicts().first).id, .dismiss, by: "eve")
        #expect(try await engine.sync().openConflicts == 0)
        try collide(bench, "Bob", "Bert")
        #expect(try await engine.sync().openConflicts == 1)
        try collide(bench, "Anna", "Ada")
        #expect(try await engine.sync().openConflicts == 1)
        let open = try #require(try await engine.state.conflicts(status: .open).first)
        try await engine.decide(conflict: open.id, .take(.left), by: "eve")
        #expect(bench.areEqual)
        // The very same values once more.
        try collide(bench, "Anna2", "Anna2")
        _ = try await engine.sync()
        try collide(bench, "Anna", "Ada")
        #expect(try await engine.sync().openConflicts == 1)
        #expect(try await engine.state.conflicts().count >= 3)
    }

    @Test func conflictsOfTwoFieldsOfARecordAreBothOpen() async throws {
        let bench = try MemoryBench(conflicts: "{overlap: manual, delete: manual}")
        try bench.erp.run([.insert("customers", ["account": .text("A"), "name": .text("Ann")])])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try collide(bench, "Anna", "Ada")
        _ = try await engine.sync()
        try bench.erp.run([.update("customers", key: ["account": .text("A")], set: ["city": .text("Rome")])])
        try bench.crm.run([.update("accounts", key: ["number": .text("A")], set: ["city": .text("Oslo")])])
        _ = try await engine.sync()
        let fields = Set(try await engine.state.conflicts(status: .open).flatMap(\.fields))
        #expect(fields == ["name ~ title", "city"])
    }

    @Test func moreRecordsThanAPageAreSettledInOneRun() async throws {
        let bench = try MemoryBench()
        let accounts = (0..<2500).map { "C\($0)" }
        try bench.erp.run(accounts.map { .insert("customers", ["account": .text($0), "name": .text("n")]) })
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        for account in accounts { try collide(bench, "left", "right", account: account) }
        _ = try await engine.sync()
        #expect(bench.areEqual)
        #expect(try await engine.state.revisits(link: "erp-crm").isEmpty)
    }

    @Test func aHeldMapsRecordsDoNotKeepOthersFromBeingSettled() async throws {
        let bench = try MemoryBench()
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        let waiting = (0..<1500).map { number in
            let key = Value.text("A\(number)")
            return RevisitKey(
                map: "customers", key: KeyEncoder.encode(RowBatch(values: [key]), row: 0, columns: [0]),
                row: StoredRow(fields: ["account"], values: [key]), side: 0)
        }
        try await engine.state.addRevisits(link: "erp-crm", waiting)
        try await engine.pause(map: "customers", by: "eve", reason: "")
        try bench.erp.run([.insert("groups", ["id": .int64(1), "label": .text("x")])])
        _ = try await engine.sync()
        try bench.erp.run([.update("groups", key: ["id": .int64(1)], set: ["label": .text("left")])])
        try bench.crm.run([.update("groups", key: ["id": .int64(1)], set: ["label": .text("right")])])
        _ = try await engine.sync()
        #expect(try await engine.state.revisits(link: "erp-crm", limit: 5000).allSatisfy { $0.map == "customers" })
    }
}

extension RowBatch {
    fileprivate init(values: [Value]) {
        self.init(columnCount: values.count)
        appendRow(values)
    }
}
