import LockstepModel

/// Whether a value of a field's own type goes into the field.
enum ValueFit {
    static func fit(
        _ value: Value, in field: FieldDescription, loss: PairDefinition.Loss?
    ) throws(ValueProblem) -> Value {
        switch value {
        case .int64(let number): try fit(number, in: field)
        case .float64(let number): .float64(try fit(number, in: field, loss: loss))
        case .decimal(let text): try fit(decimal: text, in: field, loss: loss)
        case .text(let text): .text(try fit(text, in: field, loss: loss))
        case .null, .unchanged, .invalid, .bool, .bytes, .date, .time, .timestamp, .instant, .uuid, .json: value
        }
    }

    /// The number with as many digits after the point as the options keep.
    static func rounded(_ value: Value, _ options: ConversionOptions) -> Value {
        guard let digits = options.digits, let loss = options.loss else { return value }
        func shorten(_ text: String) -> String? {
            guard let parts = DecimalText.parts(text.utf8), parts.kind == .finite else { return nil }
            return DecimalText.format(DecimalFit.shorten(parts, toScale: digits, loss: loss))
        }
        switch value {
        case .decimal(let text): return shorten(text).map(Value.decimal) ?? value
        case .float64(let number):
            return shorten(FloatText.format(number)).flatMap(FloatText.parse).map(Value.float64) ?? value
        case .null, .unchanged, .invalid, .bool, .int64, .text, .bytes, .date, .time, .timestamp, .instant, .uuid,
            .json:
            return value
        }
    }

    /// Whether an integer is within a field's bits.
    @inline(__always)
    static func holds(_ number: Int64, bits: Int?) -> Bool {
        guard let bits, bits < 64, bits > 0 else { return true }
        let limit = Int64(1) << Int64(bits - 1)
        return number >= -limit && number < limit
    }

    private static func fit(_ number: Int64, in field: FieldDescription) throws(ValueProblem) -> Value {
        guard holds(number, bits: field.integerBits) else {
            throw ValueProblem(.outOfRange, "the number is outside what `\(field.name)` (\(field.nativeType)) holds")
        }
        return .int64(number)
    }

    private static func fit(
        _ number: Double, in field: FieldDescription, loss: PairDefinition.Loss?
    ) throws(ValueProblem) -> Double {
        if number.isNaN {
            guard field.holdsNaN else { throw ValueProblem(.outOfRange, "`\(field.name)` cannot hold NaN") }
            return number
        }
        guard field.floatBits == 32, number.isFinite else { return number }
        let single = Double(Float(number))
        if single == number { return number }
        guard single.isFinite else {
            throw ValueProblem(.outOfRange, "the number is outside what `\(field.name)` (\(field.nativeType)) holds")
        }
        guard loss != nil else {
            throw ValueProblem(
                .notExact, "the number has more digits than `\(field.name)` (\(field.nativeType)) keeps")
        }
        return single
    }

    private static func fit(
        decimal text: String, in field: FieldDescription, loss: PairDefinition.Loss?
    ) throws(ValueProblem) -> Value {
        guard let parts = DecimalText.parts(text.utf8) else {
            throw ValueProblem(.malformedValue, "the value for `\(field.name)` is no decimal")
        }
        let fitted = try DecimalFit.fit(parts, in: field, loss: loss)
        return .decimal(fitted == parts ? text : DecimalText.format(fitted))
    }

    private static func fit(
        _ text: String, in field: FieldDescription, loss: PairDefinition.Loss?
    ) throws(ValueProblem) -> String {
        if !field.holdsZeroCharacter && text.utf8.contains(0) {
            throw ValueProblem(.zeroCharacter, "the text holds the character U+0000, which `\(field.name)` cannot")
        }
        if let labels = field.labels, !labels.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
            throw ValueProblem(.notALabel, "the text is none of the labels of `\(field.name)` (\(field.nativeType))")
        }
        // Bytes bound characters from above: most texts need no counting.
        guard let limit = field.maximumLength, text.utf8.count > limit, text.unicodeScalars.count > limit else {
            return text
        }
        guard loss == .truncate else {
            throw ValueProblem(.tooLong, "the text is longer than the \(limit) characters of `\(field.name)`")
        }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit)))
    }
}
