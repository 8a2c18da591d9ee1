extension RowBatch {
    /// Whether two cells hold the same value, as the engine means it everywhere: null equals null, NaN equals NaN,
    /// -0 equals 0, decimals are compared as numbers and JSON as JSON; everything else byte for byte. An integer and a
    /// decimal of the same number are equal. `unchanged` and `invalid` equal only themselves.
    public static func areEqual(
        _ left: Cell, in leftBatch: borrowing RowBatch, _ right: Cell, in rightBatch: borrowing RowBatch
    )
        -> Bool
    {
        if left.kind != right.kind { return areEqualAcrossKinds(left, in: leftBatch, right, in: rightBatch) }
        switch left.kind {
        case .null, .unchanged: return true
        case .bool, .int64, .date, .time, .timestamp, .instant: return left.bits == right.bits
        case .float64:
            return left.bits == right.bits || left.float64 == right.float64
                || (left.float64.isNaN && right.float64.isNaN)
        case .text, .bytes, .uuid, .invalid:
            guard left.length == right.length else { return false }
            return haveSameBytes(left, in: leftBatch, right, in: rightBatch)
        case .decimal:
            return haveSameBytes(left, in: leftBatch, right, in: rightBatch)
                || DecimalText.areEqual(leftBatch.bytes(of: left), rightBatch.bytes(of: right))
        case .json:
            return haveSameBytes(left, in: leftBatch, right, in: rightBatch)
                || JSONText.areEqual(leftBatch.bytes(of: left), rightBatch.bytes(of: right))
        }
    }

    @inline(__always)
    private static func haveSameBytes(
        _ left: Cell, in leftBatch: borrowing RowBatch, _ right: Cell, in rightBatch: borrowing RowBatch
    ) -> Bool {
        guard left.length == right.length else { return false }
        return leftBatch.heapStorage.withUnsafeBytes { leftHeap in
            rightBatch.heapStorage.withUnsafeBytes { rightHeap in
                ByteText.areEqual(
                    UnsafeRawBufferPointer(rebasing: leftHeap[Int(left.bits)..<Int(left.bits) + Int(left.length)]),
                    UnsafeRawBufferPointer(rebasing: rightHeap[Int(right.bits)..<Int(right.bits) + Int(right.length)]))
            }
        }
    }

    private static func areEqualAcrossKinds(
        _ left: Cell, in leftBatch: borrowing RowBatch, _ right: Cell, in rightBatch: borrowing RowBatch
    ) -> Bool {
        switch (left.kind, right.kind) {
        case (.int64, .decimal):
            return DecimalText.areEqual(Array(String(left.integer).utf8), rightBatch.bytes(of: right))
        case (.decimal, .int64):
            return DecimalText.areEqual(leftBatch.bytes(of: left), Array(String(right.integer).utf8))
        default:
            return false
        }
    }
}
