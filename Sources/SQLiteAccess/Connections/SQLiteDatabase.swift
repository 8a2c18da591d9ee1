internal import CSQLite
public import LockstepModel

/// One connection to an SQLite file, with its statements.
///
/// Not `Sendable`: a connection belongs to one actor or one thread, which also spares SQLite its own locks
/// (`SQLITE_OPEN_NOMUTEX`). Calls block; an actor that owns a connection runs on a thread of its own.
public final class SQLiteDatabase {
    /// How a file is opened.
    public enum Mode: Sendable, Hashable {
        /// The file must exist and is never written.
        case readOnly
        /// The file must exist.
        case readWrite
        /// The file is made where there is none.
        case create
    }

    /// Statements kept prepared per connection: more than a connector or the state database uses at a time, few enough
    /// to stay small where SQL is generated.
    public static let statementCacheLimit = 128

    /// Turns off the counting of allocated bytes, which costs a lock at each allocation and which nobody reads. SQLite
    /// refuses where it is in use already; then it only stays slower.
    private static let withoutMemoryStatistics: Int32 = lockstep_config_int(SQLITE_CONFIG_MEMSTATUS, 0)

    let handle: OpaquePointer
    private var cache: [String: SQLiteStatement] = [:]
    private var collations: [SQLiteCollation] = []
    private var isClosed = false
    /// Held because SQLite calls it unretained.
    var readingGuard: SQLiteReadingGuard?
    var deadline: SQLiteDeadline?

    /// Opens a file, or a private database in memory for the path `:memory:`.
    ///
    /// - Parameter busyTimeoutMilliseconds: how long a statement waits for another connection's lock.
    /// - Throws: ``SQLiteError``. A file that is no database is found at the first statement, not here.
    public init(path: String, mode: Mode = .readWrite, busyTimeoutMilliseconds: Int32 = 5000) throws(SQLiteError) {
        let access =
            switch mode {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        _ = Self.withoutMemoryStatistics
        var opened: OpaquePointer?
        let result = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard result == SQLITE_OK, let opened else {
            let error = SQLiteError(handle: opened, resultCode: result)
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
        sqlite3_busy_timeout(handle, busyTimeoutMilliseconds)
    }

    deinit { close() }

    /// Lets no trigger of this connection run from now on (<https://www.sqlite.org/c3ref/c_dbconfig_defensive.html>,
    /// `SQLITE_DBCONFIG_ENABLE_TRIGGER`).
    public func disableTriggers() throws(SQLiteError) {
        try check(lockstep_db_config_int(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0))
    }

    /// Ends the connection and rolls back what is open. Callable twice. Statements that are still held go on to be
    /// finalized when they are let go, and fail if used.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        cache.removeAll()
        sqlite3_close_v2(handle)
    }

    // MARK: Statements

    /// Runs one or several statements and throws their rows away.
    public func execute(_ sql: String) throws(SQLiteError) {
        try check(sqlite3_exec(openHandle(), sql, nil, nil, nil))
    }

    /// A statement ready to be bound: from the cache where nobody is using it, otherwise prepared anew.
    public func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let cached = cache[sql], !cached.isInUse, !isClosed {
            cached.prepareForUse()
            return cached
        }
        let statement = try SQLiteStatement(handle: openHandle(), sql: sql)
        statement.prepareForUse()
        guard cache[sql] == nil else { return statement }
        if cache.count >= Self.statementCacheLimit { cache = cache.filter { $0.value.isInUse } }
        if cache.count < Self.statementCacheLimit { cache[sql] = statement }
        return statement
    }

    /// Runs a statement with values bound to `?1`, `?2` … and returns all rows, each value by its storage class
    /// (`int64`, `float64`, `text`, `bytes`, `null`). For small results: state, schemas, tests.
    @discardableResult
    public func query(_ sql: String, _ bindings: [Value] = []) throws(SQLiteError) -> [[Value]] {
        let statement = try prepare(sql)
        defer { statement.reset() }
        for (index, value) in bindings.enumerated() { try statement.bind(value, at: index + 1) }
        var rows: [[Value]] = []
        while try statement.step() {
            rows.append((0..<statement.columnCount).map(statement.value))
        }
        return rows
    }

    /// The first column of the first row, nil without a row.
    public func value(_ sql: String, _ bindings: [Value] = []) throws(SQLiteError) -> Value? {
        try query(sql, bindings).first?.first
    }

    /// The first column of the first row as an integer, nil without a row or for another storage class.
    public func integer(_ sql: String, _ bindings: [Value] = []) throws(SQLiteError) -> Int64? {
        guard case .int64(let integer)? = try value(sql, bindings) else { return nil }
        return integer
    }

    // MARK: Transactions

    /// How a transaction begins: `immediate` takes the write lock at once, so that it cannot fail half-way for it.
    public enum TransactionKind: String, Sendable { case deferred, immediate, exclusive }

    /// Runs the body in a transaction: committed when it returns, rolled back when it throws.
    @discardableResult
    public func transaction<Result>(
        _ kind: TransactionKind = .immediate, _ body: () throws -> Result
    ) throws -> Result {
        try execute("BEGIN \(kind.rawValue)")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            rollback()
            throw error
        }
    }

    /// Rolls back what is open; does nothing without a transaction (SQLite ends some by itself, on a full disk).
    public func rollback() {
        guard isInTransaction else { return }
        sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    }

    public var isInTransaction: Bool { !isClosed && sqlite3_get_autocommit(handle) == 0 }

    // MARK: Facts

    public var lastInsertRowID: Int64 { isClosed ? 0 : sqlite3_last_insert_rowid(handle) }
    /// Rows that the last statement itself changed.
    public var changes: Int64 { isClosed ? 0 : sqlite3_changes64(handle) }
    /// Rows changed since the connection was opened, those of triggers and foreign key actions included.
    public var totalChanges: Int64 { isClosed ? 0 : sqlite3_total_changes64(handle) }

    /// A number that changes when another connection commits (`PRAGMA data_version`).
    public func dataVersion() throws(SQLiteError) -> Int64 { try integer("PRAGMA data_version") ?? 0 }

    public var isReadOnly: Bool { !isClosed && sqlite3_db_readonly(handle, "main") == 1 }

    /// Makes an order of text known to this connection, for `ORDER BY x COLLATE name`.
    ///
    /// - Parameter compare: negative, 0 or positive; a total order over any bytes.
    public func addCollation(
        _ name: String, _ compare: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int
    ) throws(SQLiteError) {
        let collation = SQLiteCollation(compare)
        let result = sqlite3_create_collation_v2(
            try openHandle(), name, SQLITE_UTF8, Unmanaged.passUnretained(collation).toOpaque(),
            { context, leftCount, left, rightCount, right in
                guard let context else { return 0 }
                let collation = Unmanaged<SQLiteCollation>.fromOpaque(context).takeUnretainedValue()
                return Int32(
                    collation.compare(
                        UnsafeRawBufferPointer(start: left, count: Int(leftCount)),
                        UnsafeRawBufferPointer(start: right, count: Int(rightCount))))
            }, nil)
        try check(result)
        collations.append(collation)
    }

    private func openHandle() throws(SQLiteError) -> OpaquePointer {
        guard !isClosed else {
            throw SQLiteError(code: SQLITE_MISUSE, extendedCode: SQLITE_MISUSE, message: "the connection is closed")
        }
        return handle
    }

    private func check(_ result: Int32) throws(SQLiteError) {
        guard result == SQLITE_OK else { throw SQLiteError(handle: handle, resultCode: result) }
    }
}

/// Keeps a collation's function alive as long as its connection, which calls it unretained.
final class SQLiteCollation {
    let compare: @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int

    init(_ compare: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int) {
        self.compare = compare
    }
}
