import CPostgreSQL
import LockstepModel

/// Sends rows through binary `COPY … FROM STDIN` (documentation, COPY, "Binary Format").
struct CopyWriter {
    private let wire: Wire
    private let columns: [Column]
    private let fields: [Int]
    /// Large enough that a call of libpq costs nothing per row.
    private static let pieceBytes = 256 << 10

    init(_ wire: Wire, _ columns: [Column], _ fields: [Int]) {
        self.wire = wire
        self.columns = columns
        self.fields = fields
    }

    func send(_ rows: [Int], of batch: RowBatch) throws {
        var buffer: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        buffer.reserveCapacity(Self.pieceBytes + 4096)
        for row in rows {
            CellEncoder.put(Int16(truncatingIfNeeded: fields.count), to: &buffer)
            for field in fields {
                let column = columns[field]
                let cell = batch[row, columns.count + field]
                if column.codec == .jsonb && cell.kind == .json {
                    // The form's version goes before the text.
                    CellEncoder.put(Int32(cell.length) + 1, to: &buffer)
                    buffer.append(1)
                    batch.withBytes(of: cell) { buffer.append(contentsOf: $0) }
                } else {
                    CellEncoder.append(cell, in: batch, column.codec, to: &buffer)
                }
            }
            if buffer.count >= Self.pieceBytes {
                try put(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
        }
        CellEncoder.put(Int16(-1), to: &buffer)
        try put(buffer)
        guard PQputCopyEnd(wire.handle, nil) == 1 else { throw ServerError(result: nil, connection: wire.handle) }
        try wire.drain()
    }

    private func put(_ bytes: [UInt8]) throws {
        let sent = bytes.withUnsafeBytes { buffer in
            PQputCopyData(wire.handle, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count))
        }
        guard sent == 1 else { throw ServerError(result: nil, connection: wire.handle) }
    }
}
