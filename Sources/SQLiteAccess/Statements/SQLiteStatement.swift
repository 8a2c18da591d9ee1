internal import CSQLite
public import LockstepModel

/// A prepared statement: bind, step, look at the columns, reset. Used where its connection is used.
public final class SQLiteStatement {
    /// A value's storage class (https://www.sqlite.org/datatype3.html).
    public enum StorageClass: Int32, Sendable {
        case integer = 1
        case real
        case text
        case blob
        case null

        /// As SQLite spells it, for messages.
        public var name: String {
            switch self {
            case .integer: "INTEGER"
            case .real: "REAL"
            case .text: "TEXT"
            case .blob: "BLOB"
            case .null: "NULL"
            }
        }
    }

    public let sql: String
    private let handle: OpaquePointer
    private let connection: OpaquePointer
    /// Between being handed out and ``reset()``: the cache does not hand it out twice.
    private(set) var isInUse = false

    init(handle connection: OpaquePointer, sql: String) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let result = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard result == SQLITE_OK else { throw SQLiteError(handle: connection, resultCode: result) }
        guard let prepared else {
            throw SQLiteError(code: SQLITE_MISUSE, extendedCode: SQLITE_MISUSE, message: "the statement is empty")
        }
        self.sql = sql
        self.connection = connection
        handle = prepared
    }

    deinit { sqlite3_finalize(handle) }

    func prepareForUse() {
        isInUse = true
        sqlite3_clear_bindings(handle)
    }

    // MARK: Binding, counted from 1

    public func bindNull(at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_null(handle, Int32(index)))
    }

    public func bind(_ integer: Int64, at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_int64(handle, Int32(index), integer))
    }

    /// A NaN is stored as NULL by SQLite; callers that mind look first.
    public func bind(_ double: Double, at index: Int) throws(SQLiteError) {
        try check(sqlite3_bind_double(handle, Int32(index), double))
    }

    public func bind(_ text: String, at index: Int) throws(SQLiteError) {
        var text = text
        let result = text.withUTF8 { bytes in
            Self.bindText(handle, index, UnsafeRawBufferPointer(bytes), copying: true)
        }
        try check(result)
    }

    public func bind(text bytes: UnsafeRawBufferPointer, at index: Int) throws(SQLiteError) {
        try check(Self.bindText(handle, index, bytes, copying: true))
    }

    public func bind(_ bytes: [UInt8], at index: Int) throws(SQLiteError) {
        try check(bytes.withUnsafeBytes { Self.bindBlob(handle, index, $0, copying: true) })
    }

    /// Binds UTF-8 without copying it: the memory must stay as it is until the parameter is bound anew or the
    /// statement is never stepped again.
    public func bindStatic(text bytes: UnsafeRawBufferPointer, at index: Int) throws(SQLiteError) {
        try check(Self.bindText(handle, index, bytes, copying: false))
    }

    /// Binds a blob without copying it, on the terms of ``bindStatic(text:at:)``.
    public func bindStatic(blob bytes: UnsafeRawBufferPointer, at index: Int) throws(SQLiteError) {
        try check(Self.bindBlob(handle, index, bytes, copying: false))
    }

    /// Binds by storage class: bool as 0 or 1, decimal and json as text, date and time types as ISO text, uuid as
    /// lower-case text.
    public func bind(_ value: Value, at index: Int) throws(SQLiteError) {
        switch value {
        case .null, .unchanged, .invalid: try bindNull(at: index)
        case .bool(let value): try bind(value ? 1 : 0 as Int64, at: index)
        case .int64(let value): try bind(value, at: index)
        case .float64(let value): try bind(value, at: index)
        case .decimal(let value), .text(let value), .json(let value): try bind(value, at: index)
        case .bytes(let value): try bind(value, at: index)
        case .date, .time, .timestamp, .instant, .uuid: try bind(value.displayText, at: index)
        }
    }

    // MARK: Running

    /// Goes to the next row; false at the end.
    @inline(__always)
    public func step() throws(SQLiteError) -> Bool {
        let result = sqlite3_step(handle)
        if result == SQLITE_ROW { return true }
        guard result == SQLITE_DONE else {
            let error = SQLiteError(handle: connection, resultCode: result)
            sqlite3_reset(handle)
            throw error
        }
        return false
    }

    /// Runs a statement that returns no rows, and makes it ready to be bound again; it stays handed out.
    public func run() throws(SQLiteError) {
        while try step() {}
        sqlite3_reset(handle)
    }

    /// Makes the statement ready to be run again with other bindings; it stays handed out.
    public func rewind() { sqlite3_reset(handle) }

    /// Ends the use of the statement: releases its locks and gives it back to the cache.
    public func reset() {
        sqlite3_reset(handle)
        isInUse = false
    }

    // MARK: Columns of the current row, counted from 0

    public var columnCount: Int { Int(sqlite3_column_count(handle)) }

    public func columnName(_ column: Int) -> String {
        sqlite3_column_name(handle, Int32(column)).map { String(cString: $0) } ?? ""
    }

    @inline(__always)
    public func storageClass(_ column: Int) -> StorageClass {
        StorageClass(rawValue: sqlite3_column_type(handle, Int32(column))) ?? .null
    }

    @inline(__always)
    public func integer(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(column)) }

    @inline(__always)
    public func double(_ column: Int) -> Double { sqlite3_column_double(handle, Int32(column)) }

    /// The UTF-8 of a text, valid until the next step or reset.
    @inline(__always)
    public func text(_ column: Int) -> UnsafeRawBufferPointer {
        let pointer = sqlite3_column_text(handle, Int32(column))
        return UnsafeRawBufferPointer(start: pointer, count: Int(sqlite3_column_bytes(handle, Int32(column))))
    }

    /// The bytes of a blob, valid until the next step or reset.
    @inline(__always)
    public func blob(_ column: Int) -> UnsafeRawBufferPointer {
        let pointer = sqlite3_column_blob(handle, Int32(column))
        return UnsafeRawBufferPointer(start: pointer, count: Int(sqlite3_column_bytes(handle, Int32(column))))
    }

    /// A value as it is stored; bytes are valid until the next step or reset.
    public enum Stored {
        case null
        case integer(Int64)
        case real(Double)
        case text(UnsafeRawBufferPointer)
        case blob(UnsafeRawBufferPointer)
    }

    /// A column's value, looked up once. The connection is used by one thread at a time and opened without SQLite's own
    /// locks, so that the value needs no protection (https://www.sqlite.org/c3ref/value.html).
    @inline(__always)
    public func stored(_ column: Int) -> Stored {
        let value = sqlite3_column_value(handle, Int32(column))
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER: return .integer(sqlite3_value_int64(value))
        case SQLITE_FLOAT: return .real(sqlite3_value_double(value))
        case SQLITE_TEXT:
            let bytes = sqlite3_value_text(value)
            return .text(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_value_bytes(value))))
        case SQLITE_BLOB:
            let bytes = sqlite3_value_blob(value)
            return .blob(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_value_bytes(value))))
        default: return .null
        }
    }

    /// Binds a value of another statement of the same connection, which copies its bytes.
    public func bind(_ stored: Stored, at index: Int) throws(SQLiteError) {
        switch stored {
        case .null: try bindNull(at: index)
        case .integer(let value): try bind(value, at: index)
        case .real(let value): try bind(value, at: index)
        case .text(let bytes): try bind(text: bytes, at: index)
        case .blob(let bytes): try bind(Array(bytes), at: index)
        }
    }

    public func value(_ column: Int) -> Value {
        switch storageClass(column) {
        case .integer: .int64(integer(column))
        case .real: .float64(double(column))
        case .text: .text(String(decoding: text(column), as: UTF8.self))
        case .blob: .bytes(Array(blob(column)))
        case .null: .null
        }
    }

    // MARK: Inside

    /// An empty text or blob at a nil pointer would bind NULL, so empty values point at some byte.
    private static func bindText(
        _ handle: OpaquePointer, _ index: Int, _ bytes: UnsafeRawBufferPointer, copying: Bool
    ) -> Int32 {
        guard let base = bytes.baseAddress, !bytes.isEmpty else {
            return lockstep_bind_text_copy(handle, Int32(index), "", 0)
        }
        let text = base.assumingMemoryBound(to: CChar.self)
        return copying
            ? lockstep_bind_text_copy(handle, Int32(index), text, UInt64(bytes.count))
            : lockstep_bind_text_static(handle, Int32(index), text, UInt64(bytes.count))
    }

    private static func bindBlob(
        _ handle: OpaquePointer, _ index: Int, _ bytes: UnsafeRawBufferPointer, copying: Bool
    ) -> Int32 {
        guard let base = bytes.baseAddress, !bytes.isEmpty else {
            return lockstep_bind_blob_copy(handle, Int32(index), "", 0)
        }
        return copying
            ? lockstep_bind_blob_copy(handle, Int32(index), base, UInt64(bytes.count))
            : lockstep_bind_blob_static(handle, Int32(index), base, UInt64(bytes.count))
    }

    @inline(__always)
    private func check(_ result: Int32) throws(SQLiteError) {
        guard result == SQLITE_OK else { throw SQLiteError(handle: connection, resultCode: result) }
    }
}
