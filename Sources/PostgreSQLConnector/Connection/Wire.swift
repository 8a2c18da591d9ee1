import CPostgreSQL
import ConnectorKit

/// One connection to a server, through libpq: blocking calls, so it is used on its own ``thread`` only.
///
/// `@unchecked Sendable` because it is handed from its opener to the one actor that owns it, which runs on `thread`;
/// nobody else calls it after that.
final class Wire: @unchecked Sendable {
    let thread: DedicatedThread
    let handle: OpaquePointer
    private var preparedNames: [String: String] = [:]
    private var isClosed = false
    /// Prepared statements live in the server's memory: beyond this many, all are dropped and made again.
    private static let largestPreparedCount = 256

    /// Opens a connection and brings its session into the form that the decoders expect.
    static func open(_ settings: ConnectionSettings, replication: Bool = false) async throws -> Wire {
        let thread = DedicatedThread(replication ? "postgresql.replication" : "postgresql")
        return try await ThreadRunner(thread).run {
            try ConnectorError.translating("connecting to the store") {
                let wire = try Wire(settings, replication: replication, thread: thread)
                try wire.execute(replication ? settings.replicationSQL : settings.sessionSQL)
                return wire
            }
        }
    }

    private init(_ settings: ConnectionSettings, replication: Bool, thread: DedicatedThread) throws {
        self.thread = thread
        let keywords = settings.keywords(replication: replication)
        guard let handle = Self.connect(keywords) else {
            throw ServerError(state: "", message: "out of memory")
        }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else { throw Self.connectionError(handle) }
        // Notices are the server's remarks to a person at a terminal; nobody sits here.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }

    deinit { close() }

    /// Ends the connection early; nothing may be asked of it afterwards.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        PQfinish(handle)
    }

    private static func connect(_ keywords: [(String, String)]) -> OpaquePointer? {
        withCStrings(keywords.map(\.0)) { names in
            withCStrings(keywords.map(\.1)) { values in PQconnectdbParams(names, values, 1) }
        }
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        let bytes: [UInt8] = strings.reduce(into: []) { $0 += Array($1.utf8) + [0] }
        return bytes.withUnsafeBytes { buffer in
            var pointers: [UnsafePointer<CChar>?] = []
            var offset = 0
            for string in strings {
                pointers.append(buffer.bindMemory(to: CChar.self).baseAddress.map { $0 + offset })
                offset += string.utf8.count + 1
            }
            return body(pointers + [nil])
        }
    }

    /// libpq gives no SQLSTATE for a failed connection, so the server's words decide; other languages than English
    /// fall back to `unreachable`.
    private static func connectionError(_ handle: OpaquePointer) -> ConnectorError {
        let whole = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        func says(_ words: String...) -> Bool { words.contains { whole.contains($0) } }
        let message = ServerError.trimmed(PQerrorMessage(handle))
        let doing = "connecting to the store"
        if PQconnectionNeedsPassword(handle) == 1
            || says(
                "authentication failed", "no password supplied", "no pg_hba.conf entry", "is not permitted to log in")
            || (says("role \"") && says("does not exist"))
        {
            return ConnectorError(
                .credentials, doing: doing, message: message,
                hint: "Check the user name, the password, and the server's pg_hba.conf.")
        }
        if says("database \"") && says("does not exist") {
            return ConnectorError(
                .absent, doing: doing, message: message, hint: "Check the database's name in the URL.")
        }
        if says("must be superuser or replication role", "permission denied") {
            return ConnectorError(
                .forbidden, doing: doing, message: message,
                hint: "Run as a superuser: ALTER ROLE … REPLICATION; or grant the right that the message names.")
        }
        if says("too many clients", "too many connections", "connection slots", "max_wal_senders") {
            return ConnectorError(
                .busy, doing: doing, message: message,
                hint: "Raise max_connections or max_wal_senders, or close other connections.")
        }
        return ConnectorError(
            .unreachable, doing: doing, message: message, hint: "Check that the server runs and can be reached.")
    }

    // MARK: Statements

    /// Runs statements without parameters; the last one's result.
    @discardableResult
    func execute(_ sql: String) throws -> QueryResult {
        try checked(PQexec(handle, sql))
    }

    /// Runs one statement with bound values.
    @discardableResult
    func query(_ sql: String, _ parameters: Parameters, binary: Bool = false) throws -> QueryResult {
        let result = parameters.withPointers { values, lengths in
            PQexecParams(
                handle, sql, Int32(values.count), parameters.types, values, lengths, parameters.formats,
                binary ? 1 : 0)
        }
        return try checked(result)
    }

    @discardableResult
    func query(_ sql: String, _ texts: [String?] = []) throws -> QueryResult { try query(sql, Parameters(texts)) }

    /// Runs one statement that will come again: planned once, whatever its values.
    @discardableResult
    func prepared(_ sql: String, _ parameters: Parameters, binary: Bool = true) throws -> QueryResult {
        let name = try preparedName(sql, types: parameters.types)
        let result = parameters.withPointers { values, lengths in
            PQexecPrepared(
                handle, name, Int32(values.count), values, lengths, parameters.formats, binary ? 1 : 0)
        }
        return try checked(result)
    }

    /// Drops all prepared statements: their tables may have changed since.
    func forgetPrepared() throws {
        try execute("deallocate all")
        preparedNames.removeAll()
    }

    private func preparedName(_ sql: String, types: [UInt32]) throws -> String {
        if let name = preparedNames[sql] { return name }
        if preparedNames.count >= Self.largestPreparedCount {
            try forgetPrepared()
        }
        let name = "lockstep_\(preparedNames.count)"
        _ = try checked(PQprepare(handle, name, sql, Int32(types.count), types))
        preparedNames[sql] = name
        return name
    }

    func checked(_ result: OpaquePointer?) throws -> QueryResult {
        guard let result else { throw ServerError(result: nil, connection: handle) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH:
            return QueryResult(result)
        default:
            let error = ServerError(result: result, connection: handle)
            PQclear(result)
            throw error
        }
    }

    /// Reads results until the connection is ready for the next statement; the first failure among them.
    func drain() throws {
        var failure: (any Error)?
        while let result = PQgetResult(handle) {
            do { _ = try checked(result) } catch { failure = failure ?? error }
            if PQstatus(handle) == CONNECTION_BAD { break }
        }
        if let failure { throw failure }
    }

    /// Asks the server to stop what it does for this connection.
    func cancel() {
        guard let token = PQgetCancel(handle) else { return }
        var message = [CChar](repeating: 0, count: 256)
        PQcancel(token, &message, Int32(message.count))
        PQfreeCancel(token)
    }

    /// Within a transaction.
    ///
    /// - Returns: false where the server refused the statement; then it did nothing.
    func attempt(_ sql: String) throws -> Bool {
        try execute("savepoint lockstep_step")
        do {
            try execute(sql)
            try execute("release savepoint lockstep_step")
            return true
        } catch let error as ServerError where !error.state.isEmpty {
            try execute("rollback to savepoint lockstep_step")
            return false
        }
    }

    /// Runs a step that holds no locks while it waits for other transactions, so that it may wait long: the server
    /// counts the wait for a transaction as one for a lock.
    func waitingLong<Result>(seconds: Int, _ body: () throws -> Result) throws -> Result {
        let before = try query(
            "select pg_catalog.current_setting('statement_timeout'), pg_catalog.current_setting('lock_timeout')")
        try execute("set statement_timeout = 0; set lock_timeout = '\(seconds)s'")
        defer {
            _ = try? execute(
                "set statement_timeout = '\(before.string(0, 0))'; set lock_timeout = '\(before.string(0, 1))'")
        }
        return try body()
    }

    /// Nothing is open on it, so that it may serve somebody else.
    var isIdle: Bool { PQstatus(handle) == CONNECTION_OK && PQtransactionStatus(handle) == PQTRANS_IDLE }

    var serverVersion: Int { Int(PQserverVersion(handle)) }
}

/// Runs closures on a connection's thread.
actor ThreadRunner {
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ thread: DedicatedThread) { self.thread = thread }

    func run<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result { try body() }
}
