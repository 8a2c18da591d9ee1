/// The neutral types that every store's own types are described with.
///
/// Null, empty and *unchanged* are not types: they are states of a ``Cell`` of any type.
public enum ValueType: UInt8, Sendable, Hashable, Codable, CaseIterable {
    case bool = 1
    /// A signed 64-bit integer; narrower integers say so in ``FieldDescription/integerBits``.
    case int64
    /// An IEEE 754 double, with NaN and the infinities.
    case float64
    /// A decimal of any precision, kept as text exactly as the store gave it (see ``DecimalText``).
    case decimal
    /// Any Unicode text, as UTF-8.
    case text
    case bytes
    /// A day, as days since 1970-01-01 in the proleptic Gregorian calendar; years 1 to 9999.
    case date
    /// A time of day, as microseconds since midnight (24:00:00 allowed).
    case time
    /// A date and time without zone, as microseconds since 1970-01-01T00:00:00.
    case timestamp
    /// A point in time, as microseconds since 1970-01-01T00:00:00Z.
    case instant
    /// 16 bytes.
    case uuid
    /// JSON text, as the store gave it (see ``JSONText``).
    case json

    /// The name that messages, help texts and JSON output use.
    public var name: String {
        switch self {
        case .bool: "bool"
        case .int64: "int64"
        case .float64: "float64"
        case .decimal: "decimal"
        case .text: "text"
        case .bytes: "bytes"
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .instant: "instant"
        case .uuid: "uuid"
        case .json: "json"
        }
    }
}
