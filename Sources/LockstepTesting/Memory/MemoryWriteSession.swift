import ConnectorKit
import LockstepModel

/// The engine's writing to a ``MemoryStore``.
actor MemoryWriteSession: WriteSession {
    private let id: UInt64
    private let lane: String
    private let lifeline: MemoryLifeline
    private var isClosed = false

    init(id: UInt64, lane: String, lifeline: MemoryLifeline) {
        self.id = id
        self.lane = lane
        self.lifeline = lifeline
    }

    func apply(_ batch: WriteBatch) async throws -> WriteResult {
        try open("writing") { writing, _ in
            try MemoryBatchWriter(batch, &writing.transaction).write(&writing.transaction)
        }
    }

    func lookUp(_ request: LookUpRequest) async throws -> RowBatch {
        let (id, doing) = (id, "looking records up")
        return try alive(doing) { state in
            try Self.refuseOvertaken(id, doing, &state)
            var shown = MemoryStore.State()
            shown.database = state.writings[id]?.transaction.database ?? state.database
            do {
                return try Self.records(request, in: shown, doing)
            } catch {
                state.writings[id] = nil
                throw error
            }
        }
    }

    private static func records(
        _ request: LookUpRequest, in state: MemoryStore.State, _ doing: String
    ) throws -> RowBatch {
        let table = try state.table(request.entity, doing)
        let columns = try state.columns(request.fields, of: request.entity, doing)
        let keyColumns = try state.columns(request.keys.fields, of: request.entity, doing)
        var batch = RowBatch(columnCount: max(1, columns.count))
        for number in table.numbers(keyColumns, request.keys.rows).prefix(max(0, request.limit)) {
            for column in columns { batch.append(table.rows[number]?[column] ?? .null) }
            if columns.isEmpty { batch.appendNull() }
        }
        return batch
    }

    func mark() async throws {
        try open("setting a mark") { writing, _ in writing.mark = writing.transaction.steps.count }
    }

    func revert() async throws {
        try open("going back to a mark") { writing, _ in
            guard let mark = writing.mark else {
                throw ConnectorError(
                    .protocolViolation, doing: "going back to a mark", message: "no mark is set", hint: "")
            }
            writing.transaction.undo(to: mark)
        }
    }

    func commit(_ checkpoint: Position?) async throws {
        let (id, lane) = (id, lane)
        try alive("committing") { state in
            try Self.refuseOvertaken(id, "committing", &state)
            if let checkpoint { state.checkpoints[lane] = checkpoint }
            guard let writing = state.writings.removeValue(forKey: id) else { return }
            _ = state.commit(writing.transaction, origin: .engine(lane: lane))
        }
    }

    func rollback() async {
        let id = id
        // A line that is cut has nothing open any more: there is nothing left to give up.
        try? lifeline.state("rolling back") { state in
            state.writings[id] = nil
            state.overtaken.remove(id)
        }
    }

    func close() async {
        await rollback()
        isClosed = true
    }

    private func alive<Result: Sendable>(
        _ doing: String, _ body: (inout MemoryStore.State) throws -> Result
    ) throws -> Result {
        guard !isClosed else { throw ConnectorError.memoryUnreachable(doing) }
        return try lifeline.state(doing, body)
    }

    /// Goes on in the session's transaction, or begins one.
    private func open<Result: Sendable>(
        _ doing: String, _ body: (inout MemoryStore.Writing, MemoryStore.State) throws -> Result
    ) throws -> Result {
        let id = id
        return try alive(doing) { state in
            try Self.refuseOvertaken(id, doing, &state)
            var writing =
                state.writings.removeValue(forKey: id)
                ?? MemoryStore.Writing(transaction: MemoryTransaction(state.database))
            // An error gives the transaction up: it is put back only when all went well.
            let result = try body(&writing, state)
            state.writings[id] = writing
            return result
        }
    }

    private static func refuseOvertaken(_ id: UInt64, _ doing: String, _ state: inout MemoryStore.State) throws {
        guard state.overtaken.remove(id) != nil else { return }
        throw ConnectorError(
            .busy, doing: doing, message: "the transaction was rolled back: others changed the same records",
            hint: "try again")
    }
}
