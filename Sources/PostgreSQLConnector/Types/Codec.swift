import LockstepModel

/// How a column's values travel: PostgreSQL's own binary forms where there is one for a neutral type, the type's text
/// form for everything else.
enum Codec: Sendable, Hashable {
    case bool, int16, int32, int64, float32, float64, numeric
    case text
    /// `char(n)`: its trailing blanks mean nothing to PostgreSQL, so they are taken off when read.
    case paddedText
    case bytes, date, time, timestamp, instant, uuid, json, jsonb
    /// Arrays, enums, ranges, `inet`, `interval`, `xml` …: carried as the text that the type itself reads and prints.
    case foreign

    /// The codec of a base type by its OID (`pg_type.dat`: these never change).
    init(typeOID: UInt32) {
        self =
            switch typeOID {
            case 16: .bool
            case 21: .int16
            case 23: .int32
            case 20: .int64
            case 700: .float32
            case 701: .float64
            case 1700: .numeric
            case 25, 1043, 19: .text
            case 1042: .paddedText
            case 17: .bytes
            case 1082: .date
            case 1083: .time
            case 1114: .timestamp
            case 1184: .instant
            case 2950: .uuid
            case 114: .json
            case 3802: .jsonb
            default: .foreign
            }
    }

    var valueType: ValueType {
        switch self {
        case .bool: .bool
        case .int16, .int32, .int64: .int64
        case .float32, .float64: .float64
        case .numeric: .decimal
        case .text, .paddedText, .foreign: .text
        case .bytes: .bytes
        case .date: .date
        case .time: .time
        case .timestamp: .timestamp
        case .instant: .instant
        case .uuid: .uuid
        case .json, .jsonb: .json
        }
    }

    /// The element and array types that values are bound as; what has no binary form here is bound as text and cast.
    var bound: (element: UInt32, array: UInt32, arraySQL: String) {
        switch self {
        case .bool: (16, 1000, "pg_catalog.bool[]")
        case .int16: (21, 1005, "pg_catalog.int2[]")
        case .int32: (23, 1007, "pg_catalog.int4[]")
        case .int64: (20, 1016, "pg_catalog.int8[]")
        case .float32: (700, 1021, "pg_catalog.float4[]")
        case .float64: (701, 1022, "pg_catalog.float8[]")
        case .numeric: (1700, 1231, "pg_catalog.numeric[]")
        case .bytes: (17, 1001, "pg_catalog.bytea[]")
        case .date: (1082, 1182, "pg_catalog.date[]")
        case .time: (1083, 1183, "pg_catalog.time[]")
        case .timestamp: (1114, 1115, "pg_catalog.timestamp[]")
        case .instant: (1184, 1185, "pg_catalog.timestamptz[]")
        case .uuid: (2950, 2951, "pg_catalog.uuid[]")
        case .text, .paddedText, .json, .jsonb, .foreign: (25, 1009, "pg_catalog.text[]")
        }
    }
}
