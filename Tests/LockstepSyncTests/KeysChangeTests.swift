import ConnectorKit
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// Records that change their key, and others that take the key which became free.
struct KeysChangeTests {
    private func named(_ rows: [[Value]]) -> [String] {
        rows.map { "\($0[0].displayText)=\($0[1].displayText)" }
    }

    private func insert(_ account: String, _ name: String) -> MemoryStatement {
        .insert("customers", ["account": .text(account), "name": .text(name), "changed": .int64(0)])
    }

    private func rename(_ account: String, _ other: String) -> MemoryStatement {
        .update("customers", key: ["account": .text(account)], set: ["account": .text(other)])
    }

    @Test(arguments: ["update-wins", "delete-wins"])
    func aKeyThatBecameFreeIsTakenByANewRecord(rule: String) async throws {
        let bench = try MemoryBench(conflicts: "{overlap: crm, delete: \(rule)}")
        try bench.erp.run([insert("A", "Ann")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try bench.erp.run([rename("A", "B"), insert("A", "New")])
        _ = try await engine.sync()
        #expect(named(bench.customers().erp) == ["A=New", "B=Ann"])
        #expect(named(bench.customers().crm) == ["A=New", "B=Ann"])
        #expect(try await engine.state.conflicts().isEmpty)
    }

    @Test func twoRecordsSwapTheirKeys() async throws {
        let bench = try MemoryBench(conflicts: "{overlap: crm, delete: delete-wins}")
        try bench.erp.run([insert("A", "Ann"), insert("B", "Bob")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try bench.erp.run([rename("A", "T"), rename("B", "A"), rename("T", "B")])
        #expect(try await engine.sync().parked == 0)
        #expect(named(bench.customers().erp) == ["A=Bob", "B=Ann"])
        #expect(named(bench.customers().crm) == ["A=Bob", "B=Ann"])
        #expect(try await engine.state.conflicts().isEmpty)
    }

    @Test(arguments: ["update-wins", "delete-wins"])
    func aKeyChangeThatIsRefusedWaitsAndNothingIsDeletedForIt(rule: String) async throws {
        let bench = try MemoryBench(conflicts: "{overlap: erp, delete: \(rule)}")
        try bench.erp.run([insert("A", "Ann")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        bench.crm.addTrigger(
            MemoryTrigger("no updates", on: "accounts", .before, [.update]) { _ throws(MemoryRefusal) in
                throw MemoryRefusal(.check, "closed", "closed today")
            })
        try bench.erp.run([rename("A", "B")])
        #expect(try await engine.sync().parked == 1)
        #expect(named(bench.customers().erp) == ["B=Ann"])
        #expect(named(bench.customers().crm) == ["A=Ann"])
        // Its next change comes under the new key, and belongs to the same record.
        try bench.erp.run([.update("customers", key: ["account": .text("B")], set: ["name": .text("Anna")])])
        #expect(try await engine.sync().parked == 1)
        #expect(named(bench.customers().crm) == ["A=Ann"])
        bench.crm.removeTrigger("no updates")
        #expect(try await engine.sync().parked == 0)
        #expect(named(bench.customers().erp) == ["B=Anna"])
        #expect(named(bench.customers().crm) == ["B=Anna"])
        #expect(try await engine.state.conflicts().isEmpty)
    }

    @Test func aRecordThatTakesTheKeyOfAParkedOneWaitsBehindIt() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([insert("A", "Ann")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        bench.crm.addTrigger(
            MemoryTrigger("no updates", on: "accounts", .before, [.update]) { _ throws(MemoryRefusal) in
                throw MemoryRefusal(.check, "closed", "closed today")
            })
        try bench.erp.run([rename("A", "B")])
        _ = try await engine.sync()
        try bench.erp.run([insert("A", "New")])
        #expect(try await engine.sync().parked == 2)
        bench.crm.removeTrigger("no updates")
        #expect(try await engine.sync().parked == 0)
        #expect(named(bench.customers().erp) == ["A=New", "B=Ann"])
        #expect(named(bench.customers().crm) == ["A=New", "B=Ann"])
        #expect(try await engine.state.conflicts().isEmpty)
    }

    @Test func aParkedRecordThatIsDeletedAndComesBackWaitsOn() async throws {
        let bench = try MemoryBench(conflicts: "{overlap: crm, delete: delete-wins}")
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        bench.crm.addTrigger(
            MemoryTrigger("closed", on: "accounts", .before, [.insert]) { _ throws(MemoryRefusal) in
                throw MemoryRefusal(.check, "closed", "closed today")
            })
        try bench.erp.run([insert("A", "Ann")])
        #expect(try await engine.sync().parked == 1)
        try bench.erp.run([.delete("customers", key: ["account": .text("A")])])
        try bench.erp.run([insert("A", "Second")])
        try bench.erp.run((0..<9000).map { insert("filler\($0)", "x") })
        try bench.erp.run([.update("customers", key: ["account": .text("A")], set: ["name": .text("Third")])])
        bench.crm.removeTrigger("closed")
        #expect(try await engine.sync().parked == 0)
        #expect(bench.areEqual)
        #expect(named(bench.customers().crm).first == "A=Third")
        #expect(try await engine.state.conflicts().isEmpty)
    }
}
