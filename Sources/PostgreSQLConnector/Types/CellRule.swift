import ConnectorKit
import LockstepModel

/// What decides quickly, and without strings, whether a column surely holds a cell exactly: made once per batch and
/// column. Where it does not say so, ``CellCheck`` looks closely and has the reason.
struct CellRule {
    private let codec: Codec
    /// Characters that fit; as text has at least as many bytes as characters, so many bytes fit surely.
    private let maximumLength: UInt32
    /// Digits of a `numeric(p,s)` before and after the point.
    private let integerDigits: Int
    private let scale: Int
    private let timeStep: Int64

    /// Longer decimals are looked at closely.
    private static let largestPlainDecimal: UInt32 = 40

    init(_ column: Column) {
        codec = column.codec
        maximumLength = column.maximumLength.map { UInt32(clamping: $0) } ?? .max
        if let precision = column.precision, let scale = column.scale {
            (integerDigits, self.scale) = (precision - scale, scale)
        } else {
            (integerDigits, scale) = (Int(Self.largestPlainDecimal), Int(Self.largestPlainDecimal))
        }
        timeStep = column.timeStep ?? 1
    }

    /// True only where the column surely stores the cell exactly.
    @inline(__always)
    func surelyStores(_ cell: Cell, _ heap: UnsafeRawBufferPointer) -> Bool {
        switch (codec, cell.kind) {
        case (_, .null): true
        case (.bool, .bool), (.int64, .int64), (.float64, .float64), (.bytes, .bytes), (.uuid, .uuid), (.date, .date):
            true
        case (.time, .time), (.timestamp, .timestamp), (.instant, .instant):
            timeStep == 1 || cell.integer % timeStep == 0
        case (.int16, .int64): cell.integer == Int64(Int16(truncatingIfNeeded: cell.integer))
        case (.int32, .int64): cell.integer == Int64(Int32(truncatingIfNeeded: cell.integer))
        case (.text, .text), (.json, .json), (.jsonb, .json):
            cell.length <= maximumLength && !holdsZero(cell, heap)
        case (.numeric, .decimal): cell.length <= Self.largestPlainDecimal && isPlainDecimal(cell, heap)
        default: false
        }
    }

    @inline(__always)
    private func holdsZero(_ cell: Cell, _ heap: UnsafeRawBufferPointer) -> Bool {
        for index in Int(cell.bits)..<Int(cell.bits) + Int(cell.length) where heap[index] == 0 { return true }
        return false
    }

    /// An optional sign, digits, and an optional point among them, within the column's digits as they are written.
    @inline(__always)
    private func isPlainDecimal(_ cell: Cell, _ heap: UnsafeRawBufferPointer) -> Bool {
        var index = Int(cell.bits)
        let end = index + Int(cell.length)
        if index < end, heap[index] == 45 { index += 1 }
        let start = index
        while index < end, heap[index] &- 48 < 10 { index += 1 }
        let integers = index - start
        guard integers > 0, integers <= integerDigits || (integers == 1 && heap[start] == 48) else { return false }
        if index == end { return true }
        guard heap[index] == 46 else { return false }
        index += 1
        let point = index
        while index < end, heap[index] &- 48 < 10 { index += 1 }
        return index == end && index > point && index - point <= scale
    }
}
