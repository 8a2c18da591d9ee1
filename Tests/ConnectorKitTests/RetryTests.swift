import ConnectorKit
import LockstepModel
import LockstepTesting
import Synchronization
import Testing

/// What a retrying connector repeats, how long it waits, and what it leaves alone.
@Suite struct RetryTests {
    private let store = MemoryStore(entities: [
        MemoryEntity(ConformanceScratch.description("scratch", types: []))
    ])
    private let policy = RetryPolicy(attempts: 4, firstWait: .seconds(1), longestWait: .seconds(3))

    /// Keeps the waits that were asked for.
    private final class Waits: Sendable {
        private let waits = Mutex<[Duration]>([])
        var all: [Duration] { waits.withLock { $0 } }
        func add(_ wait: Duration) { waits.withLock { $0.append(wait) } }
    }

    private func connector(_ plan: FaultPlan, _ waits: Waits) -> RetryingConnector {
        RetryingConnector(FaultyConnector(MemoryConnector(store), plan: plan), policy: policy) { waits.add($0) }
    }

    @Test func whatOpensOrAsksIsRepeatedUntilItSucceeds() async throws {
        let asked: [FaultPlan.Operation] = [
            .checkAccess, .describe, .identity, .installCapture, .snapshot, .changes, .write, .checkpoints,
            .forgetCheckpoints, .release, .query, .count, .removeCapture,
        ]
        let plan = FaultPlan(
            asked.flatMap { [.init($0, call: 1, .fail(.unreachable)), .init($0, call: 2, .loseReply(.busy))] })
        let waits = Waits()
        let connector = connector(plan, waits)
        _ = try await connector.checkAccess(AccessRequest(entities: ["scratch"], purposes: [.read]))
        _ = try await connector.describe(DescribeRequest())
        _ = try await connector.identity()
        try await connector.installCapture(CaptureRequest(entities: ["scratch"]))
        _ = try await connector.snapshot(SnapshotRequest(purpose: .follow))
        _ = try await connector.changes(ChangesRequest(entities: ["scratch": ["id"]], after: .start))
        _ = try await connector.write(WriteSessionRequest(lane: "lane"))
        _ = try await connector.checkpoints()
        try await connector.forgetCheckpoints(lanes: ["lane"])
        try await connector.release(.start)
        _ = try await connector.query(QueryRequest(entity: "scratch", fields: ["id"]))
        _ = try await connector.count(CountRequest(entity: "scratch"))
        try await connector.removeCapture()
        #expect(plan.unfired.isEmpty)
        #expect(waits.all == asked.flatMap { _ in [.seconds(1), .seconds(2)] as [Duration] })
    }

    @Test func waitsDoubleUpToTheLongestAndTheLastErrorIsThrown() async throws {
        let plan = FaultPlan((1...4).map { .init(.count, call: $0, .fail(.unreachable)) })
        let waits = Waits()
        await #expect(throws: ConnectorError.self) {
            _ = try await connector(plan, waits).count(CountRequest(entity: "scratch"))
        }
        #expect(waits.all == [.seconds(1), .seconds(2), .seconds(3)])
        #expect(plan.unfired.isEmpty)
        #expect(plan.calls(of: .count) == 4)
    }

    @Test(arguments: [ConnectorError.Code.credentials, .historyLost, .schema])
    func whatDoesNotHealByItselfIsNotRepeated(_ code: ConnectorError.Code) async throws {
        let plan = FaultPlan([.init(.count, call: 1, .fail(code))])
        let waits = Waits()
        await #expect(throws: ConnectorError.self) {
            _ = try await connector(plan, waits).count(CountRequest(entity: "scratch"))
        }
        #expect(waits.all.isEmpty)
        #expect(plan.calls(of: .count) == 1)
    }

    @Test func nothingInsideATransactionIsRepeated() async throws {
        let plan = FaultPlan([.init(.commit, call: 1, .fail(.busy))])
        let waits = Waits()
        let session = try await connector(plan, waits).write(WriteSessionRequest(lane: "lane"))
        await #expect(throws: ConnectorError.self) { try await session.commit(Position(order: 1)) }
        #expect(waits.all.isEmpty)
        #expect(plan.calls(of: .commit) == 1)
        #expect(plan.unfired.isEmpty)
    }
}
