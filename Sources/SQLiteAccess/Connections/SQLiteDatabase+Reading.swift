internal import CSQLite

/// Keeps a connection to reading, notes what its statements read, and can stop them.
///
/// Used on the connection's own thread; ``shouldStop`` may look at what other threads set.
public final class SQLiteReadingGuard {
    /// Tables and views that statements prepared so far read, as the schema spells them.
    public private(set) var tables: Set<String> = []
    /// A statement was refused because it does more than read.
    public private(set) var hasRefused = false
    /// Asked every some 10 000 instructions; true ends the statement with `SQLITE_INTERRUPT`.
    public var shouldStop: () -> Bool = { false }

    /// Pragmas that only tell something, without a value to set.
    private static let plainPragmas: Set<String> = [
        "application_id", "collation_list", "compile_options", "data_version", "encoding", "function_list",
        "module_list", "page_count", "page_size", "pragma_list", "schema_version", "table_list", "user_version",
    ]
    /// Pragmas that take the name of what they tell of.
    private static let namedPragmas: Set<String> = [
        "foreign_key_list", "index_info", "index_list", "index_xinfo", "table_info", "table_list", "table_xinfo",
    ]

    fileprivate init() {}

    fileprivate func allows(_ action: Int32, _ first: String?, _ second: String?) -> Bool {
        let isAllowed =
            switch action {
            case SQLITE_SELECT, SQLITE_RECURSIVE: true
            case SQLITE_FUNCTION: second?.lowercased() != "load_extension"
            case SQLITE_READ: true
            // How table-valued functions make themselves known; the table itself is never writable.
            case SQLITE_UPDATE: first == "sqlite_master"
            case SQLITE_PRAGMA:
                first.map { $0.lowercased() }.map {
                    Self.namedPragmas.contains($0) || (second == nil && Self.plainPragmas.contains($0))
                } ?? false
            default: false
            }
        if action == SQLITE_READ, let first { tables.insert(first) }
        if !isAllowed { hasRefused = true }
        return isAllowed
    }
}

extension SQLiteDatabase {
    /// From now on statements can only read (<https://www.sqlite.org/c3ref/set_authorizer.html>): whatever writes, attaches
    /// files, begins transactions or sets something is refused when it is prepared.
    ///
    /// - Returns: the guard, which the connection holds.
    public func restrictToReading() -> SQLiteReadingGuard {
        let guardian = SQLiteReadingGuard()
        readingGuard = guardian
        let context = Unmanaged.passUnretained(guardian).toOpaque()
        sqlite3_set_authorizer(
            handle,
            { context, action, first, second, _, _ in
                guard let context else { return SQLITE_DENY }
                let guardian = Unmanaged<SQLiteReadingGuard>.fromOpaque(context).takeUnretainedValue()
                let isAllowed = guardian.allows(
                    action, first.map { String(cString: $0) }, second.map { String(cString: $0) })
                return isAllowed ? SQLITE_OK : SQLITE_DENY
            }, context)
        sqlite3_progress_handler(
            handle, 10_000,
            { context in
                guard let context else { return 0 }
                return Unmanaged<SQLiteReadingGuard>.fromOpaque(context).takeUnretainedValue().shouldStop() ? 1 : 0
            }, context)
        return guardian
    }

    /// Prepares a statement that stands alone; blanks, comments and a semicolon may follow it.
    ///
    /// - Returns: nil where another statement follows.
    public func prepareSingle(_ sql: String) throws(SQLiteError) -> SQLiteStatement? {
        let statement = try prepare(sql)
        let isSingle = sql.withCString { text in
            var prepared: OpaquePointer?
            var rest: UnsafePointer<CChar>?
            guard sqlite3_prepare_v3(handle, text, -1, 0, &prepared, &rest) == SQLITE_OK else { return true }
            sqlite3_finalize(prepared)
            guard let rest else { return true }
            var following: OpaquePointer?
            let result = sqlite3_prepare_v3(handle, rest, -1, 0, &following, nil)
            sqlite3_finalize(following)
            return result == SQLITE_OK && following == nil
        }
        if !isSingle { statement.reset() }
        return isSingle ? statement : nil
    }
}
