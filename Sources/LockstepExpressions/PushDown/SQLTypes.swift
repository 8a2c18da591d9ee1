import LockstepModel

/// Which fields a dialect can be asked about, and what its values might be that the engine cannot read.
enum SQLTypes {
    static func quoted(_ field: FieldReference) -> String {
        let name = String(
            field.description.name.unicodeScalars.flatMap { $0 == "\"" ? [$0, $0] : [$0] }.map(Character.init))
        return "\"\(name)\""
    }

    static func postgreSQLName(_ type: ValueType) -> String {
        switch type {
        case .bool: "boolean"
        case .int64: "bigint"
        case .float64: "double precision"
        case .decimal: "numeric"
        case .text: "text"
        case .bytes: "bytea"
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .instant: "timestamptz"
        case .uuid: "uuid"
        case .json: "json"
        }
    }

    /// Whether the store's own comparisons of the field are the engine's.
    static func isComparable(_ field: FieldReference, _ dialect: Dialect) -> Bool {
        switch dialect {
        case .sqlite:
            switch field.description.type {
            case .int64, .float64, .bool: return true
            case .text: return affinity(field.description.nativeType) == .text
            case .decimal, .bytes, .date, .time, .timestamp, .instant, .uuid, .json: return false
            }
        case .postgresql:
            let native = plainName(field.description.nativeType)
            switch field.description.type {
            case .int64: return ["smallint", "integer", "bigint", "int", "int2", "int4", "int8"].contains(native)
            case .float64: return ["real", "double precision", "float4", "float8"].contains(native)
            case .decimal: return ["numeric", "decimal"].contains(native)
            case .text: return isPlainText(field) || field.description.labels != nil
            case .bool: return ["boolean", "bool"].contains(native)
            case .date: return native == "date"
            case .time: return ["time", "time without time zone"].contains(native)
            case .timestamp: return ["timestamp", "timestamp without time zone"].contains(native)
            case .instant: return ["timestamptz", "timestamp with time zone"].contains(native)
            case .uuid: return native == "uuid"
            case .bytes, .json: return false
            }
        }
    }

    /// PostgreSQL text whose `=` finds at least what is equal byte for byte, and can use an index.
    static func isPlainText(_ field: FieldReference) -> Bool {
        ["text", "character varying", "varchar"].contains(plainName(field.description.nativeType))
    }

    /// `numeric(10, 2)` without its parentheses, in lower case.
    private static func plainName(_ native: String) -> String {
        var name = ""
        var depth = 0
        for character in native.lowercased() {
            if character == "(" { depth += 1 }
            if depth == 0 { name.append(character) }
            if character == ")" { depth -= 1 }
        }
        return name.split(separator: " ").joined(separator: " ")
    }

    enum Affinity { case integer, text, blob, real, numeric }

    /// The affinity of a declared type (SQLite, "Datatypes In SQLite", section 3.1).
    static func affinity(_ native: String) -> Affinity {
        let name = native.uppercased()
        if name.contains("INT") { return .integer }
        if name.contains("CHAR") || name.contains("CLOB") || name.contains("TEXT") { return .text }
        if name.contains("BLOB") || name.isEmpty { return .blob }
        if name.contains("REAL") || name.contains("FLOA") || name.contains("DOUB") { return .real }
        return .numeric
    }

    /// Whether the field holds nothing but what the engine reads as its type, or cannot read at all: SQLite may hold
    /// a number in another form, which the engine reads and ``unreadable(_:_:)`` lets through.
    static func isCertain(_ field: FieldReference, _ dialect: Dialect) -> Bool {
        guard dialect == .sqlite else { return true }
        let affinity = affinity(field.description.nativeType)
        return switch field.description.type {
        case .int64: affinity == .integer
        case .float64: affinity == .real
        case .text: affinity == .text
        case .bool, .decimal, .bytes, .date, .time, .timestamp, .instant, .uuid, .json: false
        }
    }

    /// A condition for what the store holds in the field outside the field's type; nil where it can hold nothing such.
    static func unreadable(_ field: FieldReference, _ dialect: Dialect) -> SQLFragment? {
        let name = quoted(field)
        switch dialect {
        case .sqlite:
            switch field.description.type {
            case .int64: return "typeof(\(sql: name)) NOT IN ('integer', 'null')"
            case .float64: return "typeof(\(sql: name)) NOT IN ('real', 'null')"
            case .text: return "typeof(\(sql: name)) NOT IN ('text', 'null')"
            case .bool: return "typeof(\(sql: name)) NOT IN ('integer', 'null') OR \(sql: name) NOT IN (0, 1)"
            case .decimal, .bytes, .date, .time, .timestamp, .instant, .uuid, .json: return nil
            }
        case .postgresql:
            switch field.description.type {
            case .date: return "\(sql: name) < '0001-01-01'::date OR \(sql: name) > '9999-12-31'::date"
            case .timestamp:
                return """
                    \(sql: name) < '0001-01-01 00:00:00'::timestamp \
                    OR \(sql: name) > '9999-12-31 23:59:59.999999'::timestamp
                    """
            case .instant:
                return """
                    \(sql: name) < '0001-01-01 00:00:00+00'::timestamptz \
                    OR \(sql: name) > '9999-12-31 23:59:59.999999+00'::timestamptz
                    """
            case .bool, .int64, .float64, .decimal, .text, .bytes, .time, .uuid, .json: return nil
            }
        }
    }
}
