import LockstepModel

/// Values of a field that stand for null, because the store has no null there or people do not use it.
struct Sentinels: Sendable {
    /// What null becomes on the way to the field.
    let first: Value
    private let type: ValueType
    /// Of types whose number stands in the cell itself.
    private let numbers: [UInt64]
    /// Of all others: their key bytes, so that 0 and 0.00 are one value.
    private let keys: [[UInt8]]

    /// Nil where there are none.
    init?(_ values: [Value]) {
        guard let first = values.first, let type = first.type else { return nil }
        self.first = first
        self.type = type
        let batches = values.map { value in
            var batch = RowBatch(columnCount: 1)
            batch.append(value)
            return batch
        }
        let isOnHeap = Cell.Kind(type).isOnHeap
        numbers = isOnHeap ? [] : batches.map { $0[0, 0].bits }
        keys = isOnHeap ? values.map { ValueMap.key($0) } : []
    }

    func contains(_ cell: Cell, in batch: RowBatch) -> Bool {
        guard cell.kind == Cell.Kind(type) else { return false }
        if numbers.contains(cell.bits) { return true }
        guard !keys.isEmpty else { return false }
        var key: [UInt8] = []
        KeyEncoder.append(cell, in: batch, to: &key)
        return keys.contains(key)
    }

    func contains(_ value: Value) -> Bool {
        var batch = RowBatch(columnCount: 1)
        batch.append(value)
        return contains(batch[0, 0], in: batch)
    }
}
