import ConnectorKit
import LockstepModel

/// What a backup keeps of a database beside its rows, read in the transaction whose snapshot everybody shares.
struct ArchiveFacts: Sendable {
    let exported: String
    let schema: ArchivedSchema
    let captured: [String]
    let notes: [RestoreNote]
    /// Microseconds since 1970 by the server's clock.
    let time: Int64

    init(_ wire: Wire) throws {
        exported = try wire.query("select pg_catalog.pg_export_snapshot()").string(0, 0)
        time =
            try wire.query("select (extract(epoch from pg_catalog.now()) * 1000000)::int8").integer(0, 0) ?? 0
        let catalog = try Catalog(archivedOf: wire)
        for table in catalog.tables.values {
            // What was dropped or altered since would not be what the snapshot shows.
            try wire.execute("lock table \(table.quoted) in access share mode")
        }
        let isInstalled = try wire.query("select pg_catalog.to_regclass('lockstep.entity') is not null").flag(0, 0)
        captured = isInstalled ? try wire.query("select entity from lockstep.entity order by 1").strings : []
        let generated = Set(
            try wire.query(
                """
                select attrelid || '.' || attname from pg_catalog.pg_attribute
                where attgenerated <> '' and not attisdropped
                """
            ).strings)
        let tables = Self.loadable(catalog.tables.values.map { Self.archived($0, generated) })
        let dump = SchemaDump(wire, snapshot: exported)
        let settings = try wire.query(Self.settingsSQL)
        var facts: [String: String] = [:]
        for row in 0..<settings.rowCount { facts[settings.string(row, 0)] = settings.string(row, 1) }
        schema = ArchivedSchema(
            engine: "PostgreSQL", engineVersion: facts["server_version"] ?? "", settings: facts,
            before: try dump.script("pre-data"), after: try dump.script("post-data") + Self.refreshes(wire),
            tables: tables, hasImage: false)
        notes = try Self.notes(wire)
    }

    private static let settingsSQL = """
        select name, setting from pg_catalog.pg_settings
            where name in ('server_version', 'server_encoding', 'TimeZone', 'block_size')
        union all select 'lc_collate', datcollate from pg_catalog.pg_database
            where datname = pg_catalog.current_database()
        union all select 'lc_ctype', datctype from pg_catalog.pg_database
            where datname = pg_catalog.current_database()
        union all select 'extension.' || extname, extversion from pg_catalog.pg_extension
        """

    /// Identity columns are ordinary ones here: their values come back as they were.
    private static func archived(_ table: Table, _ generated: Set<String>) -> ArchivedTable {
        var entity = table.description
        entity.fields = entity.fields.filter { !generated.contains("\(table.oid).\($0.name)") }
        for index in entity.fields.indices { entity.fields[index].isGenerated = false }
        let names = Set(entity.fields.map(\.name))
        let key =
            entity.keys.first(where: \.isPrimary)
            ?? entity.keys.first { key in
                key.fields.allSatisfy { entity.field($0)?.isNullable == false }
            }
        return ArchivedTable(
            entity: entity, sqlName: table.quoted,
            key: key.map { names.isSuperset(of: $0.fields) ? $0.fields : [] } ?? [],
            isEngineOwned: table.entity.hasPrefix("lockstep."))
    }

    /// Referred tables before those that refer to them; circles by name.
    private static func loadable(_ tables: [ArchivedTable]) -> [ArchivedTable] {
        var waiting = tables.sorted { $0.name < $1.name }
        var ordered: [ArchivedTable] = []
        while !waiting.isEmpty {
            let names = Set(waiting.map(\.name))
            let index =
                waiting.firstIndex { table in
                    table.entity.references.allSatisfy {
                        $0.targetEntity == table.name || !names.contains($0.targetEntity)
                    }
                } ?? 0
            ordered.append(waiting.remove(at: index))
        }
        return ordered
    }

    /// `pg_dump` makes materialised views empty where it dumps no data.
    private static func refreshes(_ wire: Wire) throws -> String {
        try wire.query(
            """
            select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'm' and c.relispopulated order by c.oid
            """
        ).strings.map { "\nREFRESH MATERIALIZED VIEW \($0);\n" }.joined()
    }

    private static func notes(_ wire: Wire) throws -> [RestoreNote] {
        let large = try wire.query("select count(*) from pg_catalog.pg_largeobject_metadata").integer(0, 0) ?? 0
        let foreign = try wire.query(
            "select relname from pg_catalog.pg_class where relkind = 'f' order by 1"
        ).strings
        return (large == 0 ? [] : [RestoreNote(message: "\(large) large objects are not in the archive")])
            + foreign.map { RestoreNote(table: $0, message: "the rows of this foreign table are on another server") }
    }
}
