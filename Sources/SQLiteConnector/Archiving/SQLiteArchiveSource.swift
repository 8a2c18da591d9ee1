internal import ConnectorKit
internal import Glibc
internal import LockstepModel
internal import SQLiteAccess

/// A SQLite file at one point in time: one read transaction, held until closed. Writers are not blocked: where the file is
/// not in WAL mode, what is read is a copy of it in a temporary file.
actor SQLiteArchiveSource: ArchiveSource, StorePart {
    static let doing = "reading the store for a backup"
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    nonisolated let cut: ArchiveCut
    nonisolated let schema: ArchivedSchema
    private let database: SQLiteDatabase
    private let virtualTables: [String]
    private var cursors: [Int: TextCursor] = [:]
    private var nextCursor = 0
    /// Cells by table that rows do not bring back as they are.
    private var oddCells: [String: Int] = [:]
    private var isClosed = false

    init(file: StoreFile, request: ArchiveRequest) throws(ConnectorError) {
        thread = DedicatedThread("sqlite.archive")
        let database = try file.openUnlocked(doing: Self.doing)
        do throws(ConnectorError) {
            (cut, schema, virtualTables) = try reporting(Self.doing) {
                try database.execute("BEGIN")
                let tables = CaptureTables(database: database)
                // The first read is what fixes the point in time.
                let isInstalled = try tables.isInstalled
                let cut = ArchiveCut(
                    position: request.wantsPosition && isInstalled ? try tables.position(tables.newest()).text : nil,
                    captured: isInstalled ? try tables.entities().filter(\.isActive).map(\.name) : [],
                    identity: isInstalled ? try tables.uuid() : nil, time: Self.now())
                let reader = ArchivedSchemaReader(database: database)
                return (cut, try reader.read(), try reader.virtualTables())
            }
        } catch {
            database.close()
            throw error
        }
        self.database = database
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// Pieces are ranges of rowids: of equal width, so that the same table has the same pieces again.
    func pieces(of table: String, bytes: Int) throws -> [ArchivePiece] {
        try reporting(Self.doing, table) {
            let sizes = schema.settings
            let fileBytes = (Int(sizes["page_size"] ?? "") ?? 4096) * (Int(sizes["page_count"] ?? "") ?? 1)
            let reader = SchemaReader(database: database)
            guard fileBytes > bytes, let description = try reader.anyTable(named: table),
                let rowID = try reader.rowIDName(of: description),
                let first = try database.integer("SELECT min(\(rowID)) FROM \(quoted(table))"),
                let last = try database.integer("SELECT max(\(rowID)) FROM \(quoted(table))"), last > first
            else { return [ArchivePiece(number: 0, token: "")] }
            let count = UInt64(min(Self.mostPieces, fileBytes / max(1, bytes) + 1))
            let width = UInt64(bitPattern: last &- first) / count + 1
            var pieces: [ArchivePiece] = []
            var begin = first
            while begin <= last {
                let (end, overflow) = begin.addingReportingOverflow(Int64(clamping: width - 1))
                let stop = overflow ? last : min(last, end)
                pieces.append(ArchivePiece(number: pieces.count, token: "\(begin) \(stop)"))
                guard stop < last else { break }
                begin = stop + 1
            }
            return pieces
        }
    }

    private static let mostPieces = 4096

    func rows(of table: String, piece: ArchivePiece) async throws -> any RowTextReader {
        let number = try open(table, piece)
        return ArchiveReader(source: self, cursor: number)
    }

    private func open(_ table: String, _ piece: ArchivePiece) throws(ConnectorError) -> Int {
        try reporting(Self.doing, table) {
            let schema = SchemaReader(database: database)
            guard let description = try schema.anyTable(named: table) else {
                throw ConnectorError(
                    .schema, doing: Self.doing, entity: table, message: "the store has no such table", hint: "")
            }
            let columns = description.columns.filter { !$0.isGenerated }
            var sql = "SELECT \(columns.map { quoted($0.name) }.joined(separator: ", ")) FROM \(quoted(table))"
            var bindings: [Int64] = []
            if !piece.token.isEmpty, let rowID = try schema.rowIDName(of: description) {
                bindings = piece.token.split(separator: " ").compactMap { Int64($0) }
                sql += " WHERE \(rowID) BETWEEN ?1 AND ?2"
            }
            let statement = try database.prepare(sql)
            for (index, value) in bindings.enumerated() { try statement.bind(value, at: index + 1) }
            nextCursor += 1
            cursors[nextCursor] = TextCursor(
                table: table, statement: statement, cells: columns.map { StoredCellText($0, of: table) })
            return nextCursor
        }
    }

    func next(_ cursor: Int) throws -> RowText? {
        guard let open = cursors[cursor] else { return nil }
        return try reporting(Self.doing, open.table) {
            var odd = 0
            let text = try open.next(&odd)
            if odd > 0 { oddCells[open.table, default: 0] += odd }
            if text == nil { close(cursor) }
            return text
        }
    }

    func close(_ cursor: Int) { cursors.removeValue(forKey: cursor)?.statement.reset() }

    func sequences() throws -> [SequenceValue] {
        try reporting(Self.doing) { try ArchivedSchemaReader(database: database).sequences() }
    }

    func writeImage(
        to path: String, progress: @escaping @Sendable (_ done: Int64, _ total: Int64) -> Void
    ) throws {
        do throws(ConnectorError) {
            try copy(to: path, progress)
        } catch {
            guard error.code == .full else { throw error }
            var error = error
            error.hint = "make room for temporary files, or set TMPDIR to a folder that has some"
            throw error
        }
    }

    private func copy(
        to path: String, _ progress: @escaping (_ done: Int64, _ total: Int64) -> Void
    ) throws(ConnectorError) {
        try reporting("copying the store's file") {
            let target = try SQLiteDatabase(path: path, mode: .create)
            defer { target.close() }
            try target.execute("PRAGMA synchronous = FULL; PRAGMA journal_mode = OFF")
            let pageSize = Int64(schema.settings["page_size"] ?? "") ?? 4096
            try target.copy(from: database) { done, total in progress(done * pageSize, total * pageSize) }
            // A file in WAL mode would be read through a second file that is not part of the copy.
            try target.execute("PRAGMA journal_mode = DELETE")
            try Self.checkPages(of: target)
        }
    }

    /// Pages are copied without being looked at, and those of indexes are never read for rows: a damaged one would be
    /// found at the restore. What the check says of rows that break a constraint is none of a backup's business.
    private static func checkPages(of database: SQLiteDatabase) throws {
        let findings: [[Value]]
        do throws(SQLiteError) {
            findings = try database.query("PRAGMA quick_check(10)")
        } catch {
            // A collation or function that only the store's own program has.
            guard error.code != SQLiteError.error else { return }
            throw error
        }
        guard let finding = findings.first(where: { $0[0].textOrEmpty.hasPrefix("*** in database") }) else { return }
        let line = finding[0].textOrEmpty.split(separator: "\n").dropFirst().first ?? "pages are damaged"
        throw ConnectorError(
            .corrupt, doing: "checking the copy of the store's file", message: String(line),
            hint: "the store itself is damaged: run PRAGMA integrity_check on it; restore it from a snapshot, or save "
                + "what can be read with sqlite3's .recover")
    }

    func notes() -> [RestoreNote] {
        oddCells.sorted { $0.key < $1.key }.map { table, count in
            RestoreNote(
                table: table,
                message: "\(count) cells hold what their column's type does not explain; the image has them exactly")
        }
            + virtualTables.map {
                RestoreNote(table: $0, message: "it is a virtual table: only the image has its rows")
            }
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        for cursor in cursors.values { cursor.statement.reset() }
        cursors.removeAll()
        database.rollback()
        database.close()
    }
}

/// A table being read as text.
final class TextCursor {
    private static let blockBytes = 256 << 10
    let table: String
    let statement: SQLiteStatement
    private let cells: [StoredCellText]
    private var isAtEnd = false

    init(table: String, statement: SQLiteStatement, cells: [StoredCellText]) {
        self.table = table
        self.statement = statement
        self.cells = cells
    }

    func next(_ odd: inout Int) throws -> RowText? {
        var text = RowText()
        text.bytes.reserveCapacity(Self.blockBytes + 4096)
        while !isAtEnd, text.bytes.count < Self.blockBytes {
            guard try statement.step() else {
                // Another step would begin anew.
                isAtEnd = true
                break
            }
            for (index, cell) in cells.enumerated() {
                if index > 0 { text.bytes.append(UInt8(ascii: "\t")) }
                if !cell.append(statement.stored(index), to: &text.bytes) { odd += 1 }
            }
            text.bytes.append(UInt8(ascii: "\n"))
            text.rowCount += 1
        }
        return text.rowCount == 0 ? nil : text
    }
}

/// Hands an archive source's blocks on; the work is done on the source's thread.
private final class ArchiveReader: RowTextReader {
    private let source: SQLiteArchiveSource
    private let cursor: Int

    init(source: SQLiteArchiveSource, cursor: Int) {
        self.source = source
        self.cursor = cursor
    }

    func next() async throws -> RowText? { try await source.next(cursor) }

    func close() async { await source.close(cursor) }
}
