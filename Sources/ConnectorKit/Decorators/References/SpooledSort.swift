internal import LockstepModel
internal import SQLiteAccess

/// Orders rows by keys that no store can order, in a temporary file: memory stays flat, and the file is gone with its
/// connection, whatever happens.
actor SpooledSort: BatchReader {
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let source: any BatchReader
    private let columns: [Int]
    private let limit: Int?
    private let limits: BatchLimits
    private var database: SQLiteDatabase?
    private var statement: SQLiteStatement?
    private var isClosed = false

    /// - Parameters:
    ///   - columns: of the source's rows, to order by.
    ///   - limit: rows at most.
    init(_ source: any BatchReader, by columns: [Int], limit: Int? = nil, limits: BatchLimits) {
        thread = DedicatedThread("references.sort")
        self.source = source
        self.columns = columns
        self.limit = limit
        self.limits = limits
    }

    func next() async throws -> RowBatch? {
        guard !isClosed else { return nil }
        do {
            return try await nextBatch()
        } catch {
            await close()
            throw (error as? SQLiteError).map(ConnectorError.init(spooling:)) ?? error
        }
    }

    private func nextBatch() async throws -> RowBatch? {
        if statement == nil { try await sort() }
        guard let statement else { return nil }
        var batch: RowBatch?
        while batch?.isFull(limits) != true {
            guard try statement.step() else {
                // A statement that has ended would begin again.
                await close()
                break
            }
            var rows = batch ?? RowBatch(columnCount: Int(statement.integer(1)), reservingRows: min(limits.rows, 8192))
            batch = nil
            guard rows.appendRow(encoded: Array(statement.blob(0))) else {
                throw ConnectorError(
                    .corrupt, doing: "ordering records", message: "the temporary file does not hold what was written",
                    hint: "check the disk that holds temporary files")
            }
            batch = rows
        }
        return batch
    }

    private func sort() async throws {
        let database = try SQLiteDatabase(path: "", mode: .create)
        self.database = database
        // Nobody else sees the file, and it is never read again after a crash.
        try database.execute(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; CREATE TABLE spool(key BLOB, row BLOB, width INTEGER)")
        try database.execute("BEGIN")
        let insert = try database.prepare("INSERT INTO spool VALUES (?1, ?2, ?3)")
        while let batch = try await source.next() {
            for row in 0..<batch.rowCount {
                try insert.bind(KeyEncoder.encode(batch, row: row, columns: columns), at: 1)
                try insert.bind(batch.encodedRow(row), at: 2)
                try insert.bind(Int64(batch.columnCount), at: 3)
                try insert.run()
            }
        }
        insert.reset()
        try database.execute("COMMIT")
        await source.close()
        let end = limit.map { " LIMIT \(max(0, $0))" } ?? ""
        statement = try database.prepare("SELECT row, width FROM spool ORDER BY key, rowid" + end)
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        statement?.reset()
        statement = nil
        database?.close()
        database = nil
        await source.close()
    }
}

extension ConnectorError {
    /// A failure of the decorator's own temporary file, of which SQLite's text holds no value.
    init(spooling error: SQLiteError) {
        self.init(
            error.code == SQLiteError.full ? .full : .unreachable, doing: "keeping records in a temporary file",
            message: error.message, hint: "check the free space where temporary files are (SQLITE_TMPDIR)")
    }
}
