/// One value, for the edges: expressions, JSON, messages, tests. Rows travel as ``RowBatch`` instead.
public enum Value: Sendable, Hashable {
    case null
    /// A large column that the store did not send because it did not change.
    case unchanged
    /// The store holds something that its declared type does not explain; the text says what, never the value.
    case invalid(String)
    case bool(Bool)
    case int64(Int64)
    case float64(Double)
    case decimal(String)
    case text(String)
    case bytes([UInt8])
    /// Days since 1970-01-01.
    case date(Int64)
    /// Microseconds since midnight.
    case time(Int64)
    /// Microseconds since 1970-01-01T00:00:00, without zone.
    case timestamp(Int64)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case instant(Int64)
    /// 16 bytes.
    case uuid([UInt8])
    case json(String)

    /// The neutral type, or nil for `null`, `unchanged` and `invalid`.
    public var type: ValueType? {
        switch self {
        case .null, .unchanged, .invalid: nil
        case .bool: .bool
        case .int64: .int64
        case .float64: .float64
        case .decimal: .decimal
        case .text: .text
        case .bytes: .bytes
        case .date: .date
        case .time: .time
        case .timestamp: .timestamp
        case .instant: .instant
        case .uuid: .uuid
        case .json: .json
        }
    }

    public var isNull: Bool { self == .null }
}

extension Value {
    /// The value as people read it: ISO dates, lower-case uuid, `0x…` bytes, `null`.
    ///
    /// For tables and JSON that the user asked for; never for logs or errors, which hold no field values.
    public var displayText: String {
        switch self {
        case .null: "null"
        case .unchanged: "(unchanged)"
        case .invalid(let reason): "(unreadable: \(reason))"
        case .bool(let value): value ? "true" : "false"
        case .int64(let value): String(value)
        case .float64(let value): FloatText.format(value)
        case .decimal(let value), .text(let value), .json(let value): value
        case .bytes(let value): "0x" + HexText.format(value)
        case .date(let days): ISOText.formatDate(days)
        case .time(let microseconds): ISOText.formatTime(microseconds)
        case .timestamp(let microseconds): ISOText.formatTimestamp(microseconds)
        case .instant(let microseconds): ISOText.formatTimestamp(microseconds) + "Z"
        case .uuid(let bytes): UUIDText.format(bytes)
        }
    }
}
