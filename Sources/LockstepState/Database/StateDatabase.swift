internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// The engine's own database: what it remembers between runs beside the checkpoints, which live in the stores.
///
/// One process writes at a time (``ProjectLock``); readers may look on. Everything is committed when a method returns.
///
/// Records that a stream's transaction produced are written *pending* before the target commits and confirmed after: a
/// crash in between is settled by the target's checkpoint (``settlePending(lane:checkpoint:)``), so that none is lost
/// and none stays that did not happen.
public actor StateDatabase {
    private let thread = DedicatedThread("state")
    let database: SQLiteDatabase
    private let path: String

    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Opens or makes the state database of a project.
    ///
    /// - Throws: ``StateError`` when the file is damaged, of a newer version or of another project.
    public init(path: String, project: String) throws {
        self.path = path
        do {
            database = try SQLiteDatabase(path: path, mode: .create)
            try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
            try Self.migrate(database, path: path)
            try Self.claim(database, project: project, path: path)
        } catch let error as SQLiteError {
            throw Self.unusable(error, path: path)
        }
    }

    static func unusable(_ error: SQLiteError, path: String) -> StateError {
        StateError(
            .unusable, "the state database \(path) cannot be used: \(error.message)",
            hint: "check the disk and the file's rights; a copy of it can be put back from a backup")
    }

    private static func migrate(_ database: SQLiteDatabase, path: String) throws {
        let version = try integer(database, "PRAGMA user_version")
        let application = try integer(database, "PRAGMA application_id")
        let tables = try integer(database, "SELECT count(*) FROM sqlite_master")
        if version == 0 && tables > 0 || version > 0 && application != StateSchema.applicationID {
            throw StateError(
                .unusable, "\(path) is a SQLite file, but not a state database of Lockstep",
                hint: "move it away; Lockstep makes a new one")
        }
        guard version <= StateSchema.currentVersion else {
            throw StateError(
                .newerVersion, "the state database \(path) was written by a newer version of Lockstep (\(version))",
                hint: "use that version, or a newer one")
        }
        guard version < StateSchema.currentVersion else { return }
        try database.transaction {
            for step in StateSchema.steps[Int(version)...] { try database.execute(step) }
            try database.execute("PRAGMA application_id = \(StateSchema.applicationID)")
            try database.execute("PRAGMA user_version = \(StateSchema.currentVersion)")
        }
    }

    private static func claim(_ database: SQLiteDatabase, project: String, path: String) throws {
        let rows = try database.query("SELECT value FROM meta WHERE name = 'project'", [])
        guard let known = rows.first?.first else {
            try database.query("INSERT INTO meta VALUES ('project', ?1)", [.text(project)])
            return
        }
        guard known == .text(project) else {
            throw StateError(
                .otherProject, "the state database \(path) belongs to another project than \(project)",
                hint: "give the project its old name in lockstep.yaml, or move the state database away")
        }
    }

    private static func integer(_ database: SQLiteDatabase, _ sql: String) throws -> Int64 {
        guard case .int64(let value)? = try database.query(sql, []).first?.first else { return 0 }
        return value
    }

    /// Runs one statement for its rows; errors become ``StateError``.
    @discardableResult
    func run(_ sql: String, _ bindings: [Value] = []) throws -> [[Value]] {
        do {
            return try database.query(sql, bindings)
        } catch {
            throw Self.unusable(error, path: path)
        }
    }

    func inTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try database.transaction(.immediate, body)
        } catch let error as SQLiteError {
            throw Self.unusable(error, path: path)
        }
    }
}

extension Value {
    var storedText: String {
        if case .text(let text) = self { return text }
        return ""
    }

    var storedInteger: Int64 {
        if case .int64(let value) = self { return value }
        return 0
    }

    var storedBytes: [UInt8]? {
        if case .bytes(let bytes) = self { return bytes }
        return nil
    }

    static func optional(_ position: Position?) -> Value { position.map { .text($0.text) } ?? .null }
    static func optional(_ row: StoredRow?) -> Value { row.map { .bytes($0.encoded()) } ?? .null }
}
