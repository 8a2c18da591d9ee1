public import LockstepModel

/// Values that stores get wrong: the ends of each type's range, and what hides in between.
public enum ValueGenerator {
    /// The nasty values of a type, always the same ones. They fit every field of the type that has no limits of its own;
    /// ``fits(_:_:)`` says which fit a field that has.
    public static func extremes(_ type: ValueType) -> [Value] {
        switch type {
        case .bool: [.bool(false), .bool(true)]
        case .int64: [0, 1, -1, 127, -32768, 2_147_483_647, -2_147_483_648, .max, .min].map { .int64($0) }
        case .float64:
            [
                0, -0.0, 1, -1.5, 0.1, 1e-300, .pi, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
                .leastNonzeroMagnitude, 9_007_199_254_740_992, .nan, .infinity, -.infinity,
            ].map { .float64($0) }
        case .decimal:
            [
                "0", "1", "-1", "0.1", "1.50", "-0.000000000000000000001", "100",
                "12345678901234567890123456789012345678901234567890",
                "0.00000000000000000000000000000000000000000000012345",
                "-99999999999999999999999999.99999999999999999999999999",
            ].map { .decimal($0) }
        case .text: texts.map { .text($0) }
        case .bytes: [[], [0], [0xFF], [0, 0xFF, 0x80, 0x0A, 0x5C], Array(0...255)].map { .bytes($0) }
        case .date: [0, -1, 19_782, ISOText.firstDay, ISOText.lastDay].map { .date($0) }
        case .time: [0, 1, 43_200_000_000, ISOText.microsecondsPerDay - 1].map { .time($0) }
        case .timestamp: moments.map { .timestamp($0) }
        case .instant: moments.map { .instant($0) }
        case .uuid:
            [
                [UInt8](repeating: 0, count: 16), [UInt8](repeating: 0xFF, count: 16), Array(1...16),
            ].map { .uuid($0) }
        case .json:
            [
                "null", "true", "0", "\"\"", "[]", "{}", #"{"a": [1, 2.50, {"b": null}], "é": "\u0001\n"}"#,
                #"[12345678901234567890, 1e3, "quote \" backslash \\"]"#,
            ].map { .json($0) }
        }
    }

    /// The nasty values that a field holds exactly.
    public static func extremes(for field: FieldDescription) -> [Value] {
        extremes(field.type).filter { fits($0, field) }
    }

    private static let texts = [
        "", " ", "a", "O'Brien \"quoted\" \\ back", "tab\tline\nreturn\r", "\\N", "NULL", "null", "%_?$1:x;--",
        "é", "e\u{301}", "ß İ ı", "日本語", "👩‍👩‍👧‍👦", "\u{202E}right to left", "\u{FEFF}bom", "trailing  ",
        "zero\u{0}inside", String(repeating: "long ", count: 2000),
    ]

    private static let moments: [Int64] = [
        0, 1, -1, 1_709_164_800_123_456, ISOText.firstDay * ISOText.microsecondsPerDay,
        (ISOText.lastDay + 1) * ISOText.microsecondsPerDay - 1,
    ]

    /// A value of a type: one of the extremes now and then, else a plain one.
    public static func value(_ type: ValueType, using generator: inout SeededGenerator) -> Value {
        if generator.chance(percent: 25), let extreme = generator.pick(extremes(type)) { return extreme }
        let bits = Int64(bitPattern: generator.next())
        let small = generator.integer(0...1_000_000)
        return switch type {
        case .bool: .bool(bits & 1 == 1)
        case .int64: .int64(generator.chance(percent: 50) ? Int64(small) : bits)
        case .float64: .float64(Double(bits) / 65_536)
        case .decimal: .decimal("\(small - 500_000).\(generator.integer(10...99))")
        case .text: .text(text(using: &generator))
        case .bytes: .bytes((0..<generator.integer(0...40)).map { _ in UInt8(generator.integer(0...255)) })
        case .date: .date(Int64(generator.integer(-40_000...40_000)))
        case .time: .time(Int64(generator.integer(0...86_399_999_999)))
        case .timestamp: .timestamp(Int64(generator.integer(-4_000_000_000_000_000...4_000_000_000_000_000)))
        case .instant: .instant(Int64(generator.integer(-4_000_000_000_000_000...4_000_000_000_000_000)))
        case .uuid: .uuid((0..<16).map { _ in UInt8(generator.integer(0...255)) })
        case .json: .json("{\"n\": \(small), \"list\": [\(bits & 7), null]}")
        }
    }

    private static func text(using generator: inout SeededGenerator) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz ABC0123456789-_'\"äöüßéñ漢字😀")
        return String((0..<generator.integer(0...24)).compactMap { _ in generator.pick(letters) })
    }

    /// Whether a field can hold a value of its type exactly.
    public static func fits(_ value: Value, _ field: FieldDescription) -> Bool {
        switch value {
        case .null: return field.isNullable
        case .unchanged, .invalid: return false
        case .int64(let number):
            let bits = field.integerBits ?? 64
            return bits >= 64 || (number >= -(1 << (bits - 1)) && number < 1 << (bits - 1))
        case .float64(let number):
            if number.isNaN { return field.holdsNaN }
            return field.floatBits != 32 || Double(Float(number)) == number
        case .decimal(let text): return fits(decimal: text, field)
        case .text(let text):
            if let labels = field.labels { return labels.contains(text) }
            if let length = field.maximumLength, text.unicodeScalars.count > length { return false }
            return field.holdsZeroCharacter || !text.utf8.contains(0)
        case .bool, .bytes, .date, .time, .timestamp, .instant, .uuid, .json: return true
        }
    }

    private static func fits(decimal text: String, _ field: FieldDescription) -> Bool {
        guard let parts = DecimalText.parts(text.utf8) else { return false }
        if let scale = field.scale, parts.scale > scale { return false }
        if let precision = field.precision, parts.integerDigits > precision - (field.scale ?? 0) { return false }
        if let digits = field.exactDigits, parts.digits.count > digits { return false }
        return true
    }

    /// A value that a field holds exactly; null in a tenth of the fields that may be null.
    public static func value(for field: FieldDescription, using generator: inout SeededGenerator) -> Value {
        if field.isNullable && generator.chance(percent: 10) { return .null }
        if let labels = field.labels { return generator.pick(labels).map { .text($0) } ?? .null }
        // Most values fit most fields; narrow ones get a plain value after these tries.
        for _ in 0..<8 {
            let candidate = value(field.type, using: &generator)
            if fits(candidate, field) { return candidate }
        }
        switch field.type {
        case .int64: return .int64(Int64(generator.integer(0...100)))
        case .float64: return .float64(Double(generator.integer(0...100)))
        case .decimal: return .decimal(String(generator.integer(0...9)))
        case .text: return .text("")
        case .bool, .bytes, .date, .time, .timestamp, .instant, .uuid, .json:
            return value(field.type, using: &generator)
        }
    }

    /// A record of an entity, without the fields that the store computes. Keys are not made unique and references not
    /// made to exist: the caller sets those fields.
    public static func record(_ entity: EntityDescription, using generator: inout SeededGenerator) -> [String: Value] {
        var record: [String: Value] = [:]
        for field in entity.fields where !field.isGenerated {
            record[field.name] = value(for: field, using: &generator)
        }
        return record
    }
}
