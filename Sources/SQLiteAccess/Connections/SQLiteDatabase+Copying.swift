internal import CSQLite

extension SQLiteDatabase {
    /// Copies the whole database of a connection into this one, as it is at one point in time: that of the connection's own
    /// transaction, where one is open. Others may not write meanwhile, if the file is not in WAL mode and no transaction
    /// holds it; a lock of theirs is waited for as long as the busy timeout says.
    ///
    /// SQLite's online backup API, <https://www.sqlite.org/backup.html>.
    ///
    /// - Parameter progress: called now and then with the pages copied and those that there are; false ends the copying,
    ///   with `SQLITE_INTERRUPT`.
    public func copy(
        from source: SQLiteDatabase, progress: ((_ done: Int64, _ total: Int64) -> Bool)? = nil
    ) throws(SQLiteError) {
        guard let backup = sqlite3_backup_init(handle, "main", source.handle, "main") else {
            throw SQLiteError(handle: handle, resultCode: sqlite3_extended_errcode(handle))
        }
        // All at once unless somebody watches: between steps the lock of a file outside of WAL mode is let go.
        let pages: Int32 = progress == nil ? -1 : 4096
        var result = sqlite3_backup_step(backup, pages)
        while result == SQLITE_OK {
            let total = Int64(sqlite3_backup_pagecount(backup))
            let goesOn = progress?(total - Int64(sqlite3_backup_remaining(backup)), total) ?? true
            result = goesOn ? sqlite3_backup_step(backup, pages) : SQLITE_INTERRUPT
        }
        sqlite3_backup_finish(backup)
        guard result == SQLITE_DONE else { throw SQLiteError(handle: handle, resultCode: result) }
    }
}
