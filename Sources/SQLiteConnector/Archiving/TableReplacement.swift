internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Makes a live table what an archive says, by its differences only: the archive's rows wait in a temporary table, then
/// what differs is deleted, updated and inserted. Capture's triggers see it as they see everybody's changes; those that
/// people made are away meanwhile, for they would make something else of the rows.
struct TableReplacement {
    private let database: SQLiteDatabase
    private let table: ArchivedTable
    private let live: Table
    private let keepsOthers: Bool
    /// Where the archive's rows wait.
    let temporary: String

    /// - Throws: ``ConnectorError`` where the live table cannot take the rows.
    init(_ table: ArchivedTable, live: Table, keepsOthers: Bool, number: Int, in database: SQLiteDatabase) throws {
        self.database = database
        self.table = table
        self.live = live
        self.keepsOthers = keepsOthers
        temporary = "lockstep_restored_\(number)"
        func refusal(_ message: String) -> ConnectorError {
            ConnectorError(
                .schema, doing: SQLiteRestoreSession.doing, entity: table.name, message: message,
                hint: "restore it beside the live one (--beside), or into a file of its own (--to)")
        }
        guard live.kind == .table else { throw refusal("there is a view of this name") }
        for field in table.entity.fields where live.column(field.name) == nil {
            throw refusal("the store's table has no column `\(field.name)`")
        }
        if keepsOthers, table.key.isEmpty { throw refusal("the table has no key to tell its records apart by") }
        // Columns that are made from columns keep their affinity.
        let columns = table.entity.fields.map { quoted($0.name) }.joined(separator: ", ")
        try database.execute(
            "CREATE TEMP TABLE \(temporary) AS SELECT \(columns) FROM main.\(quoted(table.name)) LIMIT 0")
    }

    /// Writes what differs; afterwards the temporary table is gone.
    func apply() throws {
        let triggers = try database.query(
            """
            SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE
            AND name NOT LIKE '!_lockstep!_%' ESCAPE '!' ORDER BY rowid
            """, [.text(table.name)])
        for trigger in triggers { try database.execute("DROP TRIGGER main.\(quoted(trigger[0].textOrEmpty))") }
        if table.key.isEmpty {
            try applyDifferingRows()
        } else {
            try applyDifferences()
        }
        for trigger in triggers { try database.execute(trigger[1].textOrEmpty) }
        try database.execute("DROP TABLE temp.\(temporary)")
    }

    private var target: String { "main.\(quoted(table.name))" }
    private var list: String { table.entity.fields.map { quoted($0.name) }.joined(separator: ", ") }

    /// Rows without a key are told apart by all that is in them: those that are not as often there as in the archive are
    /// taken away and written anew.
    private func applyDifferingRows() throws {
        let fields = table.entity.fields.map { quoted($0.name) }
        let differing = "temp.\(temporary)_differing"
        try database.execute("CREATE TEMP TABLE \(temporary)_differing AS SELECT * FROM temp.\(temporary) LIMIT 0")
        let groups = fields.flatMap { ["\($0) COLLATE BINARY", "typeof(\($0))"] }.joined(separator: ", ")
        try database.execute(
            """
            INSERT INTO \(differing) SELECT \(list) FROM (
                SELECT 1 AS lockstep_here, \(list) FROM \(target)
                UNION ALL SELECT -1, \(list) FROM temp.\(temporary)
            ) GROUP BY \(groups) HAVING sum(lockstep_here) <> 0;
            CREATE INDEX temp.\(temporary)_differs ON \(temporary)_differing (\(fields.prefix(8).joined(separator: ", ")))
            """)
        func differs(_ row: String) -> String {
            let isSame = fields.map {
                "\(row).\($0) COLLATE BINARY IS d.\($0) AND typeof(\(row).\($0)) = typeof(d.\($0))"
            }
            return "EXISTS (SELECT 1 FROM \(differing) AS d WHERE \(isSame.joined(separator: " AND ")))"
        }
        try database.execute("DELETE FROM \(target) AS t WHERE \(differs("t"))")
        try database.execute(
            "INSERT INTO \(target) (\(list)) SELECT \(list) FROM temp.\(temporary) AS x WHERE \(differs("x"))")
        try database.execute("DROP TABLE \(differing)")
    }

    private func applyDifferences() throws {
        let key = table.key.map(quoted)
        try database.execute("CREATE INDEX temp.\(temporary)_key ON \(temporary) (\(key.joined(separator: ", ")))")
        let isSameRecord = key.map { "t.\($0) COLLATE BINARY IS x.\($0)" }.joined(separator: " AND ")
        let isSame = table.entity.fields.map { field in
            let name = quoted(field.name)
            return "(t.\(name) COLLATE BINARY IS x.\(name) AND typeof(t.\(name)) = typeof(x.\(name)))"
        }.joined(separator: " AND ")
        if !keepsOthers {
            try database.execute(
                "DELETE FROM \(target) AS t WHERE NOT EXISTS (SELECT 1 FROM temp.\(temporary) AS x WHERE \(isSameRecord))"
            )
        }
        let sets = table.entity.fields.map { "\(quoted($0.name)) = x.\(quoted($0.name))" }.joined(separator: ", ")
        try database.execute("SAVEPOINT lockstep_update")
        let update =
            "UPDATE \(target) AS t SET \(sets) FROM temp.\(temporary) AS x WHERE \(isSameRecord) AND NOT (\(isSame))"
        if try !isFulfilled(update) {
            // Records that hand on a unique value to each other are updated by being made anew.
            try database.execute("ROLLBACK TO lockstep_update")
            try database.execute(
                "DELETE FROM \(target) AS t WHERE EXISTS (SELECT 1 FROM temp.\(temporary) AS x "
                    + "WHERE \(isSameRecord) AND NOT (\(isSame)))")
        }
        try database.execute("RELEASE lockstep_update")
        try database.execute(
            "INSERT INTO \(target) (\(list)) SELECT \(list) FROM temp.\(temporary) WHERE rowid NOT IN "
                + "(SELECT x.rowid FROM \(target) AS t CROSS JOIN temp.\(temporary) AS x WHERE \(isSameRecord))")
    }

    /// - Returns: Whether no constraint stood against it.
    private func isFulfilled(_ statement: String) throws -> Bool {
        do {
            try database.execute(statement)
            return true
        } catch {
            guard error.code == SQLiteError.constraint else { throw error }
            return false
        }
    }
}
