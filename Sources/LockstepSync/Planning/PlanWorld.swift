internal import ConnectorKit
internal import LockstepModel
internal import LockstepState
internal import SQLiteAccess

/// Both stores as a plan would leave them: every record that it would have written, on disk, so that a plan of any size
/// fits into little memory. The file has no name and is gone with the object.
actor PlanWorld {
    /// Where records of one kind are: an entity of a store, known by a key.
    struct Place: Sendable, Hashable {
        var store: String
        var entity: String
        var keyFields: [String]
    }

    /// A unique key beside the one that records are known by.
    struct UniqueKey: Sendable, Hashable {
        var name: String
        var fields: [String]
    }

    private let thread = DedicatedThread("plan")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let database: SQLiteDatabase
    /// Numbers of places, maps and lists of fields are their indexes here.
    private(set) var places: [Place] = []
    private(set) var maps: [String] = []
    private(set) var shapes: [[String]] = []
    private(set) var uniqueKeys: [UniqueKey] = []
    private var placeNumbers: [Place: Int64] = [:]
    private var mapNumbers: [String: Int64] = [:]
    private var shapeNumbers: [[String]: Int64] = [:]
    private var uniqueNumbers: [String: Int64] = [:]
    /// Places with something written; those without need not be looked into.
    private var filled: Set<Int64> = []
    private var hasCollisions = false
    private var isChunkMarked = false

    /// Kept pages; the rest is on disk.
    private static let cacheKibibytes = 16384

    init() throws {
        do {
            // Without a name SQLite makes a file of its own where temporary files are, and removes it at once.
            database = try SQLiteDatabase(path: "", mode: .create)
            try database.execute(
                "PRAGMA cache_size = -\(Self.cacheKibibytes); PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE"
            )
            try database.execute(Self.schema)
            try database.execute("BEGIN")
        } catch {
            throw Self.noRoom(error)
        }
    }

    private static let schema = """
        CREATE TABLE written (
            place INTEGER, key BLOB, map INTEGER, before_shape INTEGER, before BLOB, after_shape INTEGER, after BLOB,
            PRIMARY KEY (place, key)) WITHOUT ROWID;
        CREATE TABLE taken (unique_key INTEGER, value BLOB, key BLOB, PRIMARY KEY (unique_key, value)) WITHOUT ROWID;
        CREATE TABLE collision (
            place INTEGER, key BLOB, unique_key INTEGER, map INTEGER, is_planned INTEGER, key_text TEXT,
            holder_text TEXT, value_text TEXT, PRIMARY KEY (place, key, unique_key)) WITHOUT ROWID;
        """

    static func noRoom(_ error: SQLiteError) -> SyncError {
        SyncError(
            .noRoom, "the plan's temporary file cannot be used: \(error.message)",
            hint: "make room where temporary files are, or set SQLITE_TMPDIR to a folder with room")
    }

    /// Runs a piece of work on the file; its errors say what to do.
    @discardableResult
    func work<Result>(_ body: (SQLiteDatabase) throws -> Result) throws -> Result {
        do {
            return try body(database)
        } catch let error as SQLiteError {
            throw Self.noRoom(error)
        }
    }

    // MARK: Going back

    /// Everything after this can be taken back with ``revertAttempt()``.
    func beginAttempt() throws {
        try work { try $0.execute("SAVEPOINT attempt") }
        isChunkMarked = false
    }

    func revertAttempt() throws {
        try work { try $0.execute("ROLLBACK TO attempt; RELEASE attempt") }
        isChunkMarked = false
    }

    func markChunk() throws {
        try work { try $0.execute((isChunkMarked ? "RELEASE chunk; " : "") + "SAVEPOINT chunk") }
        isChunkMarked = true
    }

    func revertChunk() throws {
        guard isChunkMarked else { return }
        try work { try $0.execute("ROLLBACK TO chunk") }
    }

    // MARK: Numbers

    func number(_ place: Place) -> Int64 {
        if let number = placeNumbers[place] { return number }
        places.append(place)
        placeNumbers[place] = Int64(places.count - 1)
        return Int64(places.count - 1)
    }

    func number(map: String) -> Int64 {
        if let number = mapNumbers[map] { return number }
        maps.append(map)
        mapNumbers[map] = Int64(maps.count - 1)
        return Int64(maps.count - 1)
    }

    func number(shape: [String]) -> Int64 {
        if let number = shapeNumbers[shape] { return number }
        shapes.append(shape)
        shapeNumbers[shape] = Int64(shapes.count - 1)
        return Int64(shapes.count - 1)
    }

    /// One number for a unique key, whichever place it is seen from.
    func number(_ unique: UniqueKey, of place: Place) -> Int64 {
        let name = [place.store, place.entity, unique.name].joined(separator: "\u{1F}")
        if let number = uniqueNumbers[name] { return number }
        uniqueKeys.append(unique)
        uniqueNumbers[name] = Int64(uniqueKeys.count - 1)
        return Int64(uniqueKeys.count - 1)
    }

    func isFilled(_ place: Int64) -> Bool { filled.contains(place) }

    // MARK: Records

    /// What the plan made of a record: nil where it did not touch it, `.some(nil)` where it deleted it.
    func planned(_ place: Int64, _ key: [UInt8]) throws -> StoredRow?? {
        guard filled.contains(place) else { return nil }
        return try work { database in
            let statement = try database.prepare("SELECT after_shape, after FROM written WHERE place = ?1 AND key = ?2")
            defer { statement.reset() }
            try statement.bind(place, at: 1)
            try statement.bind(key, at: 2)
            guard try statement.step() else { return nil }
            guard statement.storageClass(1) != .null else { return .some(nil) }
            return .some(row(shape: statement.integer(0), Array(statement.blob(1))))
        }
    }

    func row(shape: Int64, _ image: [UInt8]) -> StoredRow? {
        let fields = shapes[Int(shape)]
        var batch = RowBatch(columnCount: fields.count)
        guard batch.appendRow(encoded: image) else { return nil }
        return StoredRow(fields: fields, values: batch.values(row: 0))
    }

    /// Keeps what a record would become; what it was before the plan stays as it was kept first.
    func keep(
        _ place: Int64, _ key: [UInt8], map: Int64, before: (shape: Int64, image: [UInt8])?,
        after: (shape: Int64, image: [UInt8])?
    ) throws {
        filled.insert(place)
        try work { database in
            let statement = try database.prepare(
                """
                INSERT INTO written VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (place, key) DO UPDATE
                SET map = excluded.map, after_shape = excluded.after_shape, after = excluded.after
                """)
            defer { statement.reset() }
            try statement.bind(place, at: 1)
            try statement.bind(key, at: 2)
            try statement.bind(map, at: 3)
            if let before {
                try statement.bind(before.shape, at: 4)
                try statement.bind(before.image, at: 5)
            }
            if let after {
                try statement.bind(after.shape, at: 6)
                try statement.bind(after.image, at: 7)
            }
            try statement.run()
            guard hasCollisions else { return }
            try database.query("DELETE FROM collision WHERE place = ?1 AND key = ?2", [.int64(place), .bytes(key)])
        }
    }

    // MARK: Unique values

    /// The key of the record that the plan gave a unique value to.
    func taker(_ unique: Int64, _ value: [UInt8]) throws -> [UInt8]? {
        try work { database in
            let statement = try database.prepare("SELECT key FROM taken WHERE unique_key = ?1 AND value = ?2")
            defer { statement.reset() }
            try statement.bind(unique, at: 1)
            try statement.bind(value, at: 2)
            return try statement.step() ? Array(statement.blob(0)) : nil
        }
    }

    func take(_ unique: Int64, _ value: [UInt8], key: [UInt8]) throws {
        try work { database in
            let statement = try database.prepare("INSERT OR REPLACE INTO taken VALUES (?1, ?2, ?3)")
            defer { statement.reset() }
            try statement.bind(unique, at: 1)
            try statement.bind(value, at: 2)
            try statement.bind(key, at: 3)
            try statement.run()
        }
    }

    func giveUp(_ unique: Int64, _ value: [UInt8], key: [UInt8]) throws {
        try work { database in
            try database.query(
                "DELETE FROM taken WHERE unique_key = ?1 AND value = ?2 AND key = ?3",
                [.int64(unique), .bytes(value), .bytes(key)])
        }
    }

    /// Keeps that a record cannot have its unique value.
    func collide(
        _ place: Int64, _ key: [UInt8], unique: Int64, map: Int64, isPlanned: Bool, keyText: String,
        holderText: String, valueText: String
    ) throws {
        hasCollisions = true
        try work { database in
            try database.query(
                "INSERT OR REPLACE INTO collision VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                [
                    .int64(place), .bytes(key), .int64(unique), .int64(map), .int64(isPlanned ? 1 : 0),
                    .text(keyText), .text(holderText), .text(valueText),
                ])
        }
    }
}
