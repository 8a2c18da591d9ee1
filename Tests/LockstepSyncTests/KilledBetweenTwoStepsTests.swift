import ConnectorKit
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// The engine is killed between the state database, the target and the source; people write meanwhile.
struct KilledBetweenTwoStepsTests {
    @Test func aParkedRecordThatWasAppliedIsNotAppliedAgainAfterAKill() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([.insert("customers", ["account": .text("A"), "name": .text("Ann")])])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        bench.crm.addTrigger(
            MemoryTrigger("closed", on: "accounts", .before, [.update]) { _ throws(MemoryRefusal) in
                throw MemoryRefusal(.check, "closed", "closed today")
            })
        try bench.erp.run([.update("customers", key: ["account": .text("A")], set: ["name": .text("Anna")])])
        #expect(try await engine.sync().parked == 1)
        bench.crm.removeTrigger("closed")
        // The commit that heals it happens, and nobody hears of it; then a person corrects the name.
        let plan = FaultPlan([FaultPlan.Fault(.commit, call: 1, .loseReply(.full))])
        let killed = try await bench.bench.engine { FaultyConnector($0, plan: plan) }
        await #expect(throws: ConnectorError.self) { _ = try await killed.sync() }
        #expect(plan.unfired.isEmpty)
        #expect(bench.customers().crm[0][1] == .text("Anna"))
        try bench.crm.run([.update("accounts", key: ["number": .text("A")], set: ["title": .text("Ada")])])
        #expect(try await bench.bench.engine().sync().parked == 0)
        #expect(bench.customers().erp[0][1] == .text("Ada"))
        #expect(bench.areEqual)
        #expect(try await engine.state.conflicts().isEmpty)
    }
}
