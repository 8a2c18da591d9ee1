internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// What increments changed in one table, laid over the rows that they began with: replaced and deleted rows are left out
/// of those, and what is there now comes behind them. Kept in a temporary file; in memory is a filter of 512 KiB. Used by
/// one task at a time, on whatever thread.
final class DeltaOverlay: @unchecked Sendable {
    private let keys: RowKeys
    private let database: SQLiteDatabase
    private let put: SQLiteStatement
    private let find: SQLiteStatement
    private let path: String
    private var filter: [UInt64]
    private static let filterBits = 1 << 22
    private(set) var count = 0

    init(_ keys: RowKeys, path: String) throws {
        self.keys = keys
        self.path = path
        filter = [UInt64](repeating: 0, count: Self.filterBits / 64)
        do throws(SQLiteError) {
            database = try SQLiteDatabase(path: path, mode: .create)
            try database.execute(
                """
                PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;
                CREATE TABLE delta(key BLOB PRIMARY KEY, line BLOB) WITHOUT ROWID; BEGIN
                """)
            put = try database.prepare("INSERT OR REPLACE INTO delta VALUES (?1, ?2)")
            find = try database.prepare("SELECT 1 FROM delta WHERE key = ?1")
        } catch {
            throw Self.failure(path, error)
        }
    }

    deinit {
        put.reset()
        find.reset()
        database.close()
        ScratchFolder.remove(path)
    }

    private static func failure(_ path: String, _ error: SQLiteError) -> ContinuityError {
        ContinuityError(
            error.code == SQLiteError.full ? .full : .file, doing: "laying increments over a full", object: path,
            message: error.message,
            hint: "make room, or set TMPDIR to a folder with more of it")
    }

    /// Adds a change; later ones of the same key replace it.
    func add(_ change: DeltaText.Change) throws {
        do throws(SQLiteError) {
            switch change {
            case .upsert(let key, let line):
                try put.bind(Self.bytes(key), at: 1)
                try put.bindStatic(blob: line, at: 2)
                note(key)
            case .delete(let key):
                try put.bind(Self.bytes(key), at: 1)
                try put.bindNull(at: 2)
                note(key)
            }
            _ = try put.step()
            put.rewind()
            count += 1
        } catch {
            throw Self.failure(path, error)
        }
    }

    private static func bytes(_ key: UInt128) -> [UInt8] { withUnsafeBytes(of: key.bigEndian) { Array($0) } }

    private func note(_ key: UInt128) {
        let bit = Int(truncatingIfNeeded: key) & (Self.filterBits - 1)
        filter[bit / 64] |= 1 << UInt64(bit % 64)
    }

    private func mayHave(_ key: UInt128) -> Bool {
        let bit = Int(truncatingIfNeeded: key) & (Self.filterBits - 1)
        return filter[bit / 64] & (1 << UInt64(bit % 64)) != 0
    }

    /// The rows of a block that no increment changed.
    func unchanged(_ text: RowText) throws -> RowText {
        var result = RowText()
        result.bytes.reserveCapacity(text.bytes.count)
        try RowTextFields.forEachLine(text) { line in
            let key = keys.key(of: line)
            if try contains(key) { return }
            result.bytes += line
            result.bytes.append(UInt8(ascii: "\n"))
            result.rowCount += 1
        }
        return result
    }

    /// Whether an increment changed the row with this key.
    func contains(_ key: UInt128) throws -> Bool {
        guard mayHave(key) else { return false }
        do throws(SQLiteError) {
            try find.bind(Self.bytes(key), at: 1)
            defer { find.rewind() }
            return try find.step()
        } catch {
            throw Self.failure(path, error)
        }
    }

    /// Hands over the rows as the increments left them, in blocks of some 256 KiB.
    func forEachChanged(_ body: (RowText) async throws -> Void) async throws {
        var after: [UInt8] = []
        while true {
            let (block, last) = try changed(after: after)
            if block.rowCount > 0 { try await body(block) }
            guard let last else { return }
            after = last
        }
    }

    private func changed(after: [UInt8]) throws -> (RowText, last: [UInt8]?) {
        do throws(SQLiteError) {
            let rows = try database.prepare(
                "SELECT key, line FROM delta WHERE key > ?1 AND line IS NOT NULL ORDER BY key")
            defer { rows.reset() }
            try rows.bind(after, at: 1)
            var block = RowText()
            while try rows.step() {
                block.bytes += rows.blob(1)
                block.bytes.append(UInt8(ascii: "\n"))
                block.rowCount += 1
                if block.bytes.count >= 256 << 10 { return (block, Array(rows.blob(0))) }
            }
            return (block, nil)
        } catch {
            throw Self.failure(path, error)
        }
    }
}
