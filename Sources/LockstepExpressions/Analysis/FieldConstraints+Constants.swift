import LockstepModel

extension FieldConstraints.Constant {
    /// A literal of an expression.
    init(_ literal: Literal) {
        switch literal {
        case .null: self.init(kind: .null, text: "null")
        case .bool(let value): self.init(kind: .bool, text: value ? "true" : "false")
        case .int64(let value): self.init(kind: .number, text: String(value))
        case .decimal(let text): self.init(kind: .number, text: DecimalText.normalized(text.utf8) ?? text)
        case .float64(let value): self.init(kind: .other, text: FloatText.format(value))
        case .text(let text): self.init(kind: .text, text: text)
        case .date(let days): self.init(kind: .date, text: ISOText.formatDate(days))
        case .time(let value): self.init(kind: .time, text: ISOText.formatTime(value))
        case .timestamp(let value): self.init(kind: .timestamp, text: ISOText.formatTimestamp(value))
        case .instant(let value): self.init(kind: .instant, text: ISOText.formatTimestamp(value) + "Z")
        case .duration: self.init(kind: .other, text: literal.text)
        case .uuid(let bytes): self.init(kind: .uuid, text: UUIDText.format(bytes))
        }
    }

    /// Whether a value as a mapping file writes it certainly is another one than this. Its type is the field's: it is
    /// compared as what this constant is.
    public func certainlyDiffers(fromWritten text: String, isNull: Bool) -> Bool {
        if isNull || kind == .null { return isNull != (kind == .null) }
        switch kind {
        case .text, .bool: return self.text != text
        case .number:
            guard let number = DecimalText.normalized(text.utf8) else { return false }
            return number != self.text
        case .null, .date, .time, .timestamp, .instant, .uuid, .other: return false
        }
    }

    /// As a person reads it.
    public var displayText: String { kind == .text ? "'\(text)'" : text }
}
