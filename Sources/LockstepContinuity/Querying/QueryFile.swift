internal import ConnectorKit
internal import Foundation
internal import LockstepModel
internal import SQLiteAccess

/// A scratch SQLite file that is only read. What SQLite says of a statement is told as long as it cannot hold values.
actor QueryFile {
    static let doing = "running the query"
    private let thread = DedicatedThread("archive.query")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let database: SQLiteDatabase
    private let guardian: SQLiteReadingGuard
    private let store: String
    /// For hints.
    private let tables: [String]

    init(path: String, store: String, tables: [String]) throws {
        self.store = store
        self.tables = tables
        do throws(SQLiteError) {
            let writable = try SQLiteDatabase(path: path)
            // A file in WAL mode is read through a second file.
            try writable.execute("PRAGMA journal_mode = DELETE")
            writable.close()
            database = try SQLiteDatabase(path: path, mode: .readOnly)
            try database.execute("PRAGMA query_only = ON")
        } catch {
            throw ContinuityError(
                .file, doing: "opening the restored file", object: path, message: error.message,
                hint: "make room, or set TMPDIR to a folder with more of it")
        }
        guardian = database.restrictToReading()
    }

    /// What the statement reads: tables, and views with what is behind them.
    ///
    /// - Throws: ``ContinuityError`` `statement` where it is none, more than one, or one that does more than read.
    func tablesRead(by sql: String) throws -> Set<String> {
        try statement(sql).reset()
        return guardian.tables
    }

    /// Runs the statement.
    ///
    /// - Returns: how many rows there were, and whether there would be more.
    func run(
        _ sql: String, rowLimit: Int?, until deadline: ContinuousClock.Instant?, stop: StopFlag,
        columns: @Sendable ([String]) throws -> Void, row: @Sendable ([Value]) throws -> Void
    ) throws -> (rows: Int, isCut: Bool) {
        let isLate = { deadline.map { ContinuousClock.now > $0 } ?? false }
        guardian.shouldStop = { stop.isSet || isLate() }
        let statement = try statement(sql)
        defer { statement.reset() }
        try columns((0..<statement.columnCount).map(statement.columnName))
        var count = 0
        while try step(statement, isLate) {
            if let rowLimit, count == rowLimit { return (count, true) }
            count += 1
            try row((0..<statement.columnCount).map(statement.value))
            if stop.isSet { throw CancellationError() }
        }
        return (count, false)
    }

    func close() { database.close() }

    private func step(_ statement: SQLiteStatement, _ isLate: () -> Bool) throws -> Bool {
        do throws(SQLiteError) { return try statement.step() } catch {
            guard error.code == SQLiteError.interrupted else {
                // The message may quote a value that a function did not take.
                throw ContinuityError(
                    .statement, doing: Self.doing, object: store,
                    message: "SQLite gave the statement up with code \(error.extendedCode)",
                    hint: "a function may not take one of the values; sqlite.org/rescode.html explains the code")
            }
            guard isLate() else { throw CancellationError() }
            throw ContinuityError(
                .timeLimit, doing: Self.doing, object: store, message: "it takes longer than it may",
                hint: "give it more time with --time-limit, or ask for less")
        }
    }

    private func statement(_ sql: String) throws -> SQLiteStatement {
        do throws(SQLiteError) {
            if let statement = try database.prepareSingle(sql) {
                if statement.columnCount > 0 { return statement }
                statement.reset()
                throw SQLiteError(code: SQLiteError.readOnly, extendedCode: SQLiteError.readOnly, message: "")
            }
        } catch {
            throw guardian.hasRefused || error.code == SQLiteError.readOnly
                ? refusal("it does more than read", "write one SELECT: a snapshot is never changed")
                : refusal(error.message, hint(error.message))
        }
        throw refusal("it is more than one statement", "give one SELECT at a time")
    }

    private func refusal(_ message: String, _ hint: String) -> ContinuityError {
        ContinuityError(.statement, doing: Self.doing, object: store, message: message, hint: hint)
    }

    private static let shownTables = 20

    private func hint(_ message: String) -> String {
        guard message.hasPrefix("no such table") else { return "it is SQLite's SQL, whatever the store's engine" }
        let more = tables.count > Self.shownTables ? " and \(tables.count - Self.shownTables) more" : ""
        return "\(store) has \(tables.sorted().prefix(Self.shownTables).joined(separator: ", "))\(more)"
    }
}
