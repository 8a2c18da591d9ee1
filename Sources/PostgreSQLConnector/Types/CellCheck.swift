import ConnectorKit
import LockstepModel

/// Whether a column holds a cell exactly. What PostgreSQL would round, cut or convert silently is refused here.
enum CellCheck {
    /// Nil where the cell can be sent as a value of the column's type, to be compared with.
    static func comparable(_ cell: Cell, in batch: borrowing RowBatch, _ column: Column) -> Rejection? {
        if cell.kind == .null || cell.kind == .unchanged { return nil }
        switch (column.codec, cell.kind) {
        case (.bool, .bool), (.int64, .int64), (.float64, .float64), (.bytes, .bytes), (.uuid, .uuid),
            (.date, .date), (.time, .time), (.timestamp, .timestamp), (.instant, .instant), (.numeric, .int64):
            return nil
        case (.text, .text), (.paddedText, .text), (.foreign, .text), (.json, .json), (.jsonb, .json):
            let hasZero = batch.withBytes(of: cell) { $0.contains(0) }
            return hasZero ? refuse(.outOfRange, column, "text here cannot hold the character U+0000") : nil
        case (.int16, .int64):
            return Int16(exactly: cell.integer) == nil ? refuse(.outOfRange, column, "the number is too large") : nil
        case (.int32, .int64):
            return Int32(exactly: cell.integer) == nil ? refuse(.outOfRange, column, "the number is too large") : nil
        case (.float32, .float64):
            let isExact = cell.float64.isNaN || Double(Float(cell.float64)) == cell.float64
            return isExact ? nil : refuse(.outOfRange, column, "a 32-bit float would round the number")
        case (.numeric, .decimal):
            var scratch: [UInt8] = []
            let isNumeric = batch.withBytes(of: cell) { NumericFormat.append($0, to: &scratch) }
            return isNumeric ? nil : refuse(.wrongType, column, "the text is no number that the field can hold")
        default:
            return refuse(.wrongType, column, "a field of type \(column.nativeType) cannot hold such a value")
        }
    }

    /// Nil where the column stores the cell exactly.
    static func storable(_ cell: Cell, in batch: borrowing RowBatch, _ column: Column) -> Rejection? {
        if let refusal = comparable(cell, in: batch, column) { return refusal }
        if let maximum = column.maximumLength, cell.kind == .text {
            // Characters, not bytes: everything but UTF-8's continuation bytes counts.
            let isTooLong =
                cell.length > maximum
                && batch.withBytes(of: cell) { bytes in
                    bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } > maximum
                }
            if isTooLong { return refuse(.outOfRange, column, "the text is longer than \(maximum) characters") }
        }
        if let scale = column.scale, let precision = column.precision, cell.kind == .decimal || cell.kind == .int64 {
            let text = cell.kind == .int64 ? Array(String(cell.integer).utf8)[...] : batch.bytes(of: cell)
            guard let parts = DecimalText.parts(text) else { return nil }
            let isInfinite = parts.kind == .positiveInfinity || parts.kind == .negativeInfinity
            if isInfinite || parts.digits.count - parts.exponent > scale || parts.integerDigits > precision - scale {
                if parts.kind != .notANumber && !(parts.kind == .finite && parts.digits.isEmpty) {
                    return refuse(.outOfRange, column, "numeric(\(precision),\(scale)) would round or overflow")
                }
            }
        }
        if let step = column.timeStep, cell.kind == .time || cell.kind == .timestamp || cell.kind == .instant,
            cell.integer % step != 0
        {
            return refuse(.outOfRange, column, "\(column.nativeType) would round the time")
        }
        return nil
    }

    private static func refuse(_ cause: Rejection.Cause, _ column: Column, _ message: String) -> Rejection {
        Rejection(cause: cause, constraint: column.name, message: message)
    }
}
