import LockstepModel

/// Values in PostgreSQL's text forms, as logical replication sends them, as cells. The session's settings
/// (``ConnectionSettings``) fix the forms.
enum TextDecoder {
    static func append(_ bytes: UnsafeRawBufferPointer, _ codec: Codec, to batch: inout RowBatch) {
        switch codec {
        case .text, .foreign: batch.append(.text, bytes: bytes)
        case .paddedText: batch.append(.text, bytes: BinaryDecoder.withoutPadding(bytes))
        case .json, .jsonb: batch.append(.json, bytes: bytes)
        case .numeric: batch.append(.decimal, bytes: bytes)
        case .bool: batch.append(Cell(bool: bytes.first == 116))
        case .int16, .int32, .int64:
            if let value = integer(bytes) {
                batch.append(Cell(.int64, integer: value))
            } else {
                batch.appendInvalid(BinaryDecoder.malformed)
            }
        case .float32, .float64: appendFloat(bytes, isNarrow: codec == .float32, to: &batch)
        case .bytes: appendBytes(bytes, to: &batch)
        case .uuid:
            if let value = UUIDText.parse(bytes) {
                batch.append(.uuid, bytes: value)
            } else {
                batch.appendInvalid(BinaryDecoder.malformed)
            }
        case .date:
            appendNumber(
                bytes.count == 10 ? FixedFormText.days(bytes) : ISOText.parseDate(bytes), .date, to: &batch)
        case .time: appendNumber(ISOText.parseTime(bytes), .time, to: &batch)
        case .timestamp:
            appendNumber(
                FixedFormText.microseconds(bytes) ?? ISOText.parseDateTime(bytes)?.microseconds, .timestamp, to: &batch)
        case .instant:
            if let microseconds = FixedFormText.microseconds(bytes) {
                batch.append(Cell(.instant, integer: microseconds))
                return
            }
            let parsed = ISOText.parseDateTime(bytes)
            appendNumber(parsed.map { $0.microseconds - ($0.offset ?? 0) }, .instant, to: &batch)
        }
    }

    private static func appendNumber(_ value: Int64?, _ kind: Cell.Kind, to batch: inout RowBatch) {
        if let value {
            batch.append(Cell(kind, integer: value))
        } else {
            batch.appendInvalid(BinaryDecoder.outOfCalendar)
        }
    }

    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        var value: Int64 = 0
        let isNegative = bytes.first == 45
        for index in (isNegative ? 1 : 0)..<bytes.count {
            let byte = bytes[index]
            guard byte >= 48 && byte <= 57 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.subtractingReportingOverflow(Int64(byte - 48))
            if overflow || carry { return nil }
            value = sum
        }
        // Summed up as a negative number, whose range is larger by one.
        return isNegative ? value : (value == .min ? nil : -value)
    }

    private static func appendFloat(_ bytes: UnsafeRawBufferPointer, isNarrow: Bool, to batch: inout RowBatch) {
        let text = String(decoding: bytes, as: UTF8.self)
        // The server prints the shortest text that reads back as the type's own value, so a narrow float is read as one.
        let value: Double? = isNarrow && !text.hasSuffix("y") ? Float(text).map(Double.init) : FloatText.parse(text)
        if let value {
            batch.append(Cell(float64: value))
        } else {
            batch.appendInvalid(BinaryDecoder.malformed)
        }
    }

    private static func appendBytes(_ bytes: UnsafeRawBufferPointer, to batch: inout RowBatch) {
        var value: [UInt8] = []
        if FixedFormText.appendHexadecimal(bytes, to: &value) {
            value.withUnsafeBytes { batch.append(.bytes, bytes: $0) }
        } else {
            batch.appendInvalid(BinaryDecoder.malformed)
        }
    }
}
