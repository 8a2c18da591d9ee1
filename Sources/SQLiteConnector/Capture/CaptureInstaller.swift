internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Installs, mends and removes capture, each in one transaction.
struct CaptureInstaller {
    let database: SQLiteDatabase
    private var tables: CaptureTables { CaptureTables(database: database) }
    private var schema: SchemaReader { SchemaReader(database: database) }

    init(database: SQLiteDatabase) { self.database = database }

    func install(_ entities: [String]) throws {
        try database.transaction {
            try tables.create()
            let known = try tables.entities().filter(\.isActive)
            for entity in known where !entities.contains(entity.name) { try retire(entity) }
            for name in entities.sorted() {
                try install(name, known: known.first { $0.name == name })
            }
        }
    }

    private func install(_ name: String, known: CaptureTables.Entity?) throws {
        let doing = "installing capture"
        let table = try schema.table(name, doing: doing)
        guard table.kind == .table, let identity = table.identity else {
            throw ConnectorError(
                .unsupported, doing: doing, entity: name,
                message: table.kind == .view
                    ? "a view's changes cannot be captured" : "the table has no key that tells its records apart",
                hint: table.kind == .view
                    ? "map the table behind it" : "give it a primary key or a unique index without nulls")
        }
        let columns = table.columns.map(\.name)
        if let known { try verifyNothingMissed(known) }
        var entity = known
        if let known, known.columns != columns {
            try retire(known)
            entity = nil
        }
        let current: CaptureTables.Entity
        if let entity { current = entity } else { current = try tables.insertEntity(name, columns: columns) }
        try tables.widen(toColumns: columns.count)
        let wanted = CaptureTriggers(table: table, identity: identity, entityID: current.id).statements
        guard try !isInPlace(wanted, on: name) else { return }
        try dropTriggers(of: current.id)
        for trigger in wanted { try database.execute(trigger.sql) }
    }

    /// A table that was dropped and made again, as tools do that change schemas, lost its triggers with it: nobody knows
    /// what was written since.
    private func verifyNothingMissed(_ known: CaptureTables.Entity) throws {
        let count = try database.integer(
            """
            SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 AND name IN (?2, ?3, ?4)
            """, [.text(known.name)] + ["insert", "update", "delete"].map { .text("_lockstep_\(known.id)_\($0)") })
        guard count != 3 else { return }
        throw ConnectorError(
            .historyLost, doing: "installing capture", entity: known.name,
            message: "the table was made anew, or its triggers were dropped: changes may have been missed",
            hint: "resync the link: it compares both sides")
    }

    /// Whether exactly these triggers are there, and none of the user's is newer: SQLite runs the newest first.
    private func isInPlace(_ wanted: [(name: String, sql: String)], on table: String) throws -> Bool {
        for trigger in wanted {
            let found = try database.value(
                "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?1 AND tbl_name = ?2",
                [.text(trigger.name), .text(table)])
            guard found?.textOrEmpty == trigger.sql else { return false }
        }
        return try newerTriggers(on: table).isEmpty
    }

    /// The user's triggers on a table that were made after the engine's.
    func newerTriggers(on table: String) throws -> [String] {
        try schema.texts(
            """
            SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1
            AND name NOT LIKE '!_lockstep!_%' ESCAPE '!'
            AND rowid > (SELECT min(rowid) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1
                         AND name LIKE '!_lockstep!_%' ESCAPE '!')
            """, [.text(table)])
    }

    private func retire(_ entity: CaptureTables.Entity) throws {
        try dropTriggers(of: entity.id)
        try database.query("UPDATE _lockstep_entity SET active = 0 WHERE id = ?1", [.int64(entity.id)])
    }

    private func dropTriggers(of id: Int64) throws {
        for name in try schema.texts(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB ?1", [.text("_lockstep_\(id)_*")])
        {
            try database.execute("DROP TRIGGER \(quoted(name))")
        }
    }

    /// Drops everything that is the engine's.
    func remove() throws {
        try database.transaction {
            for type in ["trigger", "table"] {
                let names = try schema.texts(
                    "SELECT name FROM sqlite_master WHERE type = ?1 AND name LIKE '!_lockstep!_%' ESCAPE '!'",
                    [.text(type)])
                for name in names { try database.execute("DROP \(type) \(quoted(name))") }
            }
        }
    }

    /// Trims the journal in short transactions, so that the applications' writers never wait long. The change at the
    /// position stays: its mark proves that the position is of this history.
    ///
    /// - Parameter position: not above the newest number.
    func release(upTo position: Int64) throws {
        try database.transaction {
            try database.query(
                "UPDATE _lockstep_store SET released = ?1 WHERE released < ?1", [.int64(position)])
        }
        var last = try database.integer("SELECT min(seq) FROM _lockstep_journal") ?? 0
        while last < position {
            last = min(position, last + Self.releaseSlice)
            try database.transaction {
                try database.query("DELETE FROM _lockstep_journal WHERE seq < ?1", [.int64(last)])
            }
        }
    }

    /// Rows trimmed in one transaction: some 20 ms of a lock.
    private static let releaseSlice: Int64 = 10_000
}
