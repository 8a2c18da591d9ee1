internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Reads tables, keys and references from SQLite's own catalogue.
struct SchemaReader {
    static let prefix = "_lockstep_"
    let database: SQLiteDatabase

    /// Tables and views that people made, by name.
    func names() throws -> [String] {
        try texts(
            """
            SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view', 'virtual')
            AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND name NOT LIKE '!_lockstep!_%' ESCAPE '!' ORDER BY name
            """)
    }

    /// - Throws: ``ConnectorError`` with code `schema` where there is no such entity.
    func table(_ name: String, doing: String) throws -> Table {
        guard let table = try table(named: name) else {
            throw ConnectorError(
                .schema, doing: doing, entity: name, message: "the store has no table or view of this name",
                hint: "check the entity's name in the map; names are compared exactly")
        }
        return table
    }

    func table(named name: String) throws -> Table? {
        guard !name.hasPrefix(Self.prefix) else { return nil }
        return try anyTable(named: name)
    }

    /// Lockstep's own tables, too.
    func anyTable(named name: String) throws -> Table? {
        guard !name.hasPrefix("sqlite_"),
            let row = try database.query(
                "SELECT type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?1", [.text(name)]
            ).first, row[0] != .text("shadow")
        else { return nil }
        let isWithoutRowID = row[1] == .int64(1)
        let isStrict = row[2] == .int64(1)
        let indexes = try uniqueIndexes(of: name)
        var columns = try columns(of: name, isStrict: isStrict)
        let keyColumns = columns.filter { $0.primaryKeyPlace > 0 }.sorted { $0.primaryKeyPlace < $1.primaryKeyPlace }
        // An INTEGER PRIMARY KEY is the rowid itself and has no index of its own.
        let isRowID = keyColumns.count == 1 && !isWithoutRowID && !indexes.contains(where: \.isPrimary)
        for index in columns.indices where columns[index].primaryKeyPlace > 0 {
            if isRowID || isWithoutRowID || isStrict { columns[index].isNullable = false }
            if isRowID { columns[index].hasDefault = true }
        }
        var unique = indexes
        if isRowID {
            let part = UniqueIndex.Part(column: keyColumns[0].name, collation: "BINARY")
            unique.insert(UniqueIndex(name: "PRIMARY KEY", parts: [part], isPrimary: true, isPartial: false), at: 0)
        }
        return Table(
            name: name, kind: row[0] == .text("view") ? .view : .table, columns: columns,
            uniqueIndexes: unique.filter(\.isPrimary) + unique.filter { !$0.isPrimary },
            references: try references(of: name), isCascading: try isCascading(name),
            hasTriggers: try !userTriggers(on: name).isEmpty)
    }

    /// What the rowid goes by in a table: a column may have taken its usual names. Nil where there is none.
    func rowIDName(of table: Table) throws -> String? {
        let isWithoutRowID = try database.value(
            "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ?1 AND wr = 1", [.text(table.name)])
        guard isWithoutRowID == nil else { return nil }
        let taken = Set(table.columns.map { $0.name.lowercased() })
        return ["rowid", "_rowid_", "oid"].first { !taken.contains($0) }
    }

    /// Names of triggers on a table that are not the engine's, in the order of their making.
    func userTriggers(on table: String) throws -> [String] {
        try texts(
            """
            SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE
            AND name NOT LIKE '!_lockstep!_%' ESCAPE '!' ORDER BY rowid
            """, [.text(table)])
    }

    private func columns(of table: String, isStrict: Bool) throws -> [TableColumn] {
        try database.query(
            """
            SELECT name, type, "notnull", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?1)
            WHERE hidden <> 1 ORDER BY cid
            """, [.text(table)]
        ).map { row in
            var declared = row[1].textOrEmpty
            // SQLite reports a generated column's type with the words that make it so.
            for suffix in [" GENERATED ALWAYS", " generated always"] where declared.hasSuffix(suffix) {
                declared.removeLast(suffix.count)
            }
            return TableColumn(
                name: row[0].textOrEmpty, declaredType: declared, type: TypeRules.type(declared: declared),
                affinity: Affinity(declaredType: declared, isStrict: isStrict), isNullable: row[2] == .int64(0),
                hasDefault: row[3] == .int64(1), isGenerated: row[5] == .int64(2) || row[5] == .int64(3),
                primaryKeyPlace: Int(row[4].integerOrZero))
        }
    }

    private func uniqueIndexes(of table: String) throws -> [UniqueIndex] {
        try database.query(
            """
            SELECT name, origin, partial FROM pragma_index_list(?1) WHERE "unique" = 1 ORDER BY origin <> 'pk', seq DESC
            """, [.text(table)]
        ).map { row in
            let parts = try database.query(
                "SELECT name, coll FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno", [row[0]]
            ).map { part in
                UniqueIndex.Part(
                    column: part[0].isNull ? nil : part[0].textOrEmpty, collation: part[1].textOrEmpty)
            }
            let isPrimary = row[1] == .text("pk")
            return UniqueIndex(
                name: isPrimary ? "PRIMARY KEY" : row[0].textOrEmpty, parts: parts, isPrimary: isPrimary,
                isPartial: row[2] == .int64(1))
        }
    }

    private func references(of table: String) throws -> [ReferenceDescription] {
        let rows = try database.query(
            """
            SELECT id, "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?1) ORDER BY id, seq
            """, [.text(table)])
        var references: [ReferenceDescription] = []
        var previous: Value?
        for row in rows {
            if row[0] != previous {
                let hasAction = [row[4], row[5]].contains { !Self.passiveActions.contains($0.textOrEmpty) }
                references.append(
                    ReferenceDescription(
                        fields: [], targetEntity: row[1].textOrEmpty, targetFields: [], hasAction: hasAction))
                previous = row[0]
            }
            references[references.count - 1].fields.append(row[2].textOrEmpty)
            if !row[3].isNull { references[references.count - 1].targetFields.append(row[3].textOrEmpty) }
        }
        for index in references.indices where references[index].targetFields.isEmpty {
            references[index].targetFields = try primaryKey(of: references[index].targetEntity)
        }
        return references
    }

    private static let passiveActions: Set<String> = ["NO ACTION", "RESTRICT"]

    private func primaryKey(of table: String) throws -> [String] {
        try texts("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", [.text(table)])
    }

    private func isCascading(_ table: String) throws -> Bool {
        try database.value(
            """
            SELECT 1 FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f
            WHERE m.type = 'table' AND f."table" = ?1 COLLATE NOCASE
            AND (f.on_delete NOT IN ('NO ACTION', 'RESTRICT') OR f.on_update NOT IN ('NO ACTION', 'RESTRICT')) LIMIT 1
            """, [.text(table)]) != nil
    }

    func texts(_ sql: String, _ bindings: [Value] = []) throws -> [String] {
        try database.query(sql, bindings).map { $0[0].textOrEmpty }
    }
}

extension Value {
    var textOrEmpty: String {
        guard case .text(let text) = self else { return "" }
        return text
    }

    var integerOrZero: Int64 {
        guard case .int64(let integer) = self else { return 0 }
        return integer
    }
}
