internal import ConnectorKit
internal import Glibc
internal import LockstepModel
internal import SQLiteAccess

/// A SQLite file at one point in time: read transactions that stand there, held until closed. Writers are not blocked:
/// where the file is not in WAL mode, what is read is a copy of it in a temporary folder.
actor SQLiteArchiveSource: ArchiveSource, StorePart, TextCursorOwner {
    static let doing = "reading the store for a backup"
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    nonisolated let cut: ArchiveCut
    nonisolated let schema: ArchivedSchema
    private let database: SQLiteDatabase
    /// Where the copy is that is read; nil where the file itself is.
    private let copy: LockedFolder?
    private let virtualTables: [String]
    private let cursors: TextCursors
    /// Other connections at the same point in time, which read rows side by side; none where that cannot be had.
    private let lanes: [ArchiveLane]
    private var nextLane = 0
    private var isClosed = false

    init(file: StoreFile, request: ArchiveRequest) throws(ConnectorError) {
        thread = DedicatedThread("sqlite.archive")
        let (database, file, copy) = try Self.open(file)
        do throws(ConnectorError) {
            lanes = try Self.begin(database, file)
            (cut, schema, virtualTables) = try reporting(Self.doing) {
                let tables = CaptureTables(database: database)
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
        self.copy = copy
        cursors = TextCursors(database)
    }

    /// Opens what may be read for long without holding up writers.
    private static func open(
        _ file: StoreFile
    ) throws(ConnectorError) -> (database: SQLiteDatabase, file: StoreFile, copy: LockedFolder?) {
        let database = try file.open(forWriting: false, doing: doing)
        let mode = try reporting(doing) { try database.value("PRAGMA journal_mode") }
        if mode == .text("wal") { return (database, file, nil) }
        defer { database.close() }
        let folder = try ImageCopy.folder()
        let copy = StoreFile(
            path: folder.file(copyName), busyTimeoutMilliseconds: file.busyTimeoutMilliseconds, isReadOnly: true)
        try ImageCopy.write(database, to: copy.path) { _, _ in }
        return (try copy.open(forWriting: false, doing: doing), copy, folder)
    }

    private static let copyName = "store.db"

    /// Begins to read at one point in time, with as many connections as there are processors, and one more.
    ///
    /// A connection's `data_version` is another one when somebody else committed since it was asked
    /// (<https://www.sqlite.org/pragma.html#pragma_data_version>): if it is the same before the lanes began and after
    /// the source did, all of them see the same.
    private static func begin(
        _ database: SQLiteDatabase, _ file: StoreFile
    ) throws(ConnectorError) -> [ArchiveLane] {
        try reporting(doing) {
            let processors = sysconf(Int32(_SC_NPROCESSORS_ONLN))
            let count = processors > 1 ? min(mostReaders, processors) + 1 : 0
            for _ in 0..<attempts where count > 0 {
                let before = try database.dataVersion()
                let lanes = try (0..<count).map { _ in try ArchiveLane(file) }
                try database.execute("BEGIN")
                if try database.dataVersion() == before { return lanes }
                database.rollback()
            }
            try database.execute("BEGIN")
            // The first read is what fixes the point in time.
            _ = try database.dataVersion()
            return []
        }
    }

    /// As many pieces are read at once.
    private static let mostReaders = 3
    private static let attempts = 8

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
        guard !lanes.isEmpty else {
            return ArchiveReader(owner: self, cursor: try cursors.open(table, piece))
        }
        // The last one is kept for the physical copy.
        nextLane = (nextLane + 1) % (lanes.count - 1)
        let lane = lanes[nextLane]
        return ArchiveReader(owner: lane, cursor: try await lane.open(table, piece))
    }

    func next(_ cursor: Int) throws -> RowText? { try cursors.next(cursor) }

    func close(_ cursor: Int) { cursors.close(cursor) }

    func sequences() throws -> [SequenceValue] {
        try reporting(Self.doing) { try ArchivedSchemaReader(database: database).sequences() }
    }

    func writeImage(
        to path: String, progress: @escaping @Sendable (_ done: Int64, _ total: Int64) -> Void
    ) async throws {
        // What is read is a copy already, which nobody writes to.
        if let copy, link(copy.file(Self.copyName), path) == 0 { return }
        guard let lane = lanes.last else { return try ImageCopy.write(database, to: path, progress) }
        try await lane.copy(to: path, progress)
    }

    func notes() async -> [RestoreNote] {
        var oddCells = cursors.oddCells
        for lane in lanes { oddCells.merge(await lane.oddCells, uniquingKeysWith: +) }
        return oddCells.sorted { $0.key < $1.key }.map { table, count in
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
        for lane in lanes { await lane.close() }
        cursors.closeAll()
        database.rollback()
        database.close()
    }
}
