internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// One read transaction, held until closed: all its readers see the same records, and its position is the newest number
/// of the journal that the same transaction sees.
///
/// Where the file is not in WAL mode, a reader keeps everybody from committing, the engine's own sessions included: then
/// what is read is a copy of the file in a temporary folder, gone when the snapshot is.
actor SQLiteSnapshot: Snapshot, StorePart {
    private static let doing = "reading a snapshot"
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    nonisolated let position: Position
    private let database: SQLiteDatabase
    private var cursors: [Int: RowCursor] = [:]
    private var nextCursor = 0
    /// By cursor: the number of the key table that it reads from.
    private var keyTables: [Int: Int] = [:]
    /// Tables as the transaction sees them: nobody can change them in it.
    private var tables: [String: Table] = [:]
    private var isClosed = false

    init(file: StoreFile, purpose: SnapshotRequest.Purpose) throws(ConnectorError) {
        thread = DedicatedThread("sqlite.snapshot")
        let database = try file.openUnlocked(doing: Self.doing)
        position = try reporting(Self.doing) {
            try database.execute("BEGIN")
            // The first read is what fixes the point in time.
            let tables = CaptureTables(database: database)
            guard try tables.isInstalled else {
                if purpose == .follow {
                    throw CaptureTables.notInstalled(Self.doing, "capture is not installed in the store")
                }
                return .start
            }
            return try tables.position(tables.newest())
        }
        self.database = database
    }

    func read(_ request: ReadRequest) async throws -> any BatchReader {
        let cursor = try open(request)
        return SnapshotReader(snapshot: self, cursor: cursor, endsSnapshot: false)
    }

    /// Reads current records; the reader that is returned ends this snapshot with itself.
    func query(_ request: QueryRequest) throws -> any BatchReader {
        let cursor = try reporting("reading records", request.entity) {
            let table = try table(request.entity, doing: "reading records")
            if let keys = request.keys { try KeyTable.fill(keys, of: table, in: database, doing: "reading records") }
            let query = try RowQuery(
                table: table, fields: request.fields, predicate: request.predicate, orderBy: request.orderBy,
                limit: request.limit, keyFields: request.keys?.fields ?? [], doing: "reading records")
            return try add(RowCursor(query, database: database, limits: .standard))
        }
        return SnapshotReader(snapshot: self, cursor: cursor, endsSnapshot: true)
    }

    func count(_ request: CountRequest) throws -> Int64 {
        try reporting("counting records", request.entity) {
            _ = try table(request.entity, doing: "counting records")
            let condition = request.predicate.map { " WHERE (\($0.text))" } ?? ""
            return try database.integer(
                "SELECT count(*) FROM \(quoted(request.entity)) AS t\(condition)", request.predicate?.bindings ?? [])
                ?? 0
        }
    }

    func next(_ cursor: Int) throws -> RowBatch? {
        try reporting(Self.doing) {
            guard let open = cursors[cursor] else { return nil }
            let batch = try open.next()
            if batch == nil { close(cursor) }
            return batch
        }
    }

    func close(_ cursor: Int) {
        cursors.removeValue(forKey: cursor)?.close()
        keyTables[cursor] = nil
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        for cursor in cursors.values { cursor.close() }
        cursors.removeAll()
        database.rollback()
        database.close()
    }

    private func table(_ name: String, doing: String) throws -> Table {
        if let table = tables[name] { return table }
        let table = try SchemaReader(database: database).table(name, doing: doing)
        tables[name] = table
        return table
    }

    private func open(_ request: ReadRequest) throws(ConnectorError) -> Int {
        try reporting(Self.doing, request.entity) {
            let table = try table(request.entity, doing: Self.doing)
            let orderBy: [String] =
                switch request.order {
                case .fastest: []
                case .byKey(let fields): fields
                }
            let keyTable = freeKeyTable
            if let keys = request.keys {
                try KeyTable.fill(keys, of: table, in: database, number: keyTable, doing: Self.doing)
            }
            let query = try RowQuery(
                table: table, fields: request.fields, predicate: request.predicate, orderBy: orderBy,
                keyFields: request.keys?.fields ?? [], keyTable: keyTable, doing: Self.doing)
            let number = try add(RowCursor(query, database: database, limits: request.limits))
            if request.keys != nil { keyTables[number] = keyTable }
            return number
        }
    }

    private var freeKeyTable: Int {
        var number = 0
        while keyTables.values.contains(number) { number += 1 }
        return number
    }

    private func add(_ cursor: RowCursor) -> Int {
        nextCursor += 1
        cursors[nextCursor] = cursor
        return nextCursor
    }
}

/// Hands a snapshot's batches on; the work is done on the snapshot's thread.
final class SnapshotReader: BatchReader {
    private let snapshot: SQLiteSnapshot
    private let cursor: Int
    private let endsSnapshot: Bool

    init(snapshot: SQLiteSnapshot, cursor: Int, endsSnapshot: Bool) {
        self.snapshot = snapshot
        self.cursor = cursor
        self.endsSnapshot = endsSnapshot
    }

    func next() async throws -> RowBatch? {
        let batch = try await snapshot.next(cursor)
        if batch == nil { await close() }
        return batch
    }

    func close() async {
        await snapshot.close(cursor)
        if endsSnapshot { await snapshot.close() }
    }
}
