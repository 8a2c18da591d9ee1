internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Reads everything that makes a SQLite file but its rows.
struct ArchivedSchemaReader {
    let database: SQLiteDatabase

    private var schema: SchemaReader { SchemaReader(database: database) }

    func read() throws -> ArchivedSchema {
        let objects = try database.query(
            """
            SELECT s.type, s.name, s.sql, coalesce(l.type, '') FROM sqlite_schema AS s
            LEFT JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.name AND s.type = 'table'
            WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY s.rowid
            """)
        var before = ""
        var after = ""
        var tables: [ArchivedTable] = []
        for object in objects {
            // What a virtual table keeps its rows in is made by the virtual table.
            guard object[3] != .text("shadow") else { continue }
            let statement = object[2].textOrEmpty + ";\n"
            guard object[0] == .text("table") else {
                after += statement
                continue
            }
            before += statement
            guard object[3] != .text("virtual"), let table = try table(object[1].textOrEmpty) else { continue }
            tables.append(table)
        }
        return ArchivedSchema(
            engine: "SQLite", engineVersion: try database.value("SELECT sqlite_version()")?.textOrEmpty ?? "",
            settings: try settings(), before: before, after: after, tables: tables, hasImage: true)
    }

    /// Virtual tables: their rows come with the physical copy only.
    func virtualTables() throws -> [String] {
        try schema.texts(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual' ORDER BY name")
    }

    private func table(_ name: String) throws -> ArchivedTable? {
        guard let table = try schema.anyTable(named: name) else { return nil }
        var entity = table.description
        entity.fields.removeAll(where: \.isGenerated)
        return ArchivedTable(
            entity: entity, sqlName: quoted(name), key: try key(of: table),
            isEngineOwned: name.hasPrefix(SchemaReader.prefix))
    }

    /// The fields of the first unique index by which every row is told apart at this moment; none where there is no such
    /// index. SQLite lets columns of most primary keys be null, and hardly anybody uses that.
    private func key(of table: Table) throws -> [String] {
        let candidates = table.uniqueIndexes.filter { index in
            !index.isPartial && !index.hasExpressions
                && index.columns.allSatisfy { table.column($0)?.isGenerated == false }
        }
        return try candidates.first { index in
            let nullable = index.columns.filter { table.column($0)?.isNullable != false }
            return try nullable.allSatisfy { column in
                let name = quoted(column)
                return try database.value("SELECT 1 FROM main.\(quoted(table.name)) WHERE \(name) IS NULL LIMIT 1")
                    == nil
            }
        }?.columns ?? []
    }

    private func settings() throws -> [String: String] {
        var settings: [String: String] = [:]
        for name in [
            "user_version", "application_id", "page_size", "encoding", "auto_vacuum", "journal_mode", "page_count",
        ] {
            switch try database.value("PRAGMA \(name)") {
            case .int64(let value): settings[name] = String(value)
            case .text(let text): settings[name] = text
            default: break
            }
        }
        return settings
    }

    func sequences() throws -> [SequenceValue] {
        guard try database.value("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'") != nil else { return [] }
        return try database.query("SELECT name, seq FROM sqlite_sequence ORDER BY name").map {
            SequenceValue(sqlName: quoted($0[0].textOrEmpty), last: $0[1].integerOrZero)
        }
    }
}
