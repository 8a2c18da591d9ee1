internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// The engine's own tables in a store, and what they say.
///
/// - `_lockstep_journal`: one row a change: the image before in `c0…`, the image after in the columns that follow, all
///   without a type, so that every value is kept exactly. Its newest row always stays, so that numbers never come back,
///   and so does the last released one. Each row has a random `mark`: an older copy of the file that was put back and
///   written to since has the same numbers again, but never the same marks.
/// - `_lockstep_candidate`: rows that an `INSERT OR REPLACE` under way may be about to replace.
/// - `_lockstep_entity`: what is captured, with the columns at that time; a changed column list is a new entity.
/// - `_lockstep_store`: who this store is and what was released. `_lockstep_session`: whether the engine is writing.
/// - `_lockstep_checkpoint`: what write sessions have applied, by lane.
struct CaptureTables {
    static let formatVersion: Int64 = 1
    let database: SQLiteDatabase

    /// One captured entity at one time.
    struct Entity {
        var id: Int64
        var name: String
        var columns: [String]
        var isActive: Bool
    }

    var isInstalled: Bool {
        get throws { try exists("_lockstep_store") && exists("_lockstep_journal") }
    }

    func exists(_ table: String) throws -> Bool {
        try database.value(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", [.text(table)]) != nil
    }

    func create() throws {
        try database.execute(
            """
            CREATE TABLE IF NOT EXISTS _lockstep_store(
              id INTEGER PRIMARY KEY CHECK (id = 1), uuid TEXT NOT NULL, released INTEGER NOT NULL,
              format INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS _lockstep_session(
              id INTEGER PRIMARY KEY CHECK (id = 1), quiet INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS _lockstep_entity(
              id INTEGER PRIMARY KEY, name TEXT NOT NULL, columns TEXT NOT NULL, active INTEGER NOT NULL);
            CREATE TABLE IF NOT EXISTS _lockstep_journal(
              seq INTEGER PRIMARY KEY, entity INTEGER NOT NULL, operation INTEGER NOT NULL,
              mark INTEGER DEFAULT (random()), c0);
            CREATE TABLE IF NOT EXISTS _lockstep_candidate(entity INTEGER NOT NULL, c0);
            """)
        try createCheckpoints()
        try database.query(
            "INSERT OR IGNORE INTO _lockstep_store VALUES (1, lower(hex(randomblob(16))), 0, ?1)",
            [.int64(Self.formatVersion)])
        try database.execute("INSERT OR IGNORE INTO _lockstep_session VALUES (1, 0)")
        // The first row: nothing is read from it, but its number is where counting starts.
        try database.execute(
            """
            INSERT INTO _lockstep_journal(seq, entity, operation) SELECT 0, 0, 0
            WHERE NOT EXISTS (SELECT 1 FROM _lockstep_journal)
            """)
    }

    func createCheckpoints() throws {
        try database.execute(
            "CREATE TABLE IF NOT EXISTS _lockstep_checkpoint(lane TEXT PRIMARY KEY, position TEXT NOT NULL)")
    }

    func entities() throws -> [Entity] {
        try database.query("SELECT id, name, columns, active FROM _lockstep_entity ORDER BY id").map { row in
            let columns = try database.query("SELECT value FROM json_each(?1)", [row[2]]).map { $0[0].textOrEmpty }
            return Entity(
                id: row[0].integerOrZero, name: row[1].textOrEmpty, columns: columns, isActive: row[3] == .int64(1))
        }
    }

    func insertEntity(_ name: String, columns: [String]) throws -> Entity {
        // Ids are never used twice: rows of entities that are no longer captured may still be in the journal.
        let id = (try database.integer("SELECT max(id) FROM _lockstep_entity") ?? 0) + 1
        let placeholders = columns.indices.map { "?\($0 + 4)" }.joined(separator: ",")
        try database.query(
            "INSERT INTO _lockstep_entity(id, name, columns, active) VALUES (?1, ?2, json_array(\(placeholders)), ?3)",
            [.int64(id), .text(name), .int64(1)] + columns.map(Value.text))
        return Entity(id: id, name: name, columns: columns, isActive: true)
    }

    /// Makes room for images of this many columns.
    func widen(toColumns count: Int) throws {
        for (table, width) in [("_lockstep_journal", count * 2), ("_lockstep_candidate", count)] {
            let present = try imageWidth(of: table)
            for index in present..<max(present, width) {
                try database.execute("ALTER TABLE \(table) ADD COLUMN c\(index)")
            }
        }
    }

    func imageWidth(of table: String) throws -> Int {
        Int(
            try database.integer(
                "SELECT count(*) FROM pragma_table_info(?1) WHERE name GLOB 'c[0-9]*'", [.text(table)]) ?? 0)
    }

    /// The newest number of the journal, and 0 in a journal that never had a change.
    func newest() throws -> Int64 { try database.integer("SELECT max(seq) FROM _lockstep_journal") ?? 0 }

    func released() throws -> Int64 { try database.integer("SELECT released FROM _lockstep_store") ?? 0 }

    func uuid() throws -> String { try database.value("SELECT uuid FROM _lockstep_store")?.textOrEmpty ?? "" }

    /// Positions say whose history they belong to (so that those of a removed and reinstalled capture are recognised)
    /// and the mark of the change they stand at: `journal.mark`, or `journal` where the change has none.
    func position(_ sequence: Int64) throws -> Position {
        let token = [try journalName(), try mark(of: sequence)].compactMap(\.self).joined(separator: ".")
        return Position(order: UInt64(max(0, sequence)), token: token)
    }

    /// Whether a position was made by this journal. One without a token is anybody's.
    func isOwn(_ position: Position) throws -> Bool {
        try position.token.isEmpty || position.token.split(separator: ".")[0] == journalName()
    }

    /// Whether the change that a position stands at is still the one that it was made at.
    func isUnchanged(at position: Position) throws -> Bool {
        let parts = position.token.split(separator: ".")
        return try parts.count < 2 || String(parts[1]) == mark(of: Int64(clamping: position.order))
    }

    private func journalName() throws -> String { String(try uuid().prefix(8)) }

    /// Nil where there is no such change, and in journals made before changes had marks.
    private func mark(of sequence: Int64) throws -> String? {
        let isMarked = try database.value(
            "SELECT 1 FROM pragma_table_info('_lockstep_journal') WHERE name = 'mark'")
        guard isMarked != nil else { return nil }
        return try database.integer("SELECT mark FROM _lockstep_journal WHERE seq = ?1", [.int64(sequence)])
            .map { String(UInt64(bitPattern: $0), radix: 16) }
    }

    static func notInstalled(_ doing: String, entity: String? = nil, _ message: String) -> ConnectorError {
        ConnectorError(
            .notInstalled, doing: doing, entity: entity, message: message,
            hint: "install capture: lockstep run does it when a link starts")
    }
}
