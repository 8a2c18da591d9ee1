import ConnectorKit
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// One statement that empties an entity, beside other changes.
struct EntitiesAreEmptiedTests {
    private func insert(_ account: String, _ name: String, group: Int64? = nil) -> MemoryStatement {
        .insert(
            "customers",
            ["account": .text(account), "name": .text(name), "group_id": group.map(Value.int64) ?? .null])
    }

    @Test func anEntityThatIsEmptiedIsEmptiedOnTheOtherSide() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([insert("A", "Ann"), insert("B", "Bob")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try bench.erp.run([.truncate("customers"), insert("C", "Cid")])
        _ = try await engine.sync()
        #expect(bench.customers().crm.map { $0[0] } == [.text("C")])
        #expect(bench.areEqual)
    }

    @Test func emptyingIsNotForgottenWhereChangesAreAppliedOneByOne() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([insert("A", "Ann"), insert("B", "Bob")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try bench.erp.run([
            .truncate("customers"), insert("C", "Cid"),
            .update("customers", key: ["account": .text("C")], set: ["account": .text("D")]), insert("C", "New"),
        ])
        _ = try await engine.sync()
        #expect(bench.customers().crm.map { $0[0] } == [.text("C"), .text("D")])
        #expect(bench.areEqual)
    }

    @Test func whatWasParkedBeforeAnEntityWasEmptiedDoesNotComeBack() async throws {
        let bench = try MemoryBench()
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        bench.crm.addTrigger(
            MemoryTrigger("closed", on: "accounts", .before, [.insert]) { _ throws(MemoryRefusal) in
                throw MemoryRefusal(.check, "closed", "closed today")
            })
        try bench.erp.run([insert("A", "Ann")])
        #expect(try await engine.sync().parked == 1)
        try bench.erp.run([.truncate("customers")])
        _ = try await engine.sync()
        bench.crm.removeTrigger("closed")
        #expect(try await engine.sync().parked == 0)
        #expect(bench.customers().crm.isEmpty)
        #expect(bench.areEqual)
    }
}
