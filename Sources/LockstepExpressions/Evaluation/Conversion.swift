import LockstepModel

/// Conversions between types, each with one exact meaning.
enum Conversion {
    /// The promotions that happen by themselves. Doubles are rounded to nearest, ties to even.
    static func widen(_ operand: Operand, to type: ValueType) -> Operand {
        switch (operand, type) {
        case (.int64(let value), .decimal): .decimal(DecimalNumber(value))
        case (.int64(let value), .float64): .float64(Double(value))
        case (.decimal(let number), .float64): .float64(number.double)
        case (.date(let days), .timestamp): .timestamp(days * ISOText.microsecondsPerDay)
        default: operand
        }
    }

    static func canCast(_ source: StaticType, to target: CastTarget) -> Bool {
        if source == target.type { return source != .value(.bytes) && source != .value(.json) }
        return switch source {
        case .value(.text): true
        case .value(.int64), .value(.decimal), .value(.float64): target == .text || target.type.isNumber
        case .value(.bool), .value(.date), .value(.time), .value(.timestamp), .value(.instant), .value(.uuid),
            .duration:
            target == .text
        case .value(.bytes), .value(.json), .null: false
        }
    }

    /// Null where the value does not fit the target exactly (OData: a cast that fails yields null).
    static func cast(_ operand: Operand, to target: CastTarget) -> Operand {
        if case .text(let bytes) = operand, target == .duration {
            return DurationText.parse(String(decoding: bytes, as: UTF8.self)).map(Operand.duration) ?? .null
        }
        if case .duration(let microseconds) = operand {
            return target == .text ? .text(DurationText.format(microseconds)) : operand
        }
        guard case .value(let type) = target.type else { return .null }
        switch (convert(operand, to: type), target) {
        case (.int64(let value), _):
            return target.integers?.contains(value) == false ? .null : .int64(value)
        case (.float64(let value), .single):
            let single = Float(value)
            // Beyond the range of singles nothing is near.
            return single.isInfinite && value.isFinite ? .null : .float64(Double(single))
        case (let result, _): return result
        }
    }

    private static func convert(_ operand: Operand, to type: ValueType) -> Operand {
        switch operand {
        case .null: return .null
        case .text(let bytes): return parse(bytes, as: type)
        case .int64(let value):
            return type == .text ? .text(String(value)) : widen(operand, to: type)
        case .decimal(let number):
            if type == .text { return .text(number.text) }
            if type == .decimal { return operand }
            guard type == .int64 else { return widen(operand, to: type) }
            return number.integer.map(Operand.int64) ?? .null
        case .float64(let value): return type == .float64 ? operand : convert(value, to: type)
        case .bool(let value): return .text(value ? "true" : "false")
        case .timestamp(let microseconds): return .text(Literal.timestamp(microseconds).text)
        case .instant(let microseconds): return .text(Literal.instant(microseconds).text)
        case .date, .time, .uuid: return .text(operand.value.displayText)
        case .duration, .opaque: return .null
        }
    }

    private static func convert(_ value: Double, to type: ValueType) -> Operand {
        switch type {
        case .text: return .text(FloatText.format(value))
        case .int64: return Int64(exactly: value).map(Operand.int64) ?? .null
        case .decimal:
            guard value.isFinite else { return .null }
            return DecimalNumber(Array(value.description.utf8)).map(Operand.decimal) ?? .null
        default: return .null
        }
    }

    private static func parse(_ bytes: ArraySlice<UInt8>, as type: ValueType) -> Operand {
        switch type {
        case .int64:
            return DecimalNumber(bytes)?.integer.map(Operand.int64) ?? .null
        case .decimal: return DecimalNumber(bytes).map(Operand.decimal) ?? .null
        case .float64:
            return DecimalNumber(bytes).map { .float64($0.double) } ?? .null
        case .bool:
            let word = String(decoding: bytes, as: UTF8.self)
            return word == "true" ? .bool(true) : word == "false" ? .bool(false) : .null
        case .date: return ISOText.parseDate(bytes).map(Operand.date) ?? .null
        case .time: return ISOText.parseTime(bytes).map(Operand.time) ?? .null
        case .instant:
            return instant(bytes)
        case .uuid: return UUIDText.parse(bytes).map { .uuid($0[...]) } ?? .null
        case .text, .bytes, .timestamp, .json: return .null
        }
    }

    /// With a zone, or without as in UTC (URL Conventions, section 5.1.1.10.1, rule 11). A date alone is no point in time.
    private static func instant(_ bytes: some Collection<UInt8>) -> Operand {
        guard bytes.count > 10, let (local, offset) = ISOText.parseDateTime(bytes) else { return .null }
        let instant = local - (offset ?? 0)
        return TimeRange.holds(instant) ? .instant(instant) : .null
    }

    /// The nearest double; beyond its range infinity, or zero.
    static func double(_ parts: DecimalText.Parts) -> Double {
        switch parts.kind {
        case .notANumber: return .nan
        case .positiveInfinity: return .infinity
        case .negativeInfinity: return -.infinity
        case .finite: break
        }
        guard !parts.digits.isEmpty else { return 0 }
        if parts.exponent > 310 { return parts.isNegative ? -.infinity : .infinity }
        if parts.exponent < -330 { return parts.isNegative ? -0.0 : 0 }
        let digits = String(decoding: parts.digits, as: UTF8.self)
        let magnitude = Double("0." + digits + "e\(parts.exponent)") ?? .infinity
        return parts.isNegative ? -magnitude : magnitude
    }
}
