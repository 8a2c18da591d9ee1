internal import ConnectorKit
internal import Glibc
internal import LockstepModel
internal import SQLiteAccess

/// Where the store is and how connections to it are opened. Each part of the connector (the connector itself, a
/// snapshot, a change reader, a write session) has a connection and a thread of its own.
struct StoreFile: Sendable {
    var path: String
    var busyTimeoutMilliseconds: Int32
    var isReadOnly: Bool

    /// Length and time of the last write of the file and of its log; nil where that was a moment ago: the file system's
    /// clock is too coarse to tell a write from the next.
    func activityMark() -> String? {
        var mark = ""
        for name in [path, path + "-wal"] {
            var facts = stat()
            guard stat(name, &facts) == 0, facts.st_size > 0 else { continue }
            guard time(nil) - facts.st_mtim.tv_sec > 1 else { return nil }
            mark += "\(facts.st_ino) \(facts.st_size) \(facts.st_mtim.tv_sec).\(facts.st_mtim.tv_nsec) "
        }
        return mark.isEmpty ? nil : mark
    }

    /// Opens a connection, with foreign keys enforced.
    ///
    /// - Throws: ``ConnectorError`` with code `unsupported` for a file that keeps text as UTF-16: SQLite orders and
    ///   compares such text by its UTF-16 bytes, so keys and filters would mean something else than everywhere else.
    func open(forWriting: Bool, doing: String) throws(ConnectorError) -> SQLiteDatabase {
        guard access(path, F_OK) == 0 else {
            throw ConnectorError(
                .absent, doing: doing, message: "there is no file at the store's path",
                hint: "check the path in the store's URL; a missing store is never created")
        }
        if forWriting && isReadOnly { throw Self.readOnlyError(doing) }
        return try reporting(doing) {
            let database: SQLiteDatabase
            do {
                database = try connect(forWriting: forWriting)
            } catch let error as SQLiteError where error.code == SQLiteError.readOnly && !forWriting && !isReadOnly {
                // A program died in the middle of a transaction: only who may write can roll its journal back.
                try connect(forWriting: true).close()
                database = try connect(forWriting: false)
            }
            if forWriting && database.isReadOnly { throw Self.readOnlyError(doing) }
            guard try database.value("PRAGMA encoding") == .text("UTF-8") else { throw Self.encodingError(doing) }
            try database.execute("PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=OFF")
            try StoreOrder.register(in: database)
            return database
        }
    }

    private func connect(forWriting: Bool) throws -> SQLiteDatabase {
        let database = try SQLiteDatabase(
            path: path, mode: forWriting ? .readWrite : .readOnly, busyTimeoutMilliseconds: busyTimeoutMilliseconds)
        // Reads the file's header: what is no database is found here, and what a dead program left is rolled back.
        _ = try database.integer("PRAGMA schema_version")
        return database
    }

    private static func encodingError(_ doing: String) -> ConnectorError {
        ConnectorError(
            .unsupported, doing: doing, message: "the file keeps its text as UTF-16, which is not supported",
            hint: "copy it into a UTF-8 file: sqlite3 old.db .dump | sqlite3 new.db")
    }

    /// Opens what may be read for long without holding up writers: the file itself in WAL mode, else a copy of it.
    func openUnlocked(doing: String) throws(ConnectorError) -> SQLiteDatabase {
        let database = try open(forWriting: false, doing: doing)
        return try reporting(doing) {
            guard try database.value("PRAGMA journal_mode") != .text("wal") else { return database }
            defer { database.close() }
            // A database without a name lives in a temporary file that SQLite removes when it is closed.
            let copy = try SQLiteDatabase(path: "", mode: .create, busyTimeoutMilliseconds: busyTimeoutMilliseconds)
            try copy.copy(from: database)
            try copy.execute("PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=OFF")
            try StoreOrder.register(in: copy)
            return copy
        }
    }

    static func readOnlyError(_ doing: String) -> ConnectorError {
        ConnectorError(
            .readOnly, doing: doing, message: "the file may not be written",
            hint: "let this user write the file and its folder (SQLite makes journal files beside it)")
    }
}

/// Runs a piece of work and gives what it throws as a ``ConnectorError``.
func reporting<Result>(
    _ doing: String, _ entity: String? = nil, _ body: () throws -> Result
) throws(ConnectorError) -> Result {
    do {
        return try body()
    } catch let error as ConnectorError {
        throw error
    } catch let error as SQLiteError {
        throw ConnectorError(error, doing: doing, entity: entity)
    } catch {
        throw ConnectorError(
            .protocolViolation, doing: doing, entity: entity, message: "an unexpected kind of error", hint: "")
    }
}

extension ConnectorError {
    /// What an SQLite error means to the engine. SQLite's own text is passed on: it names columns, never values.
    init(_ error: SQLiteError, doing: String, entity: String? = nil) {
        let code: Code
        let hint: String
        switch error.code {
        case SQLiteError.busy, SQLiteError.locked:
            code = .busy
            hint = "another process holds the file's lock; it is tried again, or raise the busy timeout"
        case SQLiteError.readOnly:
            code = .readOnly
            hint = "let this user write the file and its folder"
        case SQLiteError.full:
            code = .full
            hint = "free space on the disk of the store"
        case SQLiteError.corrupt, SQLiteError.notADatabase:
            code = .corrupt
            hint = "run PRAGMA integrity_check; restore from a backup if it fails"
        case SQLiteError.cannotOpen, SQLiteError.permission:
            code = .forbidden
            hint = "check the rights of this user on the file and its folder"
        case SQLiteError.inputOutput:
            code = .unreachable
            hint = "check the disk that holds the store"
        case SQLiteError.error, SQLiteError.schema:
            code = .schema
            hint = "compare the map with the store's schema: lockstep map lint"
        default:
            code = .protocolViolation
            hint = ""
        }
        self.init(code, doing: doing, entity: entity, message: error.message, hint: hint)
    }
}

/// A name as SQL.
func quoted(_ name: String) -> String {
    "\"" + name.replacing("\"", with: "\"\"") + "\""
}
