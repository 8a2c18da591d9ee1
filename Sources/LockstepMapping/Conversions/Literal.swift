import LockstepModel

/// Values of a mapping file, which get their type from the field that they are for.
enum Literal {
    /// - Throws: ``ValueProblem`` where the text is no value of the field's type, or does not fit the field.
    static func value(_ scalar: ScalarText, for field: FieldDescription) throws(ValueProblem) -> Value {
        if scalar.isNull {
            guard field.isNullable else { throw ValueProblem(.nullNotAllowed, "`\(field.name)` must have a value") }
            return .null
        }
        if field.type == .bytes {
            guard scalar.text.hasPrefix("0x"), let bytes = HexText.parse(scalar.text.utf8.dropFirst(2)) else {
                throw ValueProblem(.malformedValue, "bytes are written as `0x…`")
            }
            return .bytes(bytes)
        }
        return try ValueConversion.convert(.text(scalar.text), to: field, ConversionOptions())
    }
}
