/// Rows as bytes that keep every value exactly, for the state database and spools: not an interchange format.
extension RowBatch {
    /// One row: for each cell its kind, then its number (8 bytes) or its length (4 bytes) and bytes; little-endian.
    public func encodedRow(_ row: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for column in 0..<columnCount {
            let cell = self[row, column]
            bytes.append(cell.kind.rawValue)
            if cell.kind.isOnHeap {
                withUnsafeBytes(of: cell.length.littleEndian) { bytes.append(contentsOf: $0) }
                bytes.append(contentsOf: self.bytes(of: cell))
            } else if cell.kind != .null && cell.kind != .unchanged {
                withUnsafeBytes(of: cell.bits.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    /// Appends a row that ``encodedRow(_:)`` made.
    ///
    /// - Returns: false, with the batch as it was, when the bytes are no row of this width.
    public mutating func appendRow(encoded bytes: [UInt8]) -> Bool {
        let cellCount = cells.count
        let heapCount = heap.count
        var index = 0
        for _ in 0..<columnCount {
            guard appendCell(encoded: bytes, at: &index) else {
                discard(toCells: cellCount, heap: heapCount)
                return false
            }
        }
        guard index == bytes.count else {
            discard(toCells: cellCount, heap: heapCount)
            return false
        }
        return true
    }

    private mutating func appendCell(encoded bytes: [UInt8], at index: inout Int) -> Bool {
        guard index < bytes.count, let kind = Cell.Kind(rawValue: bytes[index]) else { return false }
        index += 1
        if kind == .null || kind == .unchanged {
            append(Cell(kind: kind, bits: 0))
        } else if kind.isOnHeap {
            guard let length = Self.integer(bytes, at: &index, byteCount: 4), index + Int(length) <= bytes.count else {
                return false
            }
            append(kind, bytes: bytes[index..<index + Int(length)])
            index += Int(length)
        } else {
            guard let bits = Self.integer(bytes, at: &index, byteCount: 8) else { return false }
            append(Cell(kind: kind, bits: bits))
        }
        return true
    }

    private static func integer(_ bytes: [UInt8], at index: inout Int, byteCount: Int) -> UInt64? {
        guard index + byteCount <= bytes.count else { return nil }
        var value: UInt64 = 0
        for offset in 0..<byteCount { value |= UInt64(bytes[index + offset]) << UInt64(8 * offset) }
        index += byteCount
        return value
    }
}
