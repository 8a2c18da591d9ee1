internal import LockstepModel

/// Picks columns of a batch, in each half of its rows.
struct Projection: Sendable {
    let indexes: [Int]
    private let isIdentity: Bool
    private let sourceWidth: Int

    /// - Precondition: every wanted field is among the given ones.
    init(from given: [String], to wanted: [String]) {
        indexes = wanted.map { field in
            guard let index = given.firstIndex(of: field) else {
                preconditionFailure("field \(field) is not among the fields that were read")
            }
            return index
        }
        isIdentity = indexes == Array(given.indices)
        sourceWidth = given.count
    }

    /// Rows with the wanted columns only; of change rows (twice as wide) in both halves.
    func callAsFunction(_ batch: RowBatch) -> RowBatch {
        if isIdentity { return batch }
        let halves = batch.columnCount / sourceWidth
        var result = RowBatch(
            columnCount: indexes.count * halves, reservingRows: batch.rowCount, heapBytes: batch.byteCount / 2)
        for row in 0..<batch.rowCount {
            for half in 0..<halves {
                for index in indexes { result.append(batch[row, half * sourceWidth + index], from: batch) }
            }
        }
        return result
    }

    /// The wanted ones of one row's values.
    func callAsFunction(_ values: [Value]) -> [Value] { indexes.map { values[$0] } }
}

extension RowBatch {
    /// A batch of one row.
    init(row values: [Value]) {
        self.init(columnCount: values.count, reservingRows: 1)
        appendRow(values)
    }

    /// A part of one row's values.
    func values(row: Int, columns: Range<Int>) -> [Value] { columns.map { value(row, $0) } }
}

extension Value {
    /// Equal as the engine means it everywhere (``RowBatch/areEqual(_:in:_:in:)``).
    func isSame(as other: Value) -> Bool {
        if self == other { return true }
        let left = RowBatch(row: [self])
        let right = RowBatch(row: [other])
        return RowBatch.areEqual(left[0, 0], in: left, right[0, 0], in: right)
    }
}
