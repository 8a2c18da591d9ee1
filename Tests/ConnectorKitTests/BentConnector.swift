import ConnectorKit
import LockstepModel
import LockstepTesting
import Synchronization

/// A connector that breaks its promises where a hook says so, and keeps them elsewhere.
struct BentConnector: Connector {
    var base: MemoryConnector
    var onDescribe: @Sendable (inout StoreDescription) -> Void = { _ in }
    var onIdentity: @Sendable (StoreIdentity?) -> StoreIdentity? = { $0 }
    var onInstall: @Sendable (MemoryConnector, CaptureRequest) async throws -> Void = {
        try await $0.installCapture($1)
    }
    var onRemove: @Sendable (MemoryConnector) async throws -> Void = { try await $0.removeCapture() }
    var onSnapshot: @Sendable (MemoryConnector, any Snapshot) -> any Snapshot = { $1 }
    var onChanges: @Sendable (MemoryConnector, ChangesRequest) async throws -> any ChangeReader = {
        try await $0.changes($1)
    }
    var onWrite: @Sendable (MemoryConnector, WriteSessionRequest) async throws -> any WriteSession = {
        try await $0.write($1)
    }
    var onQuery: @Sendable (inout QueryRequest) -> Void = { _ in }
    var onCount: @Sendable (Result<Int64, any Error>) throws -> Int64 = { try $0.get() }
    var onForget: @Sendable (MemoryConnector, [String]) async throws -> Void = {
        try await $0.forgetCheckpoints(lanes: $1)
    }

    init(_ base: MemoryConnector) { self.base = base }

    var capabilities: Capabilities { base.capabilities }

    func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] { try await base.checkAccess(request) }

    func describe(_ request: DescribeRequest) async throws -> StoreDescription {
        var description = try await base.describe(request)
        onDescribe(&description)
        return description
    }

    func identity() async throws -> StoreIdentity? { onIdentity(try await base.identity()) }
    func installCapture(_ request: CaptureRequest) async throws { try await onInstall(base, request) }
    func removeCapture() async throws { try await onRemove(base) }

    func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot {
        onSnapshot(base, try await base.snapshot(request))
    }

    func changes(_ request: ChangesRequest) async throws -> any ChangeReader { try await onChanges(base, request) }
    func write(_ request: WriteSessionRequest) async throws -> any WriteSession { try await onWrite(base, request) }
    func checkpoints() async throws -> [String: Position] { try await base.checkpoints() }
    func forgetCheckpoints(lanes: [String]) async throws { try await onForget(base, lanes) }
    func release(_ position: Position) async throws { try await base.release(position) }

    func query(_ request: QueryRequest) async throws -> any BatchReader {
        var request = request
        onQuery(&request)
        return try await base.query(request)
    }

    func count(_ request: CountRequest) async throws -> Int64 {
        do {
            return try onCount(.success(try await base.count(request)))
        } catch {
            return try onCount(.failure(error))
        }
    }

    func close() async { await base.close() }
}

struct BentSnapshot: Snapshot {
    var base: any Snapshot
    var position: Position
    var onRead: @Sendable (any Snapshot, ReadRequest) async throws -> any BatchReader = { try await $0.read($1) }

    init(_ base: any Snapshot) {
        self.base = base
        position = base.position
    }

    func read(_ request: ReadRequest) async throws -> any BatchReader { try await onRead(base, request) }
    func close() async { await base.close() }
}

/// Gives the base's rows in the opposite order, in one batch.
actor ReversingReader: BatchReader {
    private let base: any BatchReader

    init(_ base: any BatchReader) { self.base = base }

    func next() async throws -> RowBatch? {
        var rows: [[Value]] = []
        while let batch = try await base.next() { rows += (0..<batch.rowCount).map { batch.values(row: $0) } }
        guard let first = rows.first else { return nil }
        var batch = RowBatch(columnCount: first.count)
        for row in rows.reversed() { batch.appendRow(row) }
        return batch
    }

    func close() async { await base.close() }
}

/// Changes each chunk, or drops it; may stop for good at the first quiet moment.
actor BentReader: ChangeReader {
    private let base: any ChangeReader
    private let onChunk: @Sendable (ChangeChunk, _ previous: Position) -> [ChangeChunk]
    private let onQuiet: @Sendable (Position) async throws -> Void
    private let endsWhenQuiet: Bool
    private var previous: Position
    private var waiting: [ChangeChunk] = []
    private var hasEnded = false

    init(
        _ base: any ChangeReader, after: Position, endsWhenQuiet: Bool = false,
        onQuiet: @escaping @Sendable (Position) async throws -> Void = { _ in },
        onChunk: @escaping @Sendable (ChangeChunk, Position) -> [ChangeChunk] = { chunk, _ in [chunk] }
    ) {
        self.base = base
        self.endsWhenQuiet = endsWhenQuiet
        self.onQuiet = onQuiet
        self.onChunk = onChunk
        previous = after
    }

    var quietPosition: Position { get async { await base.quietPosition } }

    func next() async throws -> ChangeChunk? {
        if hasEnded { return nil }
        while waiting.isEmpty {
            guard let chunk = try await base.next() else {
                hasEnded = endsWhenQuiet
                try await onQuiet(await base.quietPosition)
                return nil
            }
            waiting = onChunk(chunk, previous)
            previous = chunk.position ?? previous
        }
        return waiting.removeFirst()
    }

    func close() async { await base.close() }
}

/// A session whose calls do something else.
struct BentSession: WriteSession {
    var base: any WriteSession
    var onApply: @Sendable (any WriteSession, WriteBatch) async throws -> WriteResult = { try await $0.apply($1) }
    var onLookUp: @Sendable (any WriteSession, LookUpRequest) async throws -> RowBatch = { try await $0.lookUp($1) }
    var onRevert: @Sendable (any WriteSession) async throws -> Void = { try await $0.revert() }
    var onCommit: @Sendable (any WriteSession, Position?) async throws -> Void = { try await $0.commit($1) }
    var onRollback: @Sendable (any WriteSession) async -> Void = { await $0.rollback() }
    var onClose: @Sendable (any WriteSession) async -> Void = { await $0.close() }

    init(_ base: any WriteSession) { self.base = base }

    func apply(_ batch: WriteBatch) async throws -> WriteResult { try await onApply(base, batch) }
    func lookUp(_ request: LookUpRequest) async throws -> RowBatch { try await onLookUp(base, request) }
    func mark() async throws { try await base.mark() }
    func revert() async throws { try await onRevert(base) }
    func commit(_ checkpoint: Position?) async throws { try await onCommit(base, checkpoint) }
    func rollback() async { await onRollback(base) }
    func close() async { await onClose(base) }
}
