import ConnectorKit
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// A first meeting of many records that refer to later ones with a side that has some records already: after the first
/// refusals the references are left to a second pass.
struct CirclesMeetSomeRecordsTests {
    /// More than the first rows, which are tried as they are.
    private static let count: Int64 = 300

    private func makeBench() throws -> CircleBench {
        let bench = try CircleBench(erpHasReferences: false)
        try bench.erp.run(
            (1...Self.count).map { id in
                .insert("employees", ["id": .int64(id), "name": .text("e\(id)"), "boss": .int64(id % Self.count + 1)])
            })
        try bench.crm.run([.insert("employees", ["id": .int64(7), "name": .text("e7")])])
        return bench
    }

    private func expectEqual(_ bench: CircleBench) async throws {
        let engine = try await bench.bench.engine()
        #expect(bench.records(bench.erp).count == Int(Self.count))
        #expect(bench.areEqual)
        #expect(try await engine.state.parkedCount() == 0)
        #expect(try await engine.sync().changes == 0)
    }

    @Test func referencesToLaterRecordsArriveInOneRun() async throws {
        let bench = try makeBench()
        #expect(try await bench.bench.engine().sync().parked == 0)
        #expect(bench.erp.records("employees")[0]["boss"] == .int64(2))
        try await expectEqual(bench)
    }

    /// What was written without its references must not be taken for somebody's will by the run after.
    @Test(arguments: [FaultPlan.Operation.apply, .commit], 1...3)
    func aCopyThatIsCutShortLosesNoReference(operation: FaultPlan.Operation, call: Int) async throws {
        let bench = try makeBench()
        let plan = FaultPlan([FaultPlan.Fault(operation, call: call, .fail(.full))])
        await #expect(throws: ConnectorError.self) {
            _ = try await bench.bench.engine { FaultyConnector($0, plan: plan) }.sync()
        }
        _ = try await bench.bench.engine().sync()
        #expect(bench.erp.records("employees").allSatisfy { $0["boss"] != .null })
        try await expectEqual(bench)
    }
}
