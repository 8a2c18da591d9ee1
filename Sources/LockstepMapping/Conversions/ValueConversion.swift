import LockstepModel

/// Carries a value into a field of the same or another type: exactly, or not at all.
enum ValueConversion {
    /// The value as the field holds it. Null, unchanged and invalid stay what they are.
    ///
    /// - Throws: ``ValueProblem`` where the value would lose something that the options do not give up.
    static func convert(
        _ value: Value, to field: FieldDescription, _ options: ConversionOptions
    ) throws(ValueProblem) -> Value {
        guard let type = value.type, type != field.type else {
            return try ValueFit.fit(ValueFit.rounded(value, options), in: field, loss: options.loss)
        }
        let changed = try change(value, to: field, options)
        return try ValueFit.fit(ValueFit.rounded(changed, options), in: field, loss: options.loss)
    }

    private static func change(
        _ value: Value, to field: FieldDescription, _ options: ConversionOptions
    ) throws(ValueProblem) -> Value {
        switch field.type {
        case .bool: try bool(value, field)
        case .int64: try integer(value, field, options)
        case .float64: try float(value, field, options)
        case .decimal: try decimal(value, field)
        case .text: try text(value, field)
        case .bytes: throw noConversion(field)
        case .date: try date(value, field, options)
        case .time: try parsed(value, field) { ISOText.parseTime($0.utf8).map(Value.time) }
        case .timestamp: try timestamp(value, field, options)
        case .instant: try instant(value, field, options)
        case .uuid:
            try parsed(value, field) { text in
                text.utf8.count == 36 ? UUIDText.parse(text.utf8).map(Value.uuid) : nil
            }
        case .json: try parsed(value, field) { JSONText.isValid($0.utf8) ? .json($0) : nil }
        }
    }

    // MARK: Numbers

    private static func bool(_ value: Value, _ field: FieldDescription) throws(ValueProblem) -> Value {
        switch value {
        case .int64(0): return .bool(false)
        case .int64(1): return .bool(true)
        case .int64: throw ValueProblem(.outOfRange, "only 0 and 1 go into `\(field.name)`")
        default: return try parsed(value, field) { $0 == "true" ? .bool(true) : $0 == "false" ? .bool(false) : nil }
        }
    }

    private static func integer(
        _ value: Value, _ field: FieldDescription, _ options: ConversionOptions
    ) throws(ValueProblem) -> Value {
        switch value {
        case .bool(let flag): return .int64(flag ? 1 : 0)
        case .decimal(let text):
            guard let parts = DecimalText.parts(text.utf8) else { throw malformed(field) }
            return .int64(try integer(parts, field, options))
        case .float64(let number):
            guard let loss = options.loss else { throw noConversion(field) }
            let whole = loss == .round ? number.rounded(.toNearestOrAwayFromZero) : number.rounded(.towardZero)
            guard let exact = Int64(exactly: whole) else { throw outOfRange(field) }
            return .int64(exact)
        default:
            // `007` and `+7` are texts that would not come back: only the plain form is a number.
            return try parsed(value, field) { text in
                Int64(text).flatMap { String($0) == text ? .int64($0) : nil }
            }
        }
    }

    private static func integer(
        _ parts: DecimalText.Parts, _ field: FieldDescription, _ options: ConversionOptions
    ) throws(ValueProblem) -> Int64 {
        guard parts.kind == .finite, parts.exponent <= 19 else { throw outOfRange(field) }
        var whole = parts
        if parts.scale > 0 {
            guard let loss = options.loss else {
                throw ValueProblem(.notExact, "the number has a fraction, which `\(field.name)` does not keep")
            }
            whole = DecimalFit.shorten(parts, toScale: 0, loss: loss)
        }
        guard let number = Int64(DecimalText.format(whole)) else { throw outOfRange(field) }
        return number
    }

    private static func float(
        _ value: Value, _ field: FieldDescription, _ options: ConversionOptions
    ) throws(ValueProblem) -> Value {
        switch value {
        case .int64(let number):
            if let exact = Double(exactly: number) { return .float64(exact) }
            guard options.loss != nil else { throw notExact(field) }
            return .float64(Double(number))
        case .decimal(let text): return .float64(try float(decimal: text, field, options))
        case .text(let text):
            guard DecimalText.isValid(text.utf8) else { throw malformed(field) }
            return .float64(try float(decimal: text, field, options))
        default: throw noConversion(field)
        }
    }

    /// A decimal goes into a double when the double's shortest text is the same number again.
    private static func float(
        decimal text: String, _ field: FieldDescription, _ options: ConversionOptions
    ) throws(ValueProblem) -> Double {
        guard let parts = DecimalText.parts(text.utf8), let number = FloatText.parse(DecimalText.format(parts)) else {
            throw malformed(field)
        }
        guard number.isFinite || parts.kind != .finite else { throw outOfRange(field) }
        guard DecimalText.parts(FloatText.format(number).utf8) == parts || options.loss != nil else {
            throw notExact(field)
        }
        return number
    }

    /// A double becomes the shortest decimal that reads back as the same double.
    private static func decimal(_ value: Value, _ field: FieldDescription) throws(ValueProblem) -> Value {
        switch value {
        case .int64(let number): return .decimal(String(number))
        case .float64(let number):
            guard let text = DecimalText.normalized(FloatText.format(number).utf8) else { throw malformed(field) }
            return .decimal(text)
        default:
            return try parsed(value, field) { text in
                isPlainNumber(text) && DecimalText.isValid(text.utf8) ? .decimal(text) : nil
            }
        }
    }

    /// Without plus sign and leading zeros, which a number would not give back.
    private static func isPlainNumber(_ text: String) -> Bool {
        let digits = text.utf8.drop { $0 == 45 }
        guard let first = digits.first, first != 43 else { return false }
        return first != 48 || digits.count == 1 || digits.dropFirst().first.map { $0 < 48 || $0 > 57 } == true
    }

    // MARK: Text

    private static func text(_ value: Value, _ field: FieldDescription) throws(ValueProblem) -> Value {
        switch value {
        case .decimal(let text):
            guard let plain = DecimalText.normalized(text.utf8) else { throw malformed(field) }
            return .text(plain)
        case .bool, .int64, .float64, .text, .date, .time, .timestamp, .instant, .uuid, .json:
            return .text(value.displayText)
        case .null, .unchanged, .invalid, .bytes:
            throw noConversion(field)
        }
    }

    private static func parsed(
        _ value: Value, _ field: FieldDescription, _ parse: (String) -> Value?
    ) throws(ValueProblem) -> Value {
        guard case .text(let text) = value else { throw noConversion(field) }
        guard let result = parse(text) else { throw malformed(field) }
        return result
    }

    // MARK: Time

    private static func date(
        _ value: Value, _ field: FieldDescription, _ options: ConversionOptions
    ) throws(ValueProblem) -> Value {
        let microseconds: Int64
        switch value {
        case .timestamp(let local): microseconds = local
        case .instant(let instant):
            guard let zone = options.zone else { throw noConversion(field) }
            microseconds = try zone.local(instant)
        default: return try parsed(value, field) { ISOText.parseDate($0.utf8).map(Value.date) }
        }
        let days = ISOText.floorDivide(microseconds, ISOText.microsecondsPerDay)
        guard days * ISOText.microsecondsPerDay == microseconds || options.loss == .truncate else {
            throw ValueProblem(.notExact, "the time has a time of day, which `\(field.name)` does not keep")
        }
        return .date(days)
    }

    private static func timestamp(
        _ value: Value, _ field: FieldDescription, _ options: ConversionOptions
    ) throws(ValueProblem) -> Value {
        switch value {
        case .date(let days): return .timestamp(try midnight(days, field))
        case .instant(let microseconds):
            guard let zone = options.zone else { throw noConversion(field) }
            return .timestamp(try zone.local(microseconds))
        default: return try parsed(value, field) { ISOText.parseTimestamp($0.utf8).map(Value.timestamp) }
        }
    }

    private static func instant(
        _ value: Value, _ field: FieldDescription, _ options: ConversionOptions
    ) throws(ValueProblem) -> Value {
        let local: Int64
        switch value {
        case .timestamp(let microseconds): local = microseconds
        case .date(let days): local = try midnight(days, field)
        default: return try parsed(value, field) { ISOText.parseInstant($0.utf8).map(Value.instant) }
        }
        guard let zone = options.zone else { throw noConversion(field) }
        return .instant(try zone.instant(local))
    }

    private static func midnight(_ days: Int64, _ field: FieldDescription) throws(ValueProblem) -> Int64 {
        let (microseconds, overflow) = days.multipliedReportingOverflow(by: ISOText.microsecondsPerDay)
        guard !overflow else { throw outOfRange(field) }
        return microseconds
    }

    // MARK: Problems

    private static func malformed(_ field: FieldDescription) -> ValueProblem {
        ValueProblem(.malformedValue, "the value does not read as \(field.type.name) for `\(field.name)`")
    }

    private static func outOfRange(_ field: FieldDescription) -> ValueProblem {
        ValueProblem(.outOfRange, "the number is outside what `\(field.name)` (\(field.nativeType)) holds")
    }

    private static func notExact(_ field: FieldDescription) -> ValueProblem {
        ValueProblem(.notExact, "the number has more digits than `\(field.name)` (\(field.nativeType)) keeps")
    }

    private static func noConversion(_ field: FieldDescription) -> ValueProblem {
        ValueProblem(.wrongKind, "the value is of a type that does not go into `\(field.name)` (\(field.type.name))")
    }
}
