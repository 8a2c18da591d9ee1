internal import LockstepModel

/// How SQLite treats what is put into a column (https://www.sqlite.org/datatype3.html section 3.1).
enum Affinity: Sendable {
    case integer, text, blob, real, numeric

    /// SQLite's own rules, in SQLite's order: `POINT` is INTEGER because it contains `INT`.
    init(declaredType: String, isStrict: Bool) {
        let type = declaredType.uppercased()
        if isStrict && type == "ANY" {
            self = .blob
        } else if type.contains("INT") {
            self = .integer
        } else if type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT") {
            self = .text
        } else if type.isEmpty || type.contains("BLOB") {
            self = .blob
        } else if type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB") {
            self = .real
        } else {
            self = .numeric
        }
    }

    var turnsTextIntoNumbers: Bool { self == .integer || self == .real || self == .numeric }
}

/// From a declared type to a neutral type, by the first rule whose word the upper-case declaration contains:
///
/// | declared type contains | neutral type |
/// |---|---|
/// | `BOOL` | bool |
/// | `INT` (as in SQLite, also in `POINT`) | int64 |
/// | `TIMESTAMPTZ`, `WITH TIME ZONE`, `WITH LOCAL TIME ZONE`, `INSTANT` | instant |
/// | `DATETIME`, `TIMESTAMP` | timestamp |
/// | `DATE` | date |
/// | `TIME` | time |
/// | `UUID`, `GUID` | uuid |
/// | `JSON` | json |
/// | `DEC`, `NUMERIC`, `NUMBER`, `MONEY` | decimal |
/// | `REAL`, `FLOA`, `DOUB` | float64 |
/// | `BLOB`, `BINARY` | bytes |
/// | anything else (`CHAR`, `CLOB`, `TEXT`, `ANY`, nothing) | text |
///
/// Lengths such as `varchar(40)` are not enforced by SQLite, so they are no maximum length.
enum TypeRules {
    private static let rules: [(words: [String], type: ValueType)] = [
        (["BOOL"], .bool),
        (["INT"], .int64),
        (["TIMESTAMPTZ", "WITH TIME ZONE", "WITH LOCAL TIME ZONE", "INSTANT"], .instant),
        (["DATETIME", "TIMESTAMP"], .timestamp),
        (["DATE"], .date),
        (["TIME"], .time),
        (["UUID", "GUID"], .uuid),
        (["JSON"], .json),
        (["DEC", "NUMERIC", "NUMBER", "MONEY"], .decimal),
        (["REAL", "FLOA", "DOUB"], .float64),
        (["BLOB", "BINARY"], .bytes),
    ]

    static func type(declared: String) -> ValueType {
        let upper = declared.uppercased()
        // "TIMESTAMP" has no INT in it, but "WITH TIME ZONE" types may be spelled with any other words around.
        for rule in rules where rule.words.contains(where: { upper.contains($0) }) { return rule.type }
        return .text
    }
}
