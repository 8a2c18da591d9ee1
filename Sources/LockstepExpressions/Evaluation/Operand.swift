import LockstepModel

/// A value in the form that expressions compute with: text as a slice of the UTF-8 bytes that it was read from.
enum Operand: Sendable {
    case null
    case bool(Bool)
    case int64(Int64)
    case float64(Double)
    case decimal(DecimalNumber)
    case text(ArraySlice<UInt8>)
    case date(Int64)
    case time(Int64)
    case timestamp(Int64)
    case instant(Int64)
    case uuid(ArraySlice<UInt8>)
    /// Microseconds.
    case duration(Int64)
    /// Bytes and JSON, which are only handed on or compared with null.
    case opaque(Value)

    var isNull: Bool { if case .null = self { true } else { false } }

    static func text(_ text: String) -> Operand { .text(ArraySlice(text.utf8)) }

    /// The value at the edge; durations have none.
    var value: Value {
        switch self {
        case .null, .duration: .null
        case .bool(let value): .bool(value)
        case .int64(let value): .int64(value)
        case .float64(let value): .float64(value)
        case .decimal(let number): .decimal(number.text)
        case .text(let bytes): .text(String(decoding: bytes, as: UTF8.self))
        case .date(let days): .date(days)
        case .time(let microseconds): .time(microseconds)
        case .timestamp(let microseconds): .timestamp(microseconds)
        case .instant(let microseconds): .instant(microseconds)
        case .uuid(let bytes): .uuid(Array(bytes))
        case .opaque(let value): value
        }
    }

    /// -1, 0 or 1; nil where there is no order (NaN). Both are of one type and not null.
    static func order(_ left: Operand, _ right: Operand) -> Int? {
        switch (left, right) {
        case (.bool(let left), .bool(let right)): return order(left ? 1 : 0, right ? 1 : 0)
        case (.int64(let left), .int64(let right)), (.date(let left), .date(let right)),
            (.time(let left), .time(let right)), (.timestamp(let left), .timestamp(let right)),
            (.instant(let left), .instant(let right)), (.duration(let left), .duration(let right)):
            return order(left, right)
        case (.float64(let left), .float64(let right)):
            return left.isNaN || right.isNaN ? nil : order(left, right)
        case (.decimal(let left), .decimal(let right)):
            return DecimalNumber.order(left, right)
        case (.text(let left), .text(let right)), (.uuid(let left), .uuid(let right)):
            return BytesOrder.compare(left, right)
        default: return nil
        }
    }

    private static func order<Number: Comparable>(_ left: Number, _ right: Number) -> Int {
        left == right ? 0 : (left < right ? -1 : 1)
    }
}

extension Comparison {
    /// The answer for two operands, either of which may be null: always true or false
    /// (OData 4.01 URL Conventions, sections 5.1.1.1.1 to 5.1.1.1.6).
    func holds(_ left: Operand, _ right: Operand) -> Bool {
        if left.isNull || right.isNull {
            switch self {
            case .eq: return left.isNull && right.isNull
            case .ne: return left.isNull != right.isNull
            case .gt, .ge, .lt, .le: return false
            }
        }
        return holds(Operand.order(left, right))
    }

    /// The answer for an order; NaN, which has none, equals nothing.
    @inline(__always)
    func holds(_ order: Int?) -> Bool {
        guard let order else { return self == .ne }
        return switch self {
        case .eq: order == 0
        case .ne: order != 0
        case .gt: order > 0
        case .ge: order >= 0
        case .lt: order < 0
        case .le: order <= 0
        }
    }
}
