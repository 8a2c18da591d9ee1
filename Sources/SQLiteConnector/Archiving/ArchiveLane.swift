internal import ConnectorKit
internal import SQLiteAccess

/// A connection that reads for an archive, at the point in time at which it was opened.
actor ArchiveLane: TextCursorOwner {
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let database: SQLiteDatabase
    private let cursors: TextCursors
    var oddCells: [String: Int] { cursors.oddCells }

    init(_ file: StoreFile) throws(ConnectorError) {
        thread = DedicatedThread("sqlite.archive.rows")
        let database = try file.open(forWriting: false, doing: SQLiteArchiveSource.doing)
        try reporting(SQLiteArchiveSource.doing) {
            try database.execute("BEGIN")
            _ = try database.dataVersion()
        }
        self.database = database
        cursors = TextCursors(database)
    }

    func open(_ table: String, _ piece: ArchivePiece) throws -> Int { try cursors.open(table, piece) }

    func next(_ cursor: Int) throws -> RowText? { try cursors.next(cursor) }

    func close(_ cursor: Int) { cursors.close(cursor) }

    func copy(to path: String, _ progress: @escaping @Sendable (_ done: Int64, _ total: Int64) -> Void)
        throws(ConnectorError)
    {
        try ImageCopy.write(database, to: path, progress)
    }

    func close() {
        cursors.closeAll()
        database.rollback()
        database.close()
    }
}
