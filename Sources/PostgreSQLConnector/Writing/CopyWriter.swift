import CPostgreSQL
import LockstepModel

/// Sends rows through binary `COPY … FROM STDIN` (documentation, COPY, "Binary Format").
struct CopyWriter {
    private let wire: Wire
    private let codecs: [Codec]
    private let fields: [Int]
    private let width: Int
    /// Large enough that a call of libpq costs nothing per row.
    private static let pieceBytes = 256 << 10

    init(_ wire: Wire, _ columns: [Column], _ fields: [Int]) {
        self.wire = wire
        self.fields = fields
        codecs = fields.map { columns[$0].codec }
        width = columns.count
    }

    func send(_ rows: [Int], of batch: RowBatch) throws {
        var buffer = ByteBuffer(capacity: Self.pieceBytes + 4096)
        for byte in Array("PGCOPY\n".utf8) + [0xFF, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0] { buffer.put(byte) }
        try batch.withStorage { cells, heap in
            for row in rows {
                buffer.put(Int16(truncatingIfNeeded: fields.count))
                let start = row * 2 * width + width
                for index in fields.indices {
                    append(cells[start + fields[index]], codecs[index], heap, batch, &buffer)
                }
                if buffer.count >= Self.pieceBytes {
                    try put(buffer)
                    buffer.removeAll()
                }
            }
        }
        buffer.put(Int16(-1))
        try put(buffer)
        guard PQputCopyEnd(wire.handle, nil) == 1 else { throw ServerError(result: nil, connection: wire.handle) }
        try wire.drain()
    }

    /// One value behind its length; the cell must have passed the column's check.
    @inline(__always)
    private func append(
        _ cell: Cell, _ codec: Codec, _ heap: UnsafeRawBufferPointer, _ batch: borrowing RowBatch,
        _ buffer: inout ByteBuffer
    ) {
        if cell.kind == .null || cell.kind == .unchanged { return buffer.put(Int32(-1)) }
        switch codec {
        case .bool:
            buffer.put(Int32(1))
            buffer.put(UInt8(truncatingIfNeeded: cell.bits))
        case .int16:
            buffer.put(Int32(2))
            buffer.put(Int16(truncatingIfNeeded: cell.integer))
        case .int32:
            buffer.put(Int32(4))
            buffer.put(Int32(truncatingIfNeeded: cell.integer))
        case .int64, .time:
            buffer.put(Int32(8))
            buffer.put(cell.integer)
        case .float32:
            buffer.put(Int32(4))
            buffer.put(Float(cell.float64).bitPattern)
        case .float64:
            buffer.put(Int32(8))
            buffer.put(cell.bits)
        case .date:
            buffer.put(Int32(4))
            buffer.put(Int32(truncatingIfNeeded: cell.integer - BinaryDecoder.epochDays))
        case .timestamp, .instant:
            buffer.put(Int32(8))
            buffer.put(cell.integer - BinaryDecoder.epochMicroseconds)
        case .text, .paddedText, .bytes, .uuid, .json, .foreign:
            buffer.put(Int32(truncatingIfNeeded: cell.length))
            buffer.put(bytes(cell, heap))
        case .jsonb:
            // The form's version goes before the text.
            buffer.put(Int32(truncatingIfNeeded: cell.length) + 1)
            buffer.put(UInt8(1))
            buffer.put(bytes(cell, heap))
        case .numeric:
            if cell.kind == .decimal, PlainNumeric.append(bytes(cell, heap), to: &buffer) { return }
            var scratch: [UInt8] = []
            CellEncoder.append(cell, in: batch, codec, to: &scratch)
            scratch.withUnsafeBytes { buffer.put($0) }
        }
    }

    @inline(__always)
    private func bytes(_ cell: Cell, _ heap: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: heap[Int(cell.bits)..<Int(cell.bits) + Int(cell.length)])
    }

    private func put(_ buffer: borrowing ByteBuffer) throws {
        guard PQputCopyData(wire.handle, buffer.characters, Int32(buffer.count)) == 1 else {
            throw ServerError(result: nil, connection: wire.handle)
        }
    }
}
