internal import ConnectorKit
internal import LockstepModel

/// A write session that writes nothing: it looks at the store's records and says what a real one would have answered.
/// What it would have written before in the same plan it remembers, within a bound.
actor PlanningSession: WriteSession {
    private let connector: any Connector
    private let store: String
    private let recorder: PlanRecorder
    /// By entity and key: the record as the plan would have left it; nil for a record that it would have deleted.
    private var written: [String: [[UInt8]: [String: Value]?]] = [:]
    private var writtenCount = 0
    /// By entity: the fields that its records are remembered by.
    private var keyFields: [String: [String]] = [:]

    /// Records that are remembered; beyond it, a second change of one record may be shown as a conflict.
    static let rememberedRecords = 100_000

    init(connector: any Connector, store: String, recorder: PlanRecorder) {
        self.connector = connector
        self.store = store
        self.recorder = recorder
    }

    func apply(_ batch: WriteBatch) async throws -> WriteResult {
        var result = WriteResult(
            changedCount: 0, exceptions: [], current: RowBatch(columnCount: batch.readFields.count))
        let found = try await currentRecords(batch)
        for row in batch.operations.indices {
            apply(batch, row, found: found, &result)
        }
        return result
    }

    private func keyOffset(_ batch: WriteBatch, _ row: Int) -> Int {
        batch.operations[row] == .insert ? batch.fields.count : 0
    }

    private func key(_ batch: WriteBatch, _ row: Int) -> [UInt8] {
        let offset = keyOffset(batch, row)
        return KeyEncoder.encode(batch.rows, row: row, columns: batch.key.map { $0 + offset })
    }

    private func currentRecords(_ batch: WriteBatch) async throws -> [[UInt8]: [String: Value]] {
        let keyFields = batch.key.map { batch.fields[$0] }
        var keys = RowBatch(columnCount: keyFields.count, reservingRows: batch.operations.count)
        for row in batch.operations.indices {
            let offset = keyOffset(batch, row)
            for column in batch.key { keys.append(batch.rows[row, column + offset], from: batch.rows) }
        }
        let fields = batch.fields + batch.readFields.filter { !batch.fields.contains($0) }
        let reader = try await connector.query(
            QueryRequest(entity: batch.entity, fields: fields, keys: KeySelection(fields: keyFields, rows: keys)))
        var found: [[UInt8]: [String: Value]] = [:]
        do {
            while let rows = try await reader.next() {
                for row in 0..<rows.rowCount {
                    let key = KeyEncoder.encode(rows, row: row, columns: batch.key)
                    found[key] = Dictionary(
                        uniqueKeysWithValues: fields.indices.map { (fields[$0], rows.value(row, $0)) })
                }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return found
    }

    private func apply(
        _ batch: WriteBatch, _ row: Int, found: [[UInt8]: [String: Value]], _ result: inout WriteResult
    ) {
        let width = batch.fields.count
        let key = key(batch, row)
        let current = written[batch.entity]?[key] ?? found[key]
        let before = batch.rows.values(row: row, columns: 0..<width)
        let after = batch.rows.values(row: row, columns: width..<2 * width)
        switch batch.operations[row] {
        case .insert:
            guard let current else { return write(batch, row, key, old: nil, new: after, &result) }
            let differs = batch.fields.indices.contains {
                after[$0] != .unchanged && !after[$0].isSame(as: current[batch.fields[$0]] ?? .null)
            }
            if differs { conflict(batch, row, current, &result) { .exists(current: $0) } }
        case .update:
            guard let current else {
                result.exceptions.append(WriteException(row: row, outcome: .missing))
                return
            }
            let changed = batch.fields.indices.filter {
                after[$0] != .unchanged && before[$0] != .unchanged && !after[$0].isSame(as: before[$0])
            }
            let holds = changed.map { current[batch.fields[$0]] ?? .null }
            if zip(changed, holds).contains(where: { !$1.isSame(as: before[$0]) && !$1.isSame(as: after[$0]) }) {
                conflict(batch, row, current, &result) { .differs(current: $0) }
            } else if zip(changed, holds).contains(where: { !$1.isSame(as: after[$0]) }) {
                write(batch, row, key, old: current, new: after, &result)
            }
        case .delete:
            guard let current else { return }
            let differs = batch.fields.indices.contains {
                before[$0] != .unchanged && !before[$0].isSame(as: current[batch.fields[$0]] ?? .null)
            }
            if differs {
                conflict(batch, row, current, &result) { .differs(current: $0) }
            } else {
                write(batch, row, key, old: current, new: nil, &result)
            }
        case .truncate: break
        }
    }

    private func conflict(
        _ batch: WriteBatch, _ row: Int, _ current: [String: Value], _ result: inout WriteResult,
        _ outcome: (Int) -> WriteException.Outcome
    ) {
        let index = result.current.rowCount
        result.current.appendRow(batch.readFields.map { current[$0] ?? .null })
        result.exceptions.append(WriteException(row: row, outcome: outcome(index)))
    }

    private func write(
        _ batch: WriteBatch, _ row: Int, _ key: [UInt8], old: [String: Value]?, new: [Value]?,
        _ result: inout WriteResult
    ) {
        result.changedCount += 1
        var record = old ?? [:]
        for (field, value) in zip(batch.fields, new ?? []) where value != .unchanged { record[field] = value }
        recorder.note(entity: batch.entity, sample(batch, key, old: old, new: new == nil ? nil : record), store: store)
        guard writtenCount < Self.rememberedRecords else { return }
        writtenCount += 1
        keyFields[batch.entity] = batch.key.map { batch.fields[$0] }
        written[batch.entity, default: [:]][key] = .some(new == nil ? nil : record)
    }

    private func sample(
        _ batch: WriteBatch, _ key: [UInt8], old: [String: Value]?, new: [String: Value]?
    ) -> PlanSample {
        let keyFields = batch.key.map { batch.fields[$0] }
        let shown = new ?? old ?? [:]
        let text = keyFields.map { "\($0)=\((shown[$0] ?? .null).displayText)" }.joined(separator: ", ")
        let action = old == nil ? "insert" : (new == nil ? "delete" : "update")
        var details: [String] = []
        if let old, let new {
            for field in batch.fields {
                let (before, after) = (old[field] ?? .null, new[field] ?? .null)
                if !before.isSame(as: after) {
                    details.append("\(field): \(before.displayText) -> \(after.displayText)")
                }
            }
        }
        return PlanSample(action: action, store: store, key: text, details: details)
    }

    /// The store's records, and over them what the plan has written. A field that the plan's insert leaves to the store is
    /// `unchanged`.
    func lookUp(_ request: LookUpRequest) async throws -> RowBatch {
        let remembered = written[request.entity] ?? [:]
        let identity = keyFields[request.entity] ?? []
        let fields = request.fields + (request.keys.fields + identity).filter { !request.fields.contains($0) }
        let wanted = Set(
            request.keys.rows.rowIndexes.map {
                KeyEncoder.encode(request.keys.rows, row: $0, columns: request.keys.fields.indices)
            })
        var found = RowBatch(columnCount: request.fields.count)
        func show(_ record: [String: Value]) {
            let values = request.keys.fields.map { record[$0] ?? .unchanged }
            guard found.rowCount < request.limit, wanted.contains(KeyEncoder.encode(values)) else { return }
            found.appendRow(request.fields.map { record[$0] ?? .unchanged })
        }
        var shown: Set<[UInt8]> = []
        let reader = try await connector.query(
            QueryRequest(entity: request.entity, fields: fields, keys: request.keys, limit: request.limit))
        do {
            while let rows = try await reader.next() {
                for row in rows.rowIndexes {
                    let record = Dictionary(
                        uniqueKeysWithValues: fields.indices.map { (fields[$0], rows.value(row, $0)) })
                    let key = KeyEncoder.encode(identity.map { record[$0] ?? .null })
                    guard let after = remembered[key] else {
                        show(record)
                        continue
                    }
                    shown.insert(key)
                    if let after { show(record.merging(after) { $1 }) }
                }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        for (key, record) in remembered where !shown.contains(key) {
            if let record { show(record) }
        }
        return found
    }

    func mark() async throws {}
    func revert() async throws {
        written = [:]
        keyFields = [:]
        writtenCount = 0
    }
    func commit(_ checkpoint: Position?) async throws {}
    func rollback() async {}
    func close() async {}
}

extension RowBatch {
    fileprivate var rowIndexes: Range<Int> { 0..<rowCount }
}

extension KeyEncoder {
    fileprivate static func encode(_ values: [Value]) -> [UInt8] {
        guard !values.isEmpty else { return [] }
        var batch = RowBatch(columnCount: values.count)
        batch.appendRow(values)
        return encode(batch, row: 0, columns: values.indices)
    }
}
