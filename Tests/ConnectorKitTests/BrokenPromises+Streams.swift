import ConnectorKit
import LockstepModel
import LockstepTesting

/// Broken changes and broken writes.
extension BrokenPromise {
    typealias ChangesHook = @Sendable (MemoryConnector, ChangesRequest) async throws -> any ChangeReader
    typealias WriteHook = @Sendable (MemoryConnector, WriteSessionRequest) async throws -> any WriteSession

    static let changes: [BrokenPromise] = [
        BrokenPromise("no-gap-no-overlap", "says a position too late") {
            $0.onSnapshot = { _, snapshot in
                var bent = BentSnapshot(snapshot)
                bent.position = Position(order: snapshot.position.order + 1)
                return bent
            }
        },
        BrokenPromise("no-gap-no-overlap", "says a position too early") {
            $0.onSnapshot = { _, snapshot in
                var bent = BentSnapshot(snapshot)
                bent.position = Position(order: max(1, snapshot.position.order) - 1)
                return bent
            }
        },
        BrokenPromise("transactions-come-whole-and-in-order", "drops the last change of a chunk") {
            $0.onChanges = chunks { chunk, _ in [chunk.mappingRows { Array($0.dropLast()) }] }
        },
        BrokenPromise("transactions-come-whole-and-in-order", "gives a chunk twice") {
            $0.onChanges = chunks { chunk, _ in [chunk, chunk] }
        },
        BrokenPromise("transactions-come-whole-and-in-order", "gives changes in another order") {
            $0.onChanges = chunks { chunk, _ in [chunk.mappingRows { $0.reversed() }] }
        },
        BrokenPromise("every-position-can-be-resumed-from", "says a position inside a transaction") {
            $0.onChanges = chunks { chunk, previous in
                var chunk = chunk
                chunk.position = chunk.position ?? Position(order: previous.order + 1)
                return [chunk]
            }
        },
        BrokenPromise("reading-ends-where-asked", "reads to the end of all") {
            $0.onChanges = { base, request in
                var request = request
                request.upTo = nil
                return try await base.changes(request)
            }
        },
        BrokenPromise("reading-ends-where-asked", "leaves the last transaction out") {
            $0.onChanges = { base, request in
                var request = request
                request.upTo = request.upTo.map { Position(order: max(1, $0.order) - 1) }
                return try await base.changes(request)
            }
        },
        BrokenPromise("reader-goes-on-after-quiet", "ends when there is nothing more") {
            $0.onChanges = { base, request in
                BentReader(try await base.changes(request), after: request.after, endsWhenQuiet: true)
            }
        },
        BrokenPromise("same-question-same-answer", "releases what it has shown") {
            $0.onChanges = { base, request in
                BentReader(
                    try await base.changes(request), after: request.after, onQuiet: { try await base.release($0) })
            }
        },
        BrokenPromise("own-writes-stay-silent", "reports what the engine wrote") {
            $0.onWrite = { base, request in
                let store = base.store
                var session = BentSession(try await base.write(request))
                session.onCommit = { session, checkpoint in
                    try await session.commit(checkpoint)
                    try store.transaction { transaction in
                        for record in transaction.records(MemoryConformance.entity) {
                            let key = ["id": record["id"] ?? .null]
                            try transaction.update(MemoryConformance.entity, key: key, set: key)
                        }
                    }
                }
                return session
            }
        },
        BrokenPromise("released-history-is-lost-loudly", "skips what was released") {
            $0.onChanges = { base, request in
                var request = request
                for _ in 0..<100 {
                    do {
                        return try await base.changes(request)
                    } catch let error as ConnectorError where error.code == .historyLost {
                        request.after = Position(order: request.after.order + 1)
                    }
                }
                return try await base.changes(request)
            }
        },
    ]

    static let writing: [BrokenPromise] = [
        BrokenPromise("checkpoint-commits-with-the-data", "stores the checkpoint in a transaction of its own") {
            $0.onWrite = { base, request in
                var session = BentSession(try await base.write(request))
                session.onCommit = { session, checkpoint in
                    try await session.commit(nil)
                    // What a crash between the two commits does.
                    throw ConnectorError(.unreachable, doing: "committing", message: "the connection broke", hint: "")
                }
                return session
            }
        },
        BrokenPromise("checkpoint-commits-with-the-data", "commits instead of rolling back") {
            $0.onWrite = session { $0.onRollback = { try? await $0.commit(Position(order: 99)) } }
        },
        BrokenPromise("checkpoint-commits-with-the-data", "forgets the token of a checkpoint") {
            $0.onWrite = session { bent in
                bent.onCommit = { try await $0.commit($1.map { Position(order: $0.order) }) }
            }
        },
        BrokenPromise("lanes-are-apart", "has one checkpoint for all lanes") {
            $0.onWrite = { base, _ in try await base.write(WriteSessionRequest(lane: "one")) }
        },
        BrokenPromise("lanes-are-apart", "forgets all lanes") {
            $0.onForget = { try await $0.forgetCheckpoints(lanes: $1 + ["two"]) }
        },
        BrokenPromise("uncommitted-writes-are-not-seen", "commits each batch") {
            $0.onWrite = session { bent in
                bent.onApply = { session, batch in
                    let result = try await session.apply(batch)
                    try await session.commit(nil)
                    return result
                }
            }
        },
        BrokenPromise("revert-goes-back-to-the-mark", "does not go back") {
            $0.onWrite = session { $0.onRevert = { _ in } }
        },
        BrokenPromise("revert-goes-back-to-the-mark", "goes back to the beginning") {
            $0.onWrite = session { $0.onRevert = { await $0.rollback() } }
        },
        BrokenPromise("look-ups-see-the-open-transaction", "looks at what is committed") {
            $0.onWrite = lookUps { base, _, request in
                let reader = try await base.query(
                    QueryRequest(entity: request.entity, fields: request.fields, keys: request.keys))
                return try await reader.next() ?? RowBatch(columnCount: request.fields.count)
            }
        },
        BrokenPromise("look-ups-begin-nothing", "begins a transaction that sees nothing of later commits") {
            $0.onWrite = { base, request in
                var bent = BentSession(try await base.write(request))
                let other = MemoryConnector(base.store)
                let first = try await other.snapshot(SnapshotRequest(purpose: .read))
                bent.onLookUp = { _, request in
                    let reader = try await first.read(ReadRequest(entity: request.entity, fields: request.fields))
                    return try await reader.next() ?? RowBatch(columnCount: request.fields.count)
                }
                return bent
            }
        },
        BrokenPromise("look-ups-find-by-any-field", "ignores the limit") {
            $0.onWrite = lookUps { _, session, request in
                var request = request
                request.limit = 100
                return try await session.lookUp(request)
            }
        },
        BrokenPromise("rejected-records-stop-themselves-only", "gives the batch up") {
            $0.onWrite = session { bent in
                bent.onApply = { session, batch in
                    let result = try await session.apply(batch)
                    if !result.exceptions.isEmpty { await session.rollback() }
                    return result
                }
            }
        },
        BrokenPromise("insert-outcomes", "does not name conflicts") { $0.onWrite = results { $0.exceptions = [] } },
        BrokenPromise("insert-outcomes-when-loading", "counts all records as changed") {
            $0.onWrite = results { $0.changedCount += 1 }
        },
        BrokenPromise("update-outcomes", "overwrites without looking") {
            $0.onWrite = imagesBefore { _ in .unchanged }
        },
        BrokenPromise("delete-outcomes", "deletes without looking") { $0.onWrite = imagesBefore { _ in .unchanged } },
        BrokenPromise("update-outcomes", "does not say what is there now") {
            $0.onWrite = results { $0.current.removeAll() }
        },
    ]

    // MARK: Hooks

    static func chunks(_ map: @escaping @Sendable (ChangeChunk, Position) -> [ChangeChunk]) -> ChangesHook {
        { base, request in BentReader(try await base.changes(request), after: request.after, onChunk: map) }
    }

    static func session(_ bend: @escaping @Sendable (inout BentSession) -> Void) -> WriteHook {
        { base, request in
            var session = BentSession(try await base.write(request))
            bend(&session)
            return session
        }
    }

    static func lookUps(
        _ lookUp: @escaping @Sendable (MemoryConnector, any WriteSession, LookUpRequest) async throws -> RowBatch
    ) -> WriteHook {
        { base, request in
            var session = BentSession(try await base.write(request))
            session.onLookUp = { try await lookUp(base, $0, $1) }
            return session
        }
    }

    static func results(_ change: @escaping @Sendable (inout WriteResult) -> Void) -> WriteHook {
        session { bent in
            bent.onApply = { session, batch in
                var result = try await session.apply(batch)
                change(&result)
                return result
            }
        }
    }

    /// Changes what is written, both images.
    static func mapping(_ map: @escaping @Sendable ([Value]) -> [Value]) -> WriteHook {
        session { bent in bent.onApply = { try await $0.apply($1.mappingRows(map)) } }
    }

    /// Changes all but the key of the images before.
    static func imagesBefore(_ map: @escaping @Sendable (Value) -> Value) -> WriteHook {
        session { bent in
            bent.onApply = { session, batch in
                try await session.apply(
                    batch.mappingRows { row in
                        row.enumerated().map { $0 > 0 && $0 < row.count / 2 ? map($1) : $1 }
                    })
            }
        }
    }
}

extension WriteBatch {
    fileprivate func mappingRows(_ map: ([Value]) -> [Value]) -> WriteBatch {
        var copy = self
        copy.rows = RowBatch(columnCount: rows.columnCount)
        for row in 0..<rows.rowCount { copy.rows.appendRow(map(rows.values(row: row))) }
        return copy
    }
}

extension ChangeChunk {
    /// The same chunk with other rows: their numbers, in the order wanted.
    func mappingRows(_ map: ([Int]) -> [Int]) -> ChangeChunk {
        var copy = self
        copy.entities = entities.map { part in
            var mapped = EntityChanges(entity: part.entity, fields: part.fields)
            for (ordinal, row) in map(Array(0..<part.rows.rowCount)).enumerated() {
                mapped.rows.appendRow(row, from: part.rows)
                mapped.operations.append(part.operations[row])
                mapped.ordinals.append(UInt32(ordinal))
            }
            return mapped
        }
        return copy
    }

    func mappingValues(_ map: (Value) -> Value) -> ChangeChunk {
        var copy = self
        for index in copy.entities.indices {
            let rows = copy.entities[index].rows
            var mapped = RowBatch(columnCount: rows.columnCount)
            for row in 0..<rows.rowCount { mapped.appendRow(rows.values(row: row).map(map)) }
            copy.entities[index].rows = mapped
        }
        return copy
    }
}
