public import ConnectorKit
public import LockstepModel
internal import SQLiteAccess

/// A store that is one SQLite file, which other applications read and write at the same time.
///
/// Changes are captured by triggers into a journal table, so applications need no change and no setting. Snapshots,
/// change readers and write sessions each have a connection and a thread of their own. What SQLite's types mean here is
/// in the table of `TypeRules`; what capture cannot see is reported by ``checkAccess(_:)``:
///
/// - tables without a primary key or a unique index cannot be captured;
/// - a column that is captured cannot be dropped (`ALTER TABLE … DROP COLUMN` fails, because triggers refer to it)
///   until capture is removed; an added column is captured once capture is installed again;
/// - `PRAGMA writable_schema` and tools that write the file without SQLite bypass triggers.
///
/// A copied file has the identity of the original. Removing capture also removes the checkpoints.
public actor SQLiteConnector: Connector {
    private let thread: DedicatedThread
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    public nonisolated var capabilities: Capabilities {
        Capabilities(storeKind: "SQLite", dialect: .sqlite, hasSingleWriter: true)
    }

    /// What may be done with the file.
    public enum Access: Sendable, Hashable { case readWrite, readOnly }

    private let file: StoreFile
    private var parts = OpenParts()
    private var isClosed = false

    /// Nothing is opened yet. The file must exist by the first call: a missing store is never created.
    ///
    /// - Parameter busyTimeout: how long a statement waits for another process's lock before it is
    ///   ``ConnectorError/Code/busy``.
    public init(path: String, access: Access = .readWrite, busyTimeout: Duration = .seconds(5)) {
        let (seconds, attoseconds) = busyTimeout.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        file = StoreFile(
            path: path, busyTimeoutMilliseconds: Int32(clamping: max(0, milliseconds)),
            isReadOnly: access == .readOnly)
        thread = DedicatedThread("sqlite")
    }

    public func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] {
        do {
            return try findings(request)
        } catch {
            guard error.code == .unsupported else { throw error }
            let finding = AccessFinding(
                severity: .error, code: error.code.text, message: error.message, hint: error.hint)
            return [finding]
        }
    }

    private func findings(_ request: AccessRequest) throws(ConnectorError) -> [AccessFinding] {
        try reading("checking access") { database in
            try AccessCheck(database: database, file: file).findings(request)
        }
    }

    public func describe(_ request: DescribeRequest) async throws -> StoreDescription {
        try reading("describing the store") { database in
            let schema = SchemaReader(database: database)
            let names = try request.entities ?? schema.names()
            return StoreDescription(entities: try names.compactMap { try schema.table(named: $0)?.description })
        }
    }

    public func identity() async throws -> StoreIdentity? {
        try reading("reading the store's identity") { database in
            let tables = CaptureTables(database: database)
            return try tables.isInstalled ? StoreIdentity(text: tables.uuid()) : nil
        }
    }

    public func activityMark() async throws -> String? { file.activityMark() }

    public func installCapture(_ request: CaptureRequest) async throws {
        try writing("installing capture") { try CaptureInstaller(database: $0).install(request.entities) }
    }

    public func removeCapture() async throws {
        try writing("removing capture") { try CaptureInstaller(database: $0).remove() }
    }

    public func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot {
        try checkOpen("reading a snapshot")
        let snapshot = try SQLiteSnapshot(file: file, purpose: request.purpose)
        parts.add(snapshot)
        return snapshot
    }

    public func changes(_ request: ChangesRequest) async throws -> any ChangeReader {
        try checkOpen("reading changes")
        let reader = try SQLiteChangeReader(file: file, request: request)
        parts.add(reader)
        return reader
    }

    public func write(_ request: WriteSessionRequest) async throws -> any WriteSession {
        try checkOpen("opening a write session")
        let session = try SQLiteWriteSession(file: file, request: request)
        parts.add(session)
        return session
    }

    public func archive(_ request: ArchiveRequest) async throws -> any ArchiveSource {
        try checkOpen(SQLiteArchiveSource.doing)
        let source = try SQLiteArchiveSource(file: file, request: request)
        parts.add(source)
        return source
    }

    public func restore(_ request: RestoreRequest) async throws -> any RestoreSession {
        try checkOpen(SQLiteRestoreSession.doing)
        let session = try SQLiteRestoreSession(file: file, request: request)
        parts.add(session)
        return session
    }

    public func checkpoints() async throws -> [String: Position] {
        try reading("reading checkpoints") { database in
            guard try CaptureTables(database: database).exists("_lockstep_checkpoint") else { return [:] }
            var checkpoints: [String: Position] = [:]
            for row in try database.query("SELECT lane, position FROM _lockstep_checkpoint") {
                guard let position = Position(text: row[1].textOrEmpty) else {
                    throw ConnectorError(
                        .corrupt, doing: "reading checkpoints", message: "a checkpoint is no position",
                        hint: "forget the checkpoint and resync the link")
                }
                checkpoints[row[0].textOrEmpty] = position
            }
            return checkpoints
        }
    }

    public func forgetCheckpoints(lanes: [String]) async throws {
        try writing("forgetting checkpoints") { database in
            guard try CaptureTables(database: database).exists("_lockstep_checkpoint") else { return }
            try database.transaction {
                for lane in lanes {
                    try database.query("DELETE FROM _lockstep_checkpoint WHERE lane = ?1", [.text(lane)])
                }
            }
        }
    }

    public func release(_ position: Position) async throws {
        try writing("releasing changes") { database in
            let tables = CaptureTables(database: database)
            guard try tables.isInstalled else {
                throw CaptureTables.notInstalled("releasing changes", "capture is not installed in the store")
            }
            guard try tables.isOwn(position) else { return }
            let end = min(Int64(clamping: position.order), try tables.newest())
            try CaptureInstaller(database: database).release(upTo: end)
        }
    }

    public func query(_ request: QueryRequest) async throws -> any BatchReader {
        try checkOpen("reading records")
        let snapshot = try SQLiteSnapshot(file: file, purpose: .read)
        parts.add(snapshot)
        do {
            return try await snapshot.query(request)
        } catch {
            await snapshot.close()
            throw error
        }
    }

    public func count(_ request: CountRequest) async throws -> Int64 {
        try checkOpen("counting records")
        let snapshot = try SQLiteSnapshot(file: file, purpose: .read)
        do {
            let count = try await snapshot.count(request)
            await snapshot.close()
            return count
        } catch {
            await snapshot.close()
            throw error
        }
    }

    public func close() async {
        isClosed = true
        for part in parts.removeAll() { await part.close() }
    }

    // MARK: Inside

    private func checkOpen(_ doing: String) throws(ConnectorError) {
        guard !isClosed else {
            throw ConnectorError(.unreachable, doing: doing, message: "the connector is closed", hint: "")
        }
    }

    private func reading<Result>(
        _ doing: String, _ body: (SQLiteDatabase) throws -> Result
    ) throws(ConnectorError) -> Result {
        try checkOpen(doing)
        let database = try file.open(forWriting: false, doing: doing)
        defer { database.close() }
        return try reporting(doing) { try database.transaction(.deferred) { try body(database) } }
    }

    private func writing(_ doing: String, _ body: (SQLiteDatabase) throws -> Void) throws(ConnectorError) {
        try checkOpen(doing)
        let database = try file.open(forWriting: true, doing: doing)
        defer { database.close() }
        try reporting(doing) { try body(database) }
    }
}
