/// One field of one row in a ``RowBatch``: 16 trivial bytes, a kind, a length and the number itself or an offset.
@frozen
public struct Cell: Sendable {
    /// What a cell holds. The first kinds are the neutral types under the same raw values (``ValueType``).
    @frozen
    public enum Kind: UInt8, Sendable {
        case null = 0
        case bool = 1
        case int64
        case float64
        case decimal
        case text
        case bytes
        case date
        case time
        case timestamp
        case instant
        case uuid
        case json
        /// A large column that the store did not send because it did not change.
        case unchanged = 32
        /// Something that the field's declared type does not explain; the heap bytes say what, never the value.
        case invalid = 33

        @inlinable
        public init(_ type: ValueType) {
            // The raw values agree by definition; a kind that did not would fail the model's tests.
            self = Kind(rawValue: type.rawValue) ?? .invalid
        }

        /// Whether the value's bytes stand in the batch's heap.
        @inlinable
        public var isOnHeap: Bool {
            switch self {
            case .decimal, .text, .bytes, .uuid, .json, .invalid: true
            case .null, .bool, .int64, .float64, .date, .time, .timestamp, .instant, .unchanged: false
            }
        }
    }

    /// The number (integers, days, microseconds, bool, the double's bit pattern) or the offset in the heap.
    public var bits: UInt64
    /// Bytes on the heap; 0 for cells that hold their number themselves.
    public var length: UInt32
    public var kind: Kind

    @inlinable
    public init(kind: Kind, bits: UInt64, length: UInt32 = 0) {
        self.bits = bits
        self.length = length
        self.kind = kind
    }

    public static let null = Cell(kind: .null, bits: 0)
    public static let unchanged = Cell(kind: .unchanged, bits: 0)

    @inlinable
    public init(bool value: Bool) { self.init(kind: .bool, bits: value ? 1 : 0) }

    @inlinable
    public init(float64 value: Double) { self.init(kind: .float64, bits: value.bitPattern) }

    /// For int64, date (days), time, timestamp and instant (microseconds).
    @inlinable
    public init(_ kind: Kind, integer value: Int64) { self.init(kind: kind, bits: UInt64(bitPattern: value)) }

    @inlinable
    public var integer: Int64 { Int64(bitPattern: bits) }

    @inlinable
    public var float64: Double { Double(bitPattern: bits) }

    @inlinable
    public var isNull: Bool { kind == .null }
}
