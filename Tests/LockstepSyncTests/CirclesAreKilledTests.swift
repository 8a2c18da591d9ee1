import ConnectorKit
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// Circles are copied and healed while the engine is killed at each of its calls.
struct CirclesAreKilledTests {
    /// Strikes one call after another until a run goes through; each run is a new process.
    private func kill(
        _ bench: CircleBench, _ operation: FaultPlan.Operation, losesReply: Bool, largest: Int = 60
    ) async throws {
        for call in 1...largest {
            let fault = FaultPlan.Fault(
                operation, call: call, losesReply ? .loseReply(.full) : .fail(.full))
            let plan = FaultPlan([fault])
            do {
                _ = try await bench.bench.engine { FaultyConnector($0, plan: plan) }.sync()
            } catch is ConnectorError {}
            for store in [bench.erp, bench.crm] { store.crash() }
            if !plan.unfired.isEmpty { return }
        }
    }

    private static let operations: [FaultPlan.Operation] = [.apply, .commit, .nextBatch, .nextChunk, .mark, .release]

    @Test(arguments: operations, [true, false])
    func theFirstCopyIsExact(operation: FaultPlan.Operation, losesReply: Bool) async throws {
        // Where the empty side wins, a reference that was left out for a moment would be lost.
        let bench = try CircleBench(conflicts: "{overlap: crm, delete: update-wins}")
        for id in 1...20 { try CircleBench.insertCircle(Int64(id), bench.erp) }
        try bench.erp.run((1...20).map { .insert("employees", ["id": .int64(Int64($0)), "name": .text("e")]) })
        try bench.erp.run(
            (1...19).map {
                .update("employees", key: ["id": .int64(Int64($0))], set: ["boss": .int64(Int64($0 + 1))])
            })
        let before = bench.records(bench.erp)
        try await kill(bench, operation, losesReply: losesReply)
        let engine = try await bench.bench.engine()
        #expect(try await engine.sync().parked == 0)
        #expect(bench.records(bench.erp) == before)
        #expect(bench.areEqual)
        #expect(try await engine.state.conflicts().isEmpty)
        #expect(try await engine.sync().changes == 0)
    }

    @Test(arguments: operations, [true, false])
    func aMergedCopyIsExact(operation: FaultPlan.Operation, losesReply: Bool) async throws {
        let bench = try CircleBench(conflicts: "{overlap: crm, delete: update-wins}")
        for id in 1...10 { try CircleBench.insertCircle(Int64(id), bench.erp) }
        for id in 11...20 { try CircleBench.insertCircle(Int64(id), bench.crm) }
        try bench.erp.run([.insert("employees", ["id": .int64(1), "name": .text("e")])])
        let (erp, crm) = (bench.records(bench.erp), bench.records(bench.crm))
        try await kill(bench, operation, losesReply: losesReply)
        let engine = try await bench.bench.engine()
        #expect(try await engine.sync().parked == 0)
        #expect(bench.records(bench.erp) == (erp + crm).sorted())
        #expect(bench.areEqual)
        #expect(try await engine.state.conflicts().isEmpty)
    }

    @Test(arguments: [FaultPlan.Operation.apply, .commit, .nextChunk], [true, false])
    func whatWasParkedHealsOnce(operation: FaultPlan.Operation, losesReply: Bool) async throws {
        let bench = try CircleBench(conflicts: "{overlap: crm, delete: update-wins}")
        _ = try await bench.bench.engine().sync()
        for entity in ["accounts", "contacts"] {
            bench.crm.addTrigger(
                MemoryTrigger("closed \(entity)", on: entity, .before, [.insert]) { _ throws(MemoryRefusal) in
                    throw MemoryRefusal(.check, "closed", "closed today")
                })
        }
        for id in 1...5 { try CircleBench.insertCircle(Int64(id), bench.erp) }
        let engine = try await bench.bench.engine()
        #expect(try await engine.sync().parked == 10)
        let wanted = bench.records(bench.erp)
        // First the accounts heal but for their contacts, then the contacts.
        for entity in ["accounts", "contacts"] {
            bench.crm.removeTrigger("closed \(entity)")
            try await kill(bench, operation, losesReply: losesReply)
        }
        let last = try await bench.bench.engine()
        #expect(try await last.sync().parked == 0)
        #expect(bench.records(bench.erp) == wanted)
        #expect(bench.areEqual)
        #expect(try await last.state.conflicts().isEmpty)
    }
}
