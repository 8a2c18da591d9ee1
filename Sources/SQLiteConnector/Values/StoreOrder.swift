internal import LockstepModel
internal import SQLiteAccess

/// The order of keys (``KeyEncoder``) in SQL, whatever spelling the store's text has.
///
/// Dates and times of day have one spelling whose bytes sort rightly. Timestamps, instants, UUIDs and decimals kept as
/// text do not, so connections know collations that compare what the text stands for.
enum StoreOrder {
    private static let types: [ValueType] = [.timestamp, .instant, .uuid, .decimal]

    static func term(_ column: TableColumn) -> String {
        let name = quoted(column.name)
        switch column.type {
        case .timestamp, .instant, .uuid: return "\(name) COLLATE lockstep_\(column.type.name)"
        case .decimal: return column.affinity.turnsTextIntoNumbers ? name : "\(name) COLLATE lockstep_decimal"
        case .text, .json:
            return column.affinity == .text ? "\(name) COLLATE BINARY" : "CAST(\(name) AS TEXT) COLLATE BINARY"
        case .date, .time: return "\(name) COLLATE BINARY"
        case .bool, .int64, .float64, .bytes: return name
        }
    }

    static func register(in database: SQLiteDatabase) throws(SQLiteError) {
        for type in types {
            try database.addCollation("lockstep_\(type.name)") { left, right in compare(type, left, right) }
        }
    }

    /// Unreadable text comes before everything readable, in the order of its bytes, so that the order is total.
    private static func compare(_ type: ValueType, _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer)
        -> Int
    {
        if left.elementsEqual(right) { return 0 }
        switch type {
        case .timestamp:
            return order(
                ISOText.parseDateTime(left)?.microseconds, ISOText.parseDateTime(right)?.microseconds, left, right)
        case .instant:
            let instants = [left, right].map { ISOText.parseDateTime($0).map { $0.microseconds - ($0.offset ?? 0) } }
            return order(instants[0], instants[1], left, right)
        case .uuid:
            guard let first = UUIDText.parse(left), let second = UUIDText.parse(right) else {
                return order(UUIDText.parse(left).map { _ in 0 }, UUIDText.parse(right).map { _ in 0 }, left, right)
            }
            return first == second ? 0 : (first.lexicographicallyPrecedes(second) ? -1 : 1)
        default:
            guard let first = DecimalText.parts(left), let second = DecimalText.parts(right) else {
                return order(
                    DecimalText.parts(left).map { _ in 0 }, DecimalText.parts(right).map { _ in 0 }, left, right)
            }
            return DecimalText.compare(first, second)
        }
    }

    private static func order(
        _ first: Int64?, _ second: Int64?, _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
    ) -> Int {
        switch (first, second) {
        case (nil, nil): left.lexicographicallyPrecedes(right) ? -1 : 1
        case (nil, _): -1
        case (_, nil): 1
        case (let first?, let second?): first == second ? 0 : (first < second ? -1 : 1)
        }
    }
}
