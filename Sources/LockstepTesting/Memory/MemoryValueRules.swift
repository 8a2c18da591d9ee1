import ConnectorKit
import LockstepModel

/// What a field of a ``MemoryStore`` makes of a value.
enum MemoryValueRules {
    /// The value as the field stores it: rounded to its scale or width.
    ///
    /// - Throws: ``MemoryRefusal`` when the field cannot hold it. Null always passes: that is a constraint's business.
    static func stored(_ value: Value, in field: FieldDescription) throws(MemoryRefusal) -> Value {
        if value.isNull { return value }
        if case .int64(let number) = value, field.type == .decimal {
            return try storedDecimal(String(number), in: field)
        }
        guard value.type == field.type else { return try refuse(.wrongType, field) }
        switch value {
        case .null, .unchanged, .invalid, .bool, .bytes, .date, .time, .timestamp, .instant, .json: return value
        case .uuid(let bytes): return bytes.count == 16 ? value : try refuse(.wrongType, field)
        case .int64(let number): return try storedInteger(number, in: field)
        case .float64(let number):
            if number.isNaN && !field.holdsNaN { return .null }
            return field.floatBits == 32 ? .float64(Double(Float(number))) : value
        case .decimal(let text): return try storedDecimal(text, in: field)
        case .text(let text): return try storedText(text, in: field)
        }
    }

    private static func storedInteger(_ number: Int64, in field: FieldDescription) throws(MemoryRefusal) -> Value {
        let bits = field.integerBits ?? 64
        guard bits >= 64 || (number >= -(1 << (bits - 1)) && number < 1 << (bits - 1)) else {
            return try refuse(.outOfRange, field)
        }
        return .int64(number)
    }

    private static func storedText(_ text: String, in field: FieldDescription) throws(MemoryRefusal) -> Value {
        if let length = field.maximumLength, text.unicodeScalars.count > length {
            return try refuse(.outOfRange, field)
        }
        if !field.holdsZeroCharacter, text.utf8.contains(0) { return try refuse(.outOfRange, field) }
        if let labels = field.labels, !labels.contains(text) { return try refuse(.wrongType, field) }
        return .text(text)
    }

    private static func storedDecimal(_ text: String, in field: FieldDescription) throws(MemoryRefusal) -> Value {
        guard let parts = DecimalText.parts(text.utf8) else { return try refuse(.wrongType, field) }
        guard let scale = field.scale, parts.kind == .finite else { return .decimal(text) }
        let rounded = parts.scale > scale ? round(parts, scale: scale) : parts
        if let precision = field.precision, rounded.integerDigits > precision - scale {
            return try refuse(.outOfRange, field)
        }
        return .decimal(parts.scale > scale ? DecimalText.format(rounded) : text)
    }

    /// Half away from zero, as SQL's `numeric` rounds.
    static func round(_ parts: DecimalText.Parts, scale: Int) -> DecimalText.Parts {
        let kept = parts.exponent + scale
        var zero = parts
        (zero.isNegative, zero.digits, zero.exponent) = (false, [], 0)
        guard kept >= 0 else { return zero }
        guard kept < parts.digits.count else { return parts }
        var result = parts
        result.digits = Array(parts.digits[..<kept])
        if parts.digits[kept] >= UInt8(ascii: "5") {
            var index = kept - 1
            while index >= 0, result.digits[index] == UInt8(ascii: "9") { index -= 1 }
            if index >= 0 {
                result.digits[index] += 1
                result.digits.removeLast(kept - 1 - index)
            } else {
                result.digits = [UInt8(ascii: "1")]
                result.exponent += 1
            }
        }
        while result.digits.last == UInt8(ascii: "0") { result.digits.removeLast() }
        return result.digits.isEmpty ? zero : result
    }

    private static func refuse(_ cause: Rejection.Cause, _ field: FieldDescription) throws(MemoryRefusal) -> Value {
        throw MemoryRefusal(cause, field.name, "the value does not fit \(field.name) (\(field.nativeType))")
    }

    /// Whether two stored values agree: null with null, NaN with NaN, decimals as numbers, JSON as JSON.
    static func agree(_ left: Value, _ right: Value) -> Bool {
        if left == right { return true }
        var batch = RowBatch(columnCount: 2)
        batch.appendRow([left, right])
        return RowBatch.areEqual(batch[0, 0], in: batch, batch[0, 1], in: batch)
    }

    static func agree(_ left: [Value], _ right: [Value]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { agree($0, $1) }
    }

    /// The bytes that records are ordered and found by.
    static func key(_ values: [Value]) -> [UInt8] {
        guard !values.isEmpty else { return [] }
        var batch = RowBatch(columnCount: values.count)
        batch.appendRow(values)
        return KeyEncoder.encode(batch, row: 0, columns: 0..<values.count)
    }
}
