import ConnectorKit
import LockstepModel

/// Cells in PostgreSQL's binary forms, each behind its length, as COPY and arrays take them.
enum CellEncoder {
    @inline(__always)
    static func put<Number: FixedWidthInteger>(_ number: Number, to buffer: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { buffer.append(contentsOf: $0) }
    }

    /// Appends length and bytes; null for null and `unchanged`. The cell must have passed ``CellCheck``.
    @inline(__always)
    static func append(_ cell: Cell, in batch: borrowing RowBatch, _ codec: Codec, to buffer: inout [UInt8]) {
        if cell.kind == .null || cell.kind == .unchanged { return put(Int32(-1), to: &buffer) }
        switch codec {
        case .bool:
            put(Int32(1), to: &buffer)
            buffer.append(UInt8(truncatingIfNeeded: cell.bits))
        case .int16:
            put(Int32(2), to: &buffer)
            put(Int16(truncatingIfNeeded: cell.integer), to: &buffer)
        case .int32:
            put(Int32(4), to: &buffer)
            put(Int32(truncatingIfNeeded: cell.integer), to: &buffer)
        case .int64, .time: eightBytes(cell.integer, to: &buffer)
        case .float32:
            put(Int32(4), to: &buffer)
            put(Float(cell.float64).bitPattern, to: &buffer)
        case .float64: eightBytes(cell.float64.bitPattern, to: &buffer)
        case .numeric: appendNumeric(cell, in: batch, to: &buffer)
        case .date:
            put(Int32(4), to: &buffer)
            put(Int32(truncatingIfNeeded: cell.integer - BinaryDecoder.epochDays), to: &buffer)
        case .timestamp, .instant: eightBytes(cell.integer - BinaryDecoder.epochMicroseconds, to: &buffer)
        case .text, .paddedText, .bytes, .uuid, .json, .jsonb, .foreign:
            put(Int32(truncatingIfNeeded: cell.length), to: &buffer)
            batch.withBytes(of: cell) { buffer.append(contentsOf: $0) }
        }
    }

    @inline(__always)
    private static func eightBytes<Number: FixedWidthInteger>(_ number: Number, to buffer: inout [UInt8]) {
        put(Int32(8), to: &buffer)
        put(number, to: &buffer)
    }

    private static func appendNumeric(_ cell: Cell, in batch: borrowing RowBatch, to buffer: inout [UInt8]) {
        let start = buffer.count
        put(Int32(0), to: &buffer)
        let isEncoded =
            cell.kind == .int64
            ? NumericFormat.append(Array(String(cell.integer).utf8), to: &buffer)
            : batch.withBytes(of: cell) { NumericFormat.append($0, to: &buffer) }
        precondition(isEncoded, "decimals are checked before they are encoded")
        let length = Int32(buffer.count - start - 4)
        withUnsafeBytes(of: length.bigEndian) { bytes in
            for index in 0..<4 { buffer[start + index] = bytes[index] }
        }
    }

    /// Appends a one-dimensional array of some rows' cells in one column (the form of `array_send`).
    static func appendArray(
        _ rows: some Collection<Int>, column: Int, of batch: borrowing RowBatch, _ codec: Codec,
        to buffer: inout [UInt8]
    ) {
        put(Int32(rows.isEmpty ? 0 : 1), to: &buffer)
        put(Int32(1), to: &buffer)
        put(codec.bound.element, to: &buffer)
        if rows.isEmpty { return }
        put(Int32(rows.count), to: &buffer)
        put(Int32(1), to: &buffer)
        for row in rows { append(batch[row, column], in: batch, codec, to: &buffer) }
    }
}
