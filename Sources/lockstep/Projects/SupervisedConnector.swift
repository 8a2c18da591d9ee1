import ConnectorKit
import LockstepModel

/// A connector that says in each error which store of the project it is, and that stops where somebody interrupts the
/// run: between two batches, where nothing is half done, because what is open is rolled back.
struct SupervisedConnector: Connector {
    private let base: any Connector
    private let supervision: Supervision

    init(_ base: any Connector, store: String) {
        self.base = base
        supervision = Supervision(store: store)
    }

    var capabilities: Capabilities { base.capabilities }

    func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] {
        try await supervision.watch { try await base.checkAccess(request) }
    }
    func describe(_ request: DescribeRequest) async throws -> StoreDescription {
        try await supervision.watch { try await base.describe(request) }
    }
    func identity() async throws -> StoreIdentity? { try await supervision.watch { try await base.identity() } }
    func installCapture(_ request: CaptureRequest) async throws {
        try await supervision.watch { try await base.installCapture(request) }
    }
    func removeCapture() async throws { try await supervision.watch { try await base.removeCapture() } }
    func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot {
        SupervisedSnapshot(
            base: try await supervision.watch { try await base.snapshot(request) }, supervision: supervision)
    }
    func changes(_ request: ChangesRequest) async throws -> any ChangeReader {
        SupervisedChangeReader(
            base: try await supervision.watch { try await base.changes(request) }, supervision: supervision)
    }
    func write(_ request: WriteSessionRequest) async throws -> any WriteSession {
        SupervisedSession(
            base: try await supervision.watch { try await base.write(request) }, supervision: supervision)
    }
    func archive(_ request: ArchiveRequest) async throws -> any ArchiveSource {
        try await supervision.watch { try await base.archive(request) }
    }
    func restore(_ request: RestoreRequest) async throws -> any RestoreSession {
        try await supervision.watch { try await base.restore(request) }
    }
    func checkpoints() async throws -> [String: Position] {
        try await supervision.watch { try await base.checkpoints() }
    }
    func forgetCheckpoints(lanes: [String]) async throws {
        try await supervision.watch { try await base.forgetCheckpoints(lanes: lanes) }
    }
    func release(_ position: Position) async throws {
        try await supervision.watch { try await base.release(position) }
    }
    func query(_ request: QueryRequest) async throws -> any BatchReader {
        SupervisedReader(base: try await supervision.watch { try await base.query(request) }, supervision: supervision)
    }
    func count(_ request: CountRequest) async throws -> Int64 {
        try await supervision.watch { try await base.count(request) }
    }
    func close() async { await base.close() }
}

/// Goes around each call that may fail or take long.
private struct Supervision: Sendable {
    let store: String

    func watch<Result: Sendable>(_ call: () async throws -> Result) async throws -> Result {
        try Task.checkCancellation()
        do {
            return try await call()
        } catch var error as ConnectorError {
            error.doing = "\(store): \(error.doing)"
            throw error
        }
    }
}

private struct SupervisedSnapshot: Snapshot {
    let base: any Snapshot
    let supervision: Supervision

    var position: Position { base.position }
    func read(_ request: ReadRequest) async throws -> any BatchReader {
        SupervisedReader(base: try await supervision.watch { try await base.read(request) }, supervision: supervision)
    }
    func close() async { await base.close() }
}

private struct SupervisedReader: BatchReader {
    let base: any BatchReader
    let supervision: Supervision

    func next() async throws -> RowBatch? { try await supervision.watch { try await base.next() } }
    func close() async { await base.close() }
}

private struct SupervisedChangeReader: ChangeReader {
    let base: any ChangeReader
    let supervision: Supervision

    func next() async throws -> ChangeChunk? { try await supervision.watch { try await base.next() } }
    var quietPosition: Position { get async { await base.quietPosition } }
    func close() async { await base.close() }
}

private struct SupervisedSession: WriteSession {
    let base: any WriteSession
    let supervision: Supervision

    func apply(_ batch: WriteBatch) async throws -> WriteResult {
        try await supervision.watch { try await base.apply(batch) }
    }
    func lookUp(_ request: LookUpRequest) async throws -> RowBatch {
        try await supervision.watch { try await base.lookUp(request) }
    }
    func mark() async throws { try await supervision.watch { try await base.mark() } }
    func revert() async throws { try await supervision.watch { try await base.revert() } }
    func commit(_ checkpoint: Position?) async throws {
        try await supervision.watch { try await base.commit(checkpoint) }
    }
    func rollback() async { await base.rollback() }
    func close() async { await base.close() }
}
