extension Value {
    /// Reads what ``displayText`` writes of a value of this type; nil when the text is none. `null` is null, of any type
    /// but text, where it is the word.
    public init?(text: String, type: ValueType) {
        if text == "null", type != .text {
            self = .null
            return
        }
        let bytes = Array(text.utf8)
        let value: Value? =
            switch type {
            case .bool: ["true": Value.bool(true), "false": .bool(false)][text.lowercased()]
            case .int64: Int64(text).map(Value.int64)
            case .float64: FloatText.parse(text).map(Value.float64)
            case .decimal: DecimalText.isValid(bytes) ? .decimal(text) : nil
            case .text: .text(text)
            case .bytes: text.hasPrefix("0x") ? HexText.parse(bytes.dropFirst(2)).map(Value.bytes) : nil
            case .date: ISOText.parseDate(bytes).map(Value.date)
            case .time: ISOText.parseTime(bytes).map(Value.time)
            case .timestamp: ISOText.parseTimestamp(bytes).map(Value.timestamp)
            case .instant: ISOText.parseInstant(bytes).map(Value.instant)
            case .uuid: UUIDText.parse(bytes).map(Value.uuid)
            case .json: JSONText.isValid(bytes) ? .json(text) : nil
            }
        guard let value else { return nil }
        self = value
    }
}
