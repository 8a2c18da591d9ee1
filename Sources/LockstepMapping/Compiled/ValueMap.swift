import LockstepModel

/// A value map in one direction: what each listed source value becomes.
struct ValueMap: Sendable {
    /// By the source value's key bytes, so that 1 and 1.0 are one value.
    private var targets: [[UInt8]: Value] = [:]

    /// Whether the value was new.
    mutating func insert(_ source: Value, _ target: Value) -> Bool {
        targets.updateValue(target, forKey: Self.key(source)) == nil
    }

    func target(of cell: Cell, in batch: RowBatch) -> Value? {
        var key: [UInt8] = []
        KeyEncoder.append(cell, in: batch, to: &key)
        return targets[key]
    }

    func target(of value: Value) -> Value? { targets[Self.key(value)] }

    static func key(_ value: Value) -> [UInt8] {
        var batch = RowBatch(columnCount: 1)
        batch.append(value)
        return KeyEncoder.encode(batch, row: 0, columns: CollectionOfOne(0))
    }
}
