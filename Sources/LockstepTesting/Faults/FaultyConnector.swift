public import ConnectorKit
public import LockstepModel

/// A connector that fails as planned, around any other.
public struct FaultyConnector: Connector {
    public let base: any Connector
    public let plan: FaultPlan

    public init(_ base: any Connector, plan: FaultPlan) {
        self.base = base
        self.plan = plan
    }

    public var capabilities: Capabilities { base.capabilities }

    public func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] {
        try await plan.run(.checkAccess) { try await base.checkAccess(request) }
    }

    public func describe(_ request: DescribeRequest) async throws -> StoreDescription {
        try await plan.run(.describe) { try await base.describe(request) }
    }

    public func identity() async throws -> StoreIdentity? {
        try await plan.run(.identity) { try await base.identity() }
    }

    public func installCapture(_ request: CaptureRequest) async throws {
        try await plan.run(.installCapture) { try await base.installCapture(request) }
    }

    public func removeCapture() async throws {
        try await plan.run(.removeCapture) { try await base.removeCapture() }
    }

    public func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot {
        let snapshot = try await plan.run(
            .snapshot, discarding: { await $0.close() }, { try await base.snapshot(request) })
        return FaultySnapshot(base: snapshot, plan: plan)
    }

    public func changes(_ request: ChangesRequest) async throws -> any ChangeReader {
        let reader = try await plan.run(
            .changes, discarding: { await $0.close() }, { try await base.changes(request) })
        return FaultyChangeReader(base: reader, plan: plan)
    }

    public func write(_ request: WriteSessionRequest) async throws -> any WriteSession {
        let session = try await plan.run(
            .write, discarding: { await $0.close() }, { try await base.write(request) })
        return FaultyWriteSession(base: session, plan: plan)
    }

    public func checkpoints() async throws -> [String: Position] {
        try await plan.run(.checkpoints) { try await base.checkpoints() }
    }

    public func forgetCheckpoints(lanes: [String]) async throws {
        try await plan.run(.forgetCheckpoints) { try await base.forgetCheckpoints(lanes: lanes) }
    }

    public func release(_ position: Position) async throws {
        try await plan.run(.release) { try await base.release(position) }
    }

    public func query(_ request: QueryRequest) async throws -> any BatchReader {
        let reader = try await plan.run(
            .query, discarding: { await $0.close() }, { try await base.query(request) })
        return FaultyBatchReader(base: reader, plan: plan)
    }

    public func count(_ request: CountRequest) async throws -> Int64 {
        try await plan.run(.count) { try await base.count(request) }
    }

    public func close() async { await base.close() }
}

private struct FaultySnapshot: Snapshot {
    let base: any Snapshot
    let plan: FaultPlan

    var position: Position { base.position }

    func read(_ request: ReadRequest) async throws -> any BatchReader {
        let reader = try await plan.run(
            .read, discarding: { await $0.close() }, { try await base.read(request) })
        return FaultyBatchReader(base: reader, plan: plan)
    }

    func close() async { await base.close() }
}

/// A reader whose batch is lost is broken for good, as a cut connection is.
private actor FaultyBatchReader: BatchReader {
    private let base: any BatchReader
    private let plan: FaultPlan
    private var failure: (any Error)?

    init(base: any BatchReader, plan: FaultPlan) {
        self.base = base
        self.plan = plan
    }

    func next() async throws -> RowBatch? {
        if let failure { throw failure }
        let base = base
        do {
            return try await plan.run(.nextBatch) { try await base.next() }
        } catch {
            failure = error
            throw error
        }
    }

    func close() async { await base.close() }
}

/// A reader whose chunk is lost is broken for good, as a cut connection is.
private actor FaultyChangeReader: ChangeReader {
    private let base: any ChangeReader
    private let plan: FaultPlan
    private var failure: (any Error)?

    init(base: any ChangeReader, plan: FaultPlan) {
        self.base = base
        self.plan = plan
    }

    var quietPosition: Position { get async { await base.quietPosition } }

    func next() async throws -> ChangeChunk? {
        if let failure { throw failure }
        let base = base
        do {
            return try await plan.run(.nextChunk) { try await base.next() }
        } catch {
            failure = error
            throw error
        }
    }

    func close() async { await base.close() }
}

/// A fault in a transaction rolls it back, as the contract says of everything that a session throws.
private struct FaultyWriteSession: WriteSession {
    let base: any WriteSession
    let plan: FaultPlan

    func apply(_ batch: WriteBatch) async throws -> WriteResult {
        try await run(.apply) { try await base.apply(batch) }
    }

    func lookUp(_ request: LookUpRequest) async throws -> RowBatch {
        try await run(.lookUp) { try await base.lookUp(request) }
    }

    func mark() async throws { try await run(.mark) { try await base.mark() } }

    func revert() async throws { try await run(.revert) { try await base.revert() } }

    func commit(_ checkpoint: Position?) async throws {
        try await run(.commit) { try await base.commit(checkpoint) }
    }

    func rollback() async { await base.rollback() }

    func close() async { await base.close() }

    private func run<Result: Sendable>(
        _ operation: FaultPlan.Operation, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            return try await plan.run(operation, body)
        } catch {
            await base.rollback()
            throw error
        }
    }
}
