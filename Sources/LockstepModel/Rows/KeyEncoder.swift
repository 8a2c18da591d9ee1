/// Keys as bytes whose order (`memcmp`) is the order of the keys, so that records can be matched, sorted and looked up
/// whatever store they came from. Equal keys have equal bytes: 1.50 and 1.5, and the integer 1 and the decimal 1.
///
/// Text is ordered by its UTF-8 bytes, numbers as numbers, null first.
public enum KeyEncoder {
    public static func encode(_ batch: borrowing RowBatch, row: Int, columns: some Sequence<Int>) -> [UInt8] {
        var key: [UInt8] = []
        for column in columns { append(batch[row, column], in: batch, to: &key) }
        return key
    }

    /// Appends one key column; the encoding is self-delimiting, so columns may follow each other.
    public static func append(_ cell: Cell, in batch: borrowing RowBatch, to key: inout [UInt8]) {
        switch cell.kind {
        case .null, .unchanged:
            key.append(0)
        case .bool:
            key.append(1)
            key.append(UInt8(truncatingIfNeeded: cell.bits))
        case .int64:
            appendNumber(cell.integer, to: &key)
        case .decimal:
            batch.withBytes(of: cell) { appendNumber($0, to: &key) }
        case .float64:
            key.append(4)
            let double = cell.float64 == 0 ? 0 : cell.float64
            let bits = double.bitPattern
            appendBigEndian(bits >> 63 == 1 ? ~bits : bits | 1 << 63, to: &key)
        case .text, .json, .invalid, .bytes, .uuid:
            key.append(cell.kind == .bytes || cell.kind == .uuid ? 6 : 5)
            batch.withBytes(of: cell) { bytes in
                for byte in bytes {
                    key.append(byte)
                    if byte == 0 { key.append(0xFF) }
                }
            }
            key.append(0)
            key.append(0)
        case .date, .time, .timestamp, .instant:
            key.append(cell.kind.rawValue + 16)
            appendBigEndian(cell.bits ^ 1 << 63, to: &key)
        }
    }

    /// A decimal as class, exponent and digits; negatives complemented so that they sort the other way round.
    private static func appendNumber(_ text: UnsafeRawBufferPointer, to key: inout [UInt8]) {
        key.append(3)
        guard let parts = DecimalText.parts(text) else {
            key.append(0xFF)
            return
        }
        switch parts.kind {
        case .negativeInfinity: key.append(1)
        case .positiveInfinity: key.append(5)
        case .notANumber: key.append(6)
        case .finite where parts.digits.isEmpty: key.append(3)
        case .finite:
            let mask: UInt8 = parts.isNegative ? 0xFF : 0
            key.append(parts.isNegative ? 2 : 4)
            let exponent = UInt32(bitPattern: Int32(truncatingIfNeeded: parts.exponent)) ^ 0x8000_0000
            for shift in [24, 16, 8, 0] as [UInt32] { key.append(UInt8(truncatingIfNeeded: exponent >> shift) ^ mask) }
            for digit in parts.digits { key.append(digit ^ mask) }
            key.append(mask)
        }
    }

    /// The same bytes as the decimal of that number, without making its text.
    private static func appendNumber(_ integer: Int64, to key: inout [UInt8]) {
        key.append(3)
        guard integer != 0 else {
            key.append(3)
            return
        }
        let mask: UInt8 = integer < 0 ? 0xFF : 0
        var magnitude = integer.magnitude
        var exponent: UInt32 = 0
        while magnitude % 10 == 0 {
            magnitude /= 10
            exponent += 1
        }
        var digitCount = 0
        var rest = magnitude
        while rest > 0 {
            rest /= 10
            digitCount += 1
        }
        exponent = (exponent + UInt32(digitCount)) ^ 0x8000_0000
        key.append(integer < 0 ? 2 : 4)
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            key.append(UInt8(truncatingIfNeeded: exponent >> shift) ^ mask)
        }
        let start = key.count
        key.append(contentsOf: repeatElement(mask, count: digitCount + 1))
        for index in stride(from: start + digitCount - 1, through: start, by: -1) {
            key[index] = (48 + UInt8(truncatingIfNeeded: magnitude % 10)) ^ mask
            magnitude /= 10
        }
    }

    private static func appendBigEndian(_ bits: UInt64, to key: inout [UInt8]) {
        for shift in stride(from: UInt64(56), through: 0, by: -8) {
            key.append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }
}
