internal import CSQLite

/// When a connection's statements end; held because SQLite calls it unretained.
final class SQLiteDeadline {
    let end: ContinuousClock.Instant

    init(_ end: ContinuousClock.Instant) { self.end = end }
}

extension SQLiteDatabase {
    /// Lets no statement run longer than until then: it fails with `SQLITE_INTERRUPT`
    /// (<https://www.sqlite.org/c3ref/progress_handler.html>).
    public func stop(at end: ContinuousClock.Instant) {
        let deadline = SQLiteDeadline(end)
        self.deadline = deadline
        sqlite3_progress_handler(
            handle, 10_000,
            { context in
                guard let context else { return 0 }
                return Unmanaged<SQLiteDeadline>.fromOpaque(context).takeUnretainedValue().end < .now ? 1 : 0
            }, Unmanaged.passUnretained(deadline).toOpaque())
    }
}
