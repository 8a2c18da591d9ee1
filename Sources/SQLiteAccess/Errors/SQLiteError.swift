internal import CSQLite
internal import Glibc

/// What SQLite refused, in its own words. Never holds a value: SQLite's messages name constraints and columns only,
/// except those that a trigger raises, whose text the schema's author chose.
public struct SQLiteError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The primary result code (https://www.sqlite.org/rescode.html): 5 is `SQLITE_BUSY`.
    public var code: Int32
    /// The extended result code: 2067 is `SQLITE_CONSTRAINT_UNIQUE`.
    public var extendedCode: Int32
    public var message: String

    public init(code: Int32, extendedCode: Int32, message: String) {
        self.code = code
        self.extendedCode = extendedCode
        self.message = message
    }

    public var description: String { "SQLite \(extendedCode): \(message)" }

    init(handle: OpaquePointer?, resultCode: Int32) {
        let extended = handle.map { sqlite3_extended_errcode($0) } ?? resultCode
        let matches = extended & 0xFF == resultCode & 0xFF
        extendedCode = matches ? extended : resultCode
        code = resultCode & 0xFF
        let text = matches ? handle.flatMap { sqlite3_errmsg($0) } : sqlite3_errstr(resultCode)
        message = text.map { String(cString: $0) } ?? "unknown error"
        guard code == SQLITE_IOERR, let handle, let reason = Self.reasonForNoRoom(handle) else { return }
        (code, message) = (SQLITE_FULL, reason)
    }

    /// SQLite takes only one of the three ways in which a file cannot grow for a full disk.
    private static func reasonForNoRoom(_ handle: OpaquePointer) -> String? {
        let number = sqlite3_system_errno(handle)
        return [ENOSPC, EDQUOT, EFBIG].contains(number) ? String(cString: strerror(number)) : nil
    }

    /// The primary codes that callers decide by.
    public static let error: Int32 = SQLITE_ERROR
    public static let permission: Int32 = SQLITE_PERM
    public static let busy: Int32 = SQLITE_BUSY
    public static let locked: Int32 = SQLITE_LOCKED
    public static let readOnly: Int32 = SQLITE_READONLY
    public static let inputOutput: Int32 = SQLITE_IOERR
    public static let corrupt: Int32 = SQLITE_CORRUPT
    public static let full: Int32 = SQLITE_FULL
    public static let cannotOpen: Int32 = SQLITE_CANTOPEN
    public static let schema: Int32 = SQLITE_SCHEMA
    public static let tooBig: Int32 = SQLITE_TOOBIG
    public static let constraint: Int32 = SQLITE_CONSTRAINT
    public static let mismatch: Int32 = SQLITE_MISMATCH
    public static let interrupted: Int32 = SQLITE_INTERRUPT
    public static let misuse: Int32 = SQLITE_MISUSE
    public static let notADatabase: Int32 = SQLITE_NOTADB

    /// The extended codes of constraints.
    public static let constraintCheck: Int32 = SQLITE_CONSTRAINT | 1 << 8
    public static let constraintForeignKey: Int32 = SQLITE_CONSTRAINT | 3 << 8
    public static let constraintNotNull: Int32 = SQLITE_CONSTRAINT | 5 << 8
    public static let constraintPrimaryKey: Int32 = SQLITE_CONSTRAINT | 6 << 8
    public static let constraintTrigger: Int32 = SQLITE_CONSTRAINT | 7 << 8
    public static let constraintUnique: Int32 = SQLITE_CONSTRAINT | 8 << 8
    public static let constraintRowID: Int32 = SQLITE_CONSTRAINT | 10 << 8
    public static let constraintDatatype: Int32 = SQLITE_CONSTRAINT | 12 << 8
}
