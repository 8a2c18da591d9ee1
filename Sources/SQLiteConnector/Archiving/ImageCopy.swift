internal import ConnectorKit
internal import Foundation
internal import LockstepModel
internal import SQLiteAccess

/// SQLite's own copy of a file, at the point in time at which a connection reads.
enum ImageCopy {
    /// Writes it to a file that does not exist, not synced, and looks at its pages.
    static func write(
        _ database: SQLiteDatabase, to path: String, _ progress: @escaping (_ done: Int64, _ total: Int64) -> Void
    ) throws(ConnectorError) {
        do throws(ConnectorError) {
            try reporting("copying the store's file") { try copy(database, to: path, progress) }
        } catch {
            guard error.code == .full else { throw error }
            var error = error
            error.hint = Self.roomHint
            throw error
        }
    }

    private static let roomHint = "make room for temporary files, or set TMPDIR to a folder that has some"

    /// A folder for a copy, gone with the object.
    static func folder() throws(ConnectorError) -> LockedFolder {
        do {
            return try LockedFolder(in: FileManager.default.temporaryDirectory.path, name: "lockstep-store-")
        } catch {
            throw ConnectorError(
                error.number == ENOSPC || error.number == EDQUOT ? .full : .forbidden,
                doing: "making a temporary folder", message: String(cString: strerror(error.number)), hint: roomHint)
        }
    }

    private static func copy(
        _ database: SQLiteDatabase, to path: String, _ progress: @escaping (_ done: Int64, _ total: Int64) -> Void
    ) throws {
        let target = try SQLiteDatabase(path: path, mode: .create)
        defer { target.close() }
        try target.execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF")
        let pageSize = try database.integer("PRAGMA page_size") ?? 4096
        try target.copy(from: database) { done, total in
            progress(done * pageSize, total * pageSize)
            return !Task.isCancelled
        }
        // A file in WAL mode would be read through a second file that is not part of the copy.
        try target.execute("PRAGMA journal_mode = DELETE")
        try checkPages(of: target)
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
}
