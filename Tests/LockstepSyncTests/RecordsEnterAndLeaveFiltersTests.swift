import Foundation
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// Maps that see a part of their entities only.
struct RecordsEnterAndLeaveFiltersTests {
    private func insert(_ account: String, _ name: String, city: String) -> MemoryStatement {
        .insert("customers", ["account": .text(account), "name": .text(name), "city": .text(city)])
    }

    private func set(_ account: String, _ values: [String: Value]) -> MemoryStatement {
        .update("customers", key: ["account": .text(account)], set: values)
    }

    private let where1 = "where: {erp: \"city ne 'Oslo'\", crm: \"city ne 'Oslo'\"}"

    @Test func aRecordThatWasNeverInsideIsNotFollowed() async throws {
        let bench = try MemoryBench(extra: where1 + "\nleave: keep")
        try bench.erp.run([insert("A", "Ann", city: "Oslo"), insert("B", "Bob", city: "Rome")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try bench.erp.run([set("A", ["name": .text("Anna")]), set("B", ["city": .text("Oslo")])])
        _ = try await engine.sync()
        #expect(bench.customers().crm.map { $0[0] } == [.text("B")])
        try bench.erp.run([set("B", ["name": .text("Bert")])])
        _ = try await engine.sync()
        #expect(bench.customers().crm.map { $0[0] } == [.text("B")])
        #expect(try await engine.state.conflicts().isEmpty)
        // Changed outside and then let in, in one transaction.
        try bench.erp.run([set("A", ["name": .text("Ada")]), set("A", ["city": .text("Rome")])])
        _ = try await engine.sync()
        #expect(bench.customers().crm.map { $0[1] } == [.text("Ada"), .text("Bert")])
        #expect(try await engine.state.conflicts().isEmpty)
    }

    @Test func aRecordOutsideTheOtherSidesFilterIsParkedAlsoOnFirstMeeting() async throws {
        let bench = try MemoryBench(extra: where1)
        try bench.erp.run([insert("A", "Ann", city: "Rome")])
        try bench.crm.run([.insert("accounts", ["number": .text("A"), "title": .text("Eve"), "city": .text("Oslo")])])
        let engine = try await bench.bench.engine()
        #expect(try await engine.plan().parked == 1)
        #expect(try await engine.sync().parked == 1)
        #expect(bench.customers().crm.map { $0[1] } == [.text("Eve")])
        #expect(bench.customers().erp.map { $0[1] } == [.text("Ann")])
    }

    @Test func aRecordThatLeftTheFilterIsNotDeletedForAConflict() async throws {
        let bench = try MemoryBench(conflicts: "{overlap: erp, delete: delete-wins}", extra: where1 + "\nleave: delete")
        try bench.erp.run([insert("A", "Ann", city: "Rome")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try bench.erp.run([set("A", ["name": .text("Anna")])])
        try bench.crm.run([
            .update("accounts", key: ["number": .text("A")], set: ["title": .text("Ada"), "city": .text("Oslo")])
        ])
        _ = try await engine.sync()
        #expect(bench.customers().crm.map { $0[0] } == [.text("A")])
    }

    @Test func aDeleteThatIsNotPropagatedIsNotCarriedBack() async throws {
        let bench = try MemoryBench()
        let keeping = try Bench(
            bench.bench.connectors,
            maps: [
                MemoryBench.customersMap(conflicts: "{overlap: erp, delete: delete-wins}").replacingOccurrences(
                    of: "{propagate: true}", with: "{propagate: false}"), MemoryBench.groupsMap,
            ])
        try bench.erp.run([insert("A", "Ann", city: "Rome")])
        let engine = try await keeping.engine()
        _ = try await engine.sync()
        try bench.erp.run([.delete("customers", key: ["account": .text("A")])])
        _ = try await engine.sync()
        #expect(bench.customers().crm.count == 1)
        try bench.crm.run([.update("accounts", key: ["number": .text("A")], set: ["title": .text("Ada")])])
        _ = try await engine.sync()
        #expect(bench.customers().crm.map { $0[1] } == [.text("Ada")])
    }
}
