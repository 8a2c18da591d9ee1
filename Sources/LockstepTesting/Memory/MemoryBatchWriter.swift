import ConnectorKit
import LockstepModel

/// Applies one batch record by record, as the contract of ``WriteBatch`` says.
struct MemoryBatchWriter {
    private let batch: WriteBatch
    private let columns: [Int]
    private let readColumns: [Int]
    private var result: WriteResult

    init(_ batch: WriteBatch, _ transaction: inout MemoryTransaction) throws {
        var shown = MemoryStore.State()
        shown.database = transaction.database
        self.batch = batch
        columns = try shown.columns(batch.fields, of: batch.entity, "writing")
        readColumns = try shown.columns(batch.readFields, of: batch.entity, "writing")
        result = WriteResult(
            changedCount: 0, exceptions: [], current: RowBatch(columnCount: max(1, readColumns.count)))
    }

    consuming func write(_ transaction: inout MemoryTransaction) throws -> WriteResult {
        for row in 0..<batch.rows.rowCount {
            let mark = transaction.steps.count
            do throws(MemoryRefusal) {
                if let outcome = try apply(row, &transaction) {
                    result.exceptions.append(WriteException(row: row, outcome: outcome))
                }
            } catch {
                transaction.undo(to: mark)
                result.exceptions.append(WriteException(row: row, outcome: .rejected(error.rejection)))
            }
        }
        return result
    }

    private mutating func apply(
        _ row: Int, _ transaction: inout MemoryTransaction
    ) throws(MemoryRefusal) -> WriteException.Outcome? {
        let before = (0..<columns.count).map { batch.rows.value(row, $0) }
        let after = (0..<columns.count).map { batch.rows.value(row, $0 + columns.count) }
        switch batch.operations[row] {
        case .insert: return try insert(after, &transaction)
        case .update: return try update(before, after, &transaction)
        case .delete: return try delete(before, &transaction)
        case .truncate: throw MemoryRefusal(.other, nil, "a batch never truncates")
        }
    }

    private mutating func insert(
        _ after: [Value], _ transaction: inout MemoryTransaction
    ) throws(MemoryRefusal) -> WriteException.Outcome? {
        if let number = find(after, transaction) {
            let given = columns.indices.filter { after[$0] != .unchanged }
            if given.allSatisfy({ holds(transaction, number, $0, after[$0]) }) { return nil }
            return .exists(current: report(transaction, number))
        }
        var record: [String: Value] = [:]
        for (field, value) in zip(batch.fields, after) where value != .unchanged { record[field] = value }
        try transaction.insertRecord(batch.entity, record, maker: .writer, depth: 0)
        result.changedCount += 1
        return nil
    }

    private mutating func update(
        _ before: [Value], _ after: [Value], _ transaction: inout MemoryTransaction
    ) throws(MemoryRefusal) -> WriteException.Outcome? {
        guard let number = find(before, transaction) else { return .missing }
        let changed = columns.indices.filter {
            after[$0] != .unchanged && !MemoryValueRules.agree(before[$0], after[$0])
        }
        for index in changed where before[index] != .unchanged {
            if holds(transaction, number, index, before[index]) || holds(transaction, number, index, after[index]) {
                continue
            }
            return .differs(current: report(transaction, number))
        }
        let missing = changed.filter { !holds(transaction, number, $0, after[$0]) }
        if missing.isEmpty { return nil }
        var set: [String: Value] = [:]
        for index in missing { set[batch.fields[index]] = after[index] }
        try transaction.updateRecord(batch.entity, number, set: set, maker: .writer, depth: 0)
        result.changedCount += 1
        return nil
    }

    private mutating func delete(
        _ before: [Value], _ transaction: inout MemoryTransaction
    ) throws(MemoryRefusal) -> WriteException.Outcome? {
        guard let number = find(before, transaction) else { return nil }
        let given = columns.indices.filter { before[$0] != .unchanged }
        guard given.allSatisfy({ holds(transaction, number, $0, before[$0]) }) else {
            return .differs(current: report(transaction, number))
        }
        try transaction.deleteRecord(batch.entity, number, maker: .writer, depth: 0)
        result.changedCount += 1
        return nil
    }

    /// The record under the batch's key; a key that its fields cannot hold is no record's.
    private func find(_ image: [Value], _ transaction: MemoryTransaction) -> UInt64? {
        guard let table = transaction.database.tables[batch.entity] else { return nil }
        let keyColumns = batch.key.map { columns[$0] }
        var values: [Value] = []
        for index in batch.key {
            guard let value = try? MemoryValueRules.stored(image[index], in: table.description.fields[columns[index]])
            else { return nil }
            values.append(value)
        }
        return table.find(columns: keyColumns, values: values)
    }

    /// Whether a record holds what the field would make of a value.
    private func holds(_ transaction: MemoryTransaction, _ number: UInt64, _ index: Int, _ value: Value) -> Bool {
        let column = columns[index]
        guard let table = transaction.database.tables[batch.entity], let row = table.rows[number],
            let stored = try? MemoryValueRules.stored(value, in: table.description.fields[column])
        else { return false }
        return MemoryValueRules.agree(row[column], stored)
    }

    private mutating func report(_ transaction: MemoryTransaction, _ number: UInt64) -> Int {
        let row = transaction.database.tables[batch.entity]?.rows[number] ?? []
        for column in readColumns { result.current.append(row[column]) }
        if readColumns.isEmpty { result.current.appendNull() }
        return result.current.rowCount - 1
    }
}
