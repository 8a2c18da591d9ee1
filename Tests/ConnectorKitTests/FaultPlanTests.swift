import ConnectorKit
import LockstepModel
import LockstepTesting
import Testing

/// Planned faults strike the call they are planned for, and are known when they do not.
@Suite struct FaultPlanTests {
    private let store = MemoryStore(entities: [MemoryEntity(ConformanceScratch.description("scratch", types: []))])

    private func write(_ connector: any Connector, id: Int64) async throws {
        let session = try await connector.write(WriteSessionRequest(lane: "lane"))
        var rows = RowBatch(columnCount: 4)
        rows.appendRow([.null, .null, .int64(id), .text("note")])
        _ = try await session.apply(
            WriteBatch(
                entity: "scratch", fields: ["id", "note"], key: [0], operations: [.insert], rows: rows, readFields: []))
        try await session.commit(Position(order: UInt64(id)))
    }

    @Test func aLostReplyComesAfterTheCommit() async throws {
        let plan = FaultPlan([.init(.commit, call: 2, .loseReply(.unreachable))])
        let connector = FaultyConnector(MemoryConnector(store), plan: plan)
        try await write(connector, id: 1)
        await #expect(throws: ConnectorError.self) { try await write(connector, id: 2) }
        #expect(store.records("scratch").count == 2)
        #expect(try await connector.checkpoints() == ["lane": Position(order: 2)])
        #expect(plan.unfired.isEmpty)
    }

    @Test func aFailedCommitCommitsNothing() async throws {
        let plan = FaultPlan([.init(.commit, call: 1, .fail(.busy))])
        await #expect(throws: ConnectorError.self) {
            try await write(FaultyConnector(MemoryConnector(store), plan: plan), id: 1)
        }
        #expect(store.records("scratch").isEmpty)
        #expect(plan.fired.count == 1)
    }

    @Test func aCutReaderStaysCut() async throws {
        let plan = FaultPlan([.init(.nextChunk, call: 1, .loseReply(.unreachable))])
        let connector = FaultyConnector(MemoryConnector(store), plan: plan)
        try await connector.installCapture(CaptureRequest(entities: ["scratch"]))
        let reader = try await connector.changes(ChangesRequest(entities: ["scratch": ["id"]], after: .start))
        for _ in 0..<2 { await #expect(throws: ConnectorError.self) { _ = try await reader.next() } }
    }

    @Test func somethingElseCanHappenJustBeforeACall() async throws {
        let store = store
        let plan = FaultPlan([
            .init(
                .count, call: 1,
                .meanwhile { _ = try? store.run([.insert("scratch", ["id": .int64(1), "note": .text("")])]) })
        ])
        let connector = FaultyConnector(MemoryConnector(store), plan: plan)
        #expect(try await connector.count(CountRequest(entity: "scratch")) == 1)
    }

    @Test func aFaultThatNeverHappenedIsKnown() async throws {
        let plan = FaultPlan([.init(.count, call: 2, .fail(.busy))])
        _ = try await FaultyConnector(MemoryConnector(store), plan: plan).count(CountRequest(entity: "scratch"))
        #expect(plan.unfired.count == 1)
    }

    @Test func aSeedDecidesThePlan() {
        func plan(_ seed: UInt64) -> [String] { FaultPlan(seed: seed, count: 20).unfired.map(\.description) }
        #expect(plan(1) == plan(1))
        #expect(plan(1) != plan(2))
    }
}
