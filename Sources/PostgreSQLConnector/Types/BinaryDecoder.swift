import LockstepModel

/// Big-endian numbers, as PostgreSQL's binary forms have them.
extension UnsafeRawBufferPointer {
    @inline(__always)
    func bigEndian<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type) -> Number {
        Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}

/// Values in PostgreSQL's binary forms (the types' `send` functions) as cells.
enum BinaryDecoder {
    /// 2000-01-01, PostgreSQL's epoch, counted from 1970-01-01.
    static let epochDays: Int64 = 10_957
    static let epochMicroseconds: Int64 = 946_684_800_000_000
    static let firstMicrosecond = ISOText.firstDay * ISOText.microsecondsPerDay
    static let lastMicrosecond = (ISOText.lastDay + 1) * ISOText.microsecondsPerDay - 1
    static let outOfCalendar = "a date outside the years 1 to 9999, or infinity"
    static let malformed = "bytes that are no value of the field's type"

    @inline(__always)
    static func append(_ bytes: UnsafeRawBufferPointer, _ codec: Codec, to batch: inout RowBatch) {
        switch codec {
        case .text, .foreign: batch.append(.text, bytes: bytes)
        case .int32 where bytes.count == 4:
            batch.append(Cell(.int64, integer: Int64(bytes.bigEndian(0, as: Int32.self))))
        case .int64 where bytes.count == 8:
            batch.append(Cell(.int64, integer: bytes.bigEndian(0, as: Int64.self)))
        case .int16 where bytes.count == 2:
            batch.append(Cell(.int64, integer: Int64(bytes.bigEndian(0, as: Int16.self))))
        case .bool where bytes.count == 1: batch.append(Cell(bool: bytes[0] != 0))
        case .float64 where bytes.count == 8:
            batch.append(Cell(float64: Double(bitPattern: bytes.bigEndian(0, as: UInt64.self))))
        case .float32 where bytes.count == 4:
            batch.append(Cell(float64: Double(Float(bitPattern: bytes.bigEndian(0, as: UInt32.self)))))
        case .numeric where bytes.count >= 8: NumericFormat.append(bytes, to: &batch)
        case .paddedText: batch.append(.text, bytes: withoutPadding(bytes))
        case .bytes: batch.append(.bytes, bytes: bytes)
        case .uuid where bytes.count == 16: batch.append(.uuid, bytes: bytes)
        case .date where bytes.count == 4:
            appendDate(Int64(bytes.bigEndian(0, as: Int32.self)) + epochDays, to: &batch)
        case .time where bytes.count == 8: batch.append(Cell(.time, integer: bytes.bigEndian(0, as: Int64.self)))
        case .timestamp where bytes.count == 8:
            appendMicroseconds(bytes.bigEndian(0, as: Int64.self), .timestamp, to: &batch)
        case .instant where bytes.count == 8:
            appendMicroseconds(bytes.bigEndian(0, as: Int64.self), .instant, to: &batch)
        case .json: batch.append(.json, bytes: bytes)
        case .jsonb where bytes.count >= 1:
            // The first byte is the version of the form.
            batch.append(.json, bytes: UnsafeRawBufferPointer(rebasing: bytes[1...]))
        case .bool, .int16, .int32, .int64, .float32, .float64, .numeric, .uuid, .date, .time, .timestamp, .instant,
            .jsonb:
            batch.appendInvalid(malformed)
        }
    }

    static func appendDate(_ days: Int64, to batch: inout RowBatch) {
        if days >= ISOText.firstDay && days <= ISOText.lastDay {
            batch.append(Cell(.date, integer: days))
        } else {
            batch.appendInvalid(outOfCalendar)
        }
    }

    static func appendMicroseconds(_ sinceEpoch: Int64, _ kind: Cell.Kind, to batch: inout RowBatch) {
        let (value, overflow) = sinceEpoch.addingReportingOverflow(epochMicroseconds)
        if !overflow && value >= firstMicrosecond && value <= lastMicrosecond && sinceEpoch != .min {
            batch.append(Cell(kind, integer: value))
        } else {
            batch.appendInvalid(outOfCalendar)
        }
    }

    @inline(__always)
    static func withoutPadding(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var count = bytes.count
        while count > 0 && bytes[count - 1] == 32 { count -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[..<count])
    }
}
