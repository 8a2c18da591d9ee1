internal import CSQLite

extension SQLiteDatabase {
    /// Copies the whole database of a connection into this one, as it is at one point in time. Others may not write
    /// meanwhile, if the file is not in WAL mode; a lock of theirs is waited for as long as the busy timeout says.
    ///
    /// SQLite's online backup API, <https://www.sqlite.org/backup.html>.
    public func copy(from source: SQLiteDatabase) throws(SQLiteError) {
        guard let backup = sqlite3_backup_init(handle, "main", source.handle, "main") else {
            throw SQLiteError(handle: handle, resultCode: sqlite3_extended_errcode(handle))
        }
        let result = sqlite3_backup_step(backup, -1)
        sqlite3_backup_finish(backup)
        guard result == SQLITE_DONE else { throw SQLiteError(handle: handle, resultCode: result) }
    }
}
