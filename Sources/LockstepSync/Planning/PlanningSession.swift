internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// A write session that writes nothing: it looks at the store's records, and at what the same plan would have written
/// before, and says what a real one would have answered.
actor PlanningSession: WriteSession {
    private let connector: any Connector
    private let store: String
    private let schema: StoreDescription
    private let world: PlanWorld
    /// By map: fields that may lead to records which come later.
    private let deferred: [String: Set<String>]

    init(
        connector: any Connector, store: String, schema: StoreDescription, world: PlanWorld,
        deferred: [String: Set<String>]
    ) {
        self.connector = connector
        self.store = store
        self.schema = schema
        self.world = world
        self.deferred = deferred
    }

    func apply(_ batch: WriteBatch) async throws -> WriteResult {
        let keyFields = batch.key.map { batch.fields[$0] }
        var planned = PlannedBatch(
            batch: batch, place: PlanWorld.Place(store: store, entity: batch.entity, keyFields: keyFields),
            foundFields: batch.fields + batch.readFields.filter { !batch.fields.contains($0) },
            found: try await currentRecords(batch, keyFields))
        for unique in uniqueKeys(batch, keyFields) {
            planned.uniques.append(
                (unique, try await holders(of: unique, batch, keyFields: keyFields)))
        }
        planned.unresolved = try await unresolved(batch)
        return try await world.apply(planned)
    }

    /// Rows whose references lead nowhere: neither in the store nor among what the plan would have written.
    private func unresolved(_ batch: WriteBatch) async throws -> Set<Int> {
        let paths = (connector as? ReferencingConnector)?.paths ?? [:]
        let references = PlannedReference.all(
            of: batch, paths: paths[batch.entity] ?? [], known: paths, deferred: deferred[batch.map] ?? [])
        var rows: Set<Int> = []
        for reference in references {
            let giving = batch.operations.indices.filter { reference.isGiven(batch, $0) }
            var keys = RowBatch(columnCount: reference.columns.count)
            var asked: Set<[UInt8]> = []
            for row in giving where asked.insert(reference.key(batch, row)).inserted {
                for column in reference.columns {
                    keys.append(batch.rows[row, column + batch.fields.count], from: batch.rows)
                }
            }
            guard !keys.isEmpty else { continue }
            let found = try await read(
                reference.entity, reference.fields, keys: KeySelection(fields: reference.fields, rows: keys))
            let known = Set(
                (0..<found.rowCount).map { KeyEncoder.encode(found, row: $0, columns: reference.columns.indices) })
            for row in giving where !known.contains(reference.key(batch, row)) {
                if try await !world.mayHold(reference, store: store, batch, row) { rows.insert(row) }
            }
        }
        return rows
    }

    /// The store's other unique keys whose values the batch gives.
    private func uniqueKeys(_ batch: WriteBatch, _ keyFields: [String]) -> [PlanWorld.UniqueKey] {
        (schema.entity(batch.entity)?.keys ?? []).compactMap { key in
            guard Set(key.fields) != Set(keyFields), key.fields.allSatisfy(batch.fields.contains) else { return nil }
            return PlanWorld.UniqueKey(name: key.name, fields: key.fields)
        }
    }

    private func currentRecords(_ batch: WriteBatch, _ keyFields: [String]) async throws -> RowBatch {
        var keys = RowBatch(columnCount: keyFields.count, reservingRows: batch.operations.count)
        for row in batch.operations.indices {
            let offset = batch.keyOffset(row)
            for column in batch.key { keys.append(batch.rows[row, column + offset], from: batch.rows) }
        }
        let fields = batch.fields + batch.readFields.filter { !batch.fields.contains($0) }
        return try await read(batch.entity, fields, keys: KeySelection(fields: keyFields, rows: keys))
    }

    /// Which records of the store hold the unique values that the batch gives, by value.
    private func holders(
        of unique: PlanWorld.UniqueKey, _ batch: WriteBatch, keyFields: [String]
    ) async throws -> [[UInt8]: PlannedBatch.Holder] {
        let columns = unique.fields.compactMap { batch.fields.firstIndex(of: $0) }
        var values = RowBatch(columnCount: columns.count)
        for row in batch.operations.indices where batch.gives(row, columns) {
            for column in columns {
                values.append(batch.rows[row, column + batch.fields.count], from: batch.rows)
            }
        }
        guard !values.isEmpty else { return [:] }
        let rows = try await read(
            batch.entity, unique.fields + keyFields, keys: KeySelection(fields: unique.fields, rows: values))
        var holders: [[UInt8]: PlannedBatch.Holder] = [:]
        for row in 0..<rows.rowCount {
            let value = KeyEncoder.encode(rows, row: row, columns: columns.indices)
            let keyColumns = columns.count..<columns.count + keyFields.count
            holders[value] = PlannedBatch.Holder(
                key: KeyEncoder.encode(rows, row: row, columns: keyColumns),
                keyText: PlanText.key(keyFields, keyColumns.map { rows.value(row, $0) }))
        }
        return holders
    }

    private func read(
        _ entity: String, _ fields: [String], keys: KeySelection, limit: Int? = nil
    ) async throws -> RowBatch {
        let reader = try await connector.query(
            QueryRequest(entity: entity, fields: fields, keys: keys, limit: limit))
        var found = RowBatch(columnCount: fields.count)
        do {
            while let rows = try await reader.next() {
                for row in 0..<rows.rowCount { found.appendRow(row, from: rows) }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return found
    }

    /// The store's records as they are: what a plan adds has no identity yet that anything could refer to.
    func lookUp(_ request: LookUpRequest) async throws -> RowBatch {
        try await read(request.entity, request.fields, keys: request.keys, limit: request.limit)
    }

    func mark() async throws { try await world.markChunk() }
    func revert() async throws { try await world.revertChunk() }
    func commit(_ checkpoint: Position?) async throws {}
    func rollback() async {}
    func close() async {}
}

extension WriteBatch {
    /// Where a row's key stands: inserts have no image before.
    func keyOffset(_ row: Int) -> Int { operations[row] == .insert ? fields.count : 0 }

    /// Whether a row gives all of these fields a value, and at least one of them another one than before.
    func gives(_ row: Int, _ columns: [Int]) -> Bool {
        let width = fields.count
        guard operations[row] == .insert || operations[row] == .update else { return false }
        guard columns.allSatisfy({ ![.null, .unchanged].contains(rows[row, width + $0].kind) }) else { return false }
        return operations[row] == .insert
            || columns.contains { !RowBatch.areEqual(rows[row, $0], in: rows, rows[row, width + $0], in: rows) }
    }
}
