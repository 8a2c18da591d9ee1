internal import LockstepModel
internal import SQLiteAccess

/// How often each line stands on the first side more than on the second, in a temporary file: for tables whose rows no key
/// tells apart.
final class LineMultiset {
    private let database: SQLiteDatabase
    private let put: SQLiteStatement
    private let path: String

    init(path: String) throws {
        self.path = path
        do throws(SQLiteError) {
            database = try SQLiteDatabase(path: path, mode: .create)
            try database.execute(
                """
                PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;
                CREATE TABLE line(hash BLOB PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID; BEGIN
                """)
            put = try database.prepare(
                "INSERT INTO line VALUES (?1, ?2) ON CONFLICT(hash) DO UPDATE SET count = count + excluded.count")
        } catch {
            throw Self.failure(path, error)
        }
    }

    deinit {
        put.reset()
        database.close()
        ScratchFolder.remove(path)
    }

    private static func failure(_ path: String, _ error: SQLiteError) -> ContinuityError {
        ContinuityError(
            .file, doing: ComparisonRun.doing, object: path, message: error.message,
            hint: "make room, or set TMPDIR to a folder with more of it")
    }

    func add(_ hash: UInt128, times: Int64) throws {
        do throws(SQLiteError) {
            try put.bind(withUnsafeBytes(of: hash.bigEndian) { Array($0) }, at: 1)
            try put.bind(times, at: 2)
            _ = try put.step()
            put.rewind()
        } catch {
            throw Self.failure(path, error)
        }
    }

    /// Lines that the first side has more often than the second, and the other way round.
    func surplus() throws -> (first: Int64, second: Int64) {
        do throws(SQLiteError) {
            return (
                try database.integer("SELECT coalesce(sum(count), 0) FROM line WHERE count > 0") ?? 0,
                try database.integer("SELECT coalesce(-sum(count), 0) FROM line WHERE count < 0") ?? 0
            )
        } catch {
            throw Self.failure(path, error)
        }
    }

    /// Some lines of which one side has more.
    func samples(ofFirst isFirst: Bool, limit: Int) throws -> [UInt128] {
        do throws(SQLiteError) {
            let rows = try database.query(
                "SELECT hash FROM line WHERE count \(isFirst ? ">" : "<") 0 ORDER BY hash LIMIT \(limit)")
            return rows.compactMap { Self.number($0[0]) }
        } catch {
            throw Self.failure(path, error)
        }
    }

    private static func number(_ value: Value) -> UInt128? {
        guard case .bytes(let bytes) = value else { return nil }
        return bytes.reduce(0) { $0 << 8 | UInt128($1) }
    }
}
