import ConnectorKit
import LockstepModel

/// The history of a ``MemoryStore``, chunk by chunk.
actor MemoryChangeReader: ChangeReader {
    private let request: ChangesRequest
    private let lifeline: MemoryLifeline
    private(set) var quietPosition: Position
    /// How many changes of the transaction after ``quietPosition`` were delivered, when it is larger than a chunk.
    private var delivered = 0
    private var isClosed = false

    init(_ request: ChangesRequest, lifeline: MemoryLifeline) {
        self.request = request
        self.lifeline = lifeline
        quietPosition = request.after
    }

    func next() async throws -> ChangeChunk? {
        let (request, after, skipped, isClosed) = (request, quietPosition, delivered, isClosed)
        let step = try lifeline.state("reading changes") { state -> Step? in
            if isClosed { return nil }
            try state.requireHistory(after: after)
            return try Self.step(request, after: after, skipping: skipped, in: state)
        }
        guard let step else { return nil }
        quietPosition = step.position
        delivered = step.delivered
        return step.chunk
    }

    func close() async { isClosed = true }

    private struct Step: Sendable {
        var chunk: ChangeChunk?
        var position: Position
        var delivered: Int
    }

    /// Whole transactions up to the limits, or a piece of the first one.
    private static func step(
        _ request: ChangesRequest, after: Position, skipping skipped: Int, in state: MemoryStore.State
    ) throws -> Step {
        var builder = try ChunkBuilder(request, state)
        var position = after
        var transactionCount = 0
        var skip = skipped
        let end = request.upTo ?? Position(order: .max)
        for transaction in state.history.suffix(from: state.firstIndex(after: after)) where transaction.position <= end
        {
            let changes = transaction.visibleChanges.filter {
                request.entities[$0.entity] != nil && transaction.capturedEntities.contains($0.entity)
            }
            let mark = builder
            let taken = builder.append(changes.dropFirst(skip), origin: transaction.origin)
            if !taken && transactionCount > 0 {
                return Step(
                    chunk: mark.chunk(position, transactionCount), position: position, delivered: 0)
            }
            if !taken {
                return Step(chunk: builder.chunk(nil, 0), position: position, delivered: skip + builder.consumed)
            }
            let wasPiece = skip > 0
            skip = 0
            position = transaction.position
            guard builder.changeCount > 0 else { continue }
            if mark.changeCount < builder.changeCount || wasPiece { transactionCount += 1 }
            if wasPiece || builder.isFull { break }
        }
        if builder.changeCount == 0 {
            // A piece may have been followed by nothing to show but the end of its transaction.
            let chunk =
                skipped > 0 && position > after
                ? ChangeChunk(entities: [], position: position, transactionCount: 1) : nil
            return Step(
                chunk: chunk, position: chunk == nil ? min(Position(order: state.last), end) : position, delivered: 0)
        }
        return Step(chunk: builder.chunk(position, transactionCount), position: position, delivered: 0)
    }
}

/// A chunk that is being filled.
private struct ChunkBuilder {
    private let limits: BatchLimits
    private let columns: [String: [Int]]
    private let fields: [String: [String]]
    private var entities: [EntityChanges] = []
    private(set) var changeCount = 0
    /// Changes that the last ``append(_:origin:)`` took or passed over.
    private(set) var consumed = 0

    init(_ request: ChangesRequest, _ state: MemoryStore.State) throws {
        limits = request.limits
        fields = request.entities
        var columns: [String: [Int]] = [:]
        for (entity, fields) in request.entities {
            columns[entity] = try state.columns(fields, of: entity, "reading changes")
        }
        self.columns = columns
    }

    private var byteCount: Int { entities.reduce(0) { $0 + $1.rows.byteCount } }
    var isFull: Bool { changeCount >= limits.rows || byteCount >= limits.bytes }

    /// Takes changes until the chunk is full.
    ///
    /// - Returns: whether all were taken.
    mutating func append(_ changes: some Sequence<MemoryChange>, origin: CommittedTransaction.Origin) -> Bool {
        consumed = 0
        for change in changes {
            if isFull { return false }
            append(change, origin)
            consumed += 1
        }
        return true
    }

    private mutating func append(_ change: MemoryChange, _ origin: CommittedTransaction.Origin) {
        guard let columns = columns[change.entity], let fields = fields[change.entity] else { return }
        let before = columns.map { change.before?[$0] ?? .null }
        let after = columns.map { change.after?[$0] ?? .null }
        // What the store did to fields that nobody asks for is nothing to tell: the rest is what the engine wrote.
        if origin != .user, change.operation == .update, MemoryValueRules.agree(before, after) { return }
        let index: Int
        if let known = entities.firstIndex(where: { $0.entity == change.entity }) {
            index = known
        } else {
            entities.append(EntityChanges(entity: change.entity, fields: fields))
            index = entities.count - 1
        }
        entities[index].rows.appendRow(before.isEmpty ? [.null] : before + after)
        entities[index].operations.append(change.operation)
        entities[index].ordinals.append(UInt32(changeCount))
        changeCount += 1
    }

    func chunk(_ position: Position?, _ transactionCount: Int) -> ChangeChunk {
        ChangeChunk(entities: entities, position: position, transactionCount: transactionCount)
    }
}

extension MemoryStore.State {
    /// Where in the history the transactions after a position begin: the n-th transaction has the number n.
    func firstIndex(after position: Position) -> Int { min(history.count, Int(position.order)) }
}
