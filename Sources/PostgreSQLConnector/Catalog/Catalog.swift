import ConnectorKit
import LockstepModel

/// The tables and views of a database, read from `pg_catalog`.
struct Catalog: Sendable {
    private(set) var tables: [String: Table] = [:]

    func table(_ entity: String, doing: String) throws(ConnectorError) -> Table {
        guard let table = tables[entity] else {
            throw ConnectorError(
                .schema, doing: doing, entity: entity, message: "there is no such table or view",
                hint: "Name it as `lockstep store` lists it: schema.table outside the default schema.")
        }
        return table
    }

    /// Reads the entities named, or all that people made. Entities that are not there are left out.
    init(_ wire: Wire, entities: [String]? = nil) throws {
        try self.init(wire, relations: wire.query(Self.relationsSQL, [entities.map(ArrayText.format)]))
    }

    /// Every table for a backup: partitions belong to their root; the engine's own are among them, those that an
    /// extension made come with the extension.
    init(archivedOf wire: Wire) throws {
        try self.init(wire, relations: wire.query(Self.archivedSQL))
    }

    private init(_ wire: Wire, relations: QueryResult) throws {
        guard relations.rowCount > 0 else { return }
        var named: [String: String] = [:]
        for row in 0..<relations.rowCount { named[relations.string(row, 0)] = relations.string(row, 1) }
        let oids = ArrayText.format(Array(named.keys))
        let columns = try Self.readColumns(wire, oids)
        let keys = try Self.readKeys(wire, oids)
        let references = try Self.readReferences(wire, oids)
        for row in 0..<relations.rowCount {
            let oid = relations.string(row, 0)
            let table = Table(
                oid: UInt32(oid) ?? 0, entity: relations.string(row, 1), quoted: relations.string(row, 2),
                kind: relations.string(row, 3).first ?? "r", columns: columns[oid] ?? [], keys: keys[oid] ?? [],
                references: references[oid] ?? [],
                estimatedCount: relations.integer(row, 4).flatMap { $0 < 0 ? nil : $0 },
                hasBeforeInsertTrigger: relations.flag(row, 5), hasBeforeUpdateTrigger: relations.flag(row, 6),
                hasInsteadTrigger: relations.flag(row, 7))
            tables[table.entity] = table
        }
    }

    private static let entityName = """
        case when n.nspname = coalesce(pg_catalog.current_schema(), 'public') then c.relname::text
             else n.nspname || '.' || c.relname end
        """

    private static let archivedSQL = """
        select c.oid, \(entityName) as entity,
            pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as quoted, c.relkind,
            greatest(c.reltuples, -1)::int8, false, false, false
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition
            and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
            and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass
                and d.objid = c.oid and d.deptype = 'e')
        order by entity
        """

    /// Partitions belong to their root; our own schema and the server's are nobody's entities.
    /// The trigger bits are those of `pg_trigger.tgtype`: 1 row, 2 before, 4 insert, 16 update, 64 instead.
    private static let relationsSQL = """
        select * from (
        select c.oid, \(entityName) as entity,
            pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as quoted, c.relkind,
            case when c.relkind = 'p' then (select sum(greatest(k.reltuples, 0)) from pg_catalog.pg_partition_tree(c.oid) p
                join pg_catalog.pg_class k on k.oid = p.relid where p.isleaf) else c.reltuples end::int8,
            exists (select from pg_catalog.pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal
                and g.tgenabled <> 'D' and g.tgtype & 7 = 7),
            exists (select from pg_catalog.pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal
                and g.tgenabled <> 'D' and g.tgtype & 19 = 19),
            exists (select from pg_catalog.pg_trigger g where g.tgrelid = c.oid and g.tgtype & 64 = 64)
        from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
            and n.nspname not in ('pg_catalog', 'information_schema', 'lockstep')
            and n.nspname !~ '^pg_(toast|temp)') found
        where $1::text[] is null or entity = any ($1::text[]) order by entity
        """
}

extension Catalog {
    private static let columnsSQL = """
        with recursive base as (
            select oid as start, oid, typbasetype, typtypmod, typtype, typnotnull, typdefault is not null as preset
                from pg_catalog.pg_type
            union all
            select b.start, t.oid, t.typbasetype, case when b.typtypmod <> -1 then b.typtypmod else t.typtypmod end,
                t.typtype, b.typnotnull or t.typnotnull, b.preset or t.typdefault is not null
            from base b join pg_catalog.pg_type t on t.oid = b.typbasetype where b.typtype = 'd')
        select a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), b.oid,
            pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(bt.typname),
            case when a.atttypmod <> -1 then a.atttypmod when t.typtype = 'd' then b.typtypmod else -1 end,
            a.attnotnull or (t.typtype = 'd' and b.typnotnull), a.atthasdef or a.attidentity <> '' or
                (t.typtype = 'd' and b.preset), a.attgenerated <> '' or a.attidentity = 'a', bt.typname,
            (select pg_catalog.array_agg(e.enumlabel::text order by e.enumsortorder) from pg_catalog.pg_enum e
                where e.enumtypid = b.oid),
            bt.typtype in ('e', 'r') or exists (select from pg_catalog.pg_opclass o
                join pg_catalog.pg_am m on m.oid = o.opcmethod
                where o.opcdefault and m.amname = 'btree' and o.opcintype =
                case bt.typcategory when 'A' then bt.typelem else bt.oid end)
        from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
        join base b on b.start = a.atttypid and b.typtype <> 'd' join pg_catalog.pg_type bt on bt.oid = b.oid
        join pg_catalog.pg_namespace tn on tn.oid = bt.typnamespace
        where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped order by a.attrelid, a.attnum
        """

    private static func readColumns(_ wire: Wire, _ oids: String) throws -> [String: [Column]] {
        let rows = try wire.query(columnsSQL, [oids])
        var columns: [String: [Column]] = [:]
        for row in 0..<rows.rowCount {
            let isCaseFolding = rows.string(row, 9) == "citext"
            let codec = isCaseFolding ? Codec.text : Codec(typeOID: UInt32(rows.string(row, 3)) ?? 0)
            let modifier = Int(rows.integer(row, 5) ?? -1)
            var field = FieldDescription(
                name: rows.string(row, 1), type: codec.valueType, nativeType: rows.string(row, 2),
                isNullable: !rows.flag(row, 6), hasDefault: rows.flag(row, 7), isGenerated: rows.flag(row, 8),
                labels: rows.list(row, 10), holdsZeroCharacter: codec.valueType != .text && codec.valueType != .json)
            apply(modifier, codec, to: &field)
            let timeStep = timeStep(modifier, codec)
            columns[rows.string(row, 0), default: []].append(
                Column(
                    name: field.name, codec: codec, description: field, castType: rows.string(row, 4),
                    hasEquality: rows.flag(row, 11), isCaseFolding: isCaseFolding, timeStep: timeStep))
        }
        return columns
    }

    /// Type modifiers as the server packs them: `n + 4` for text, precision and scale in 16 bits each for `numeric`.
    private static func apply(_ modifier: Int, _ codec: Codec, to field: inout FieldDescription) {
        switch codec {
        case .text where modifier > 4, .paddedText where modifier > 4: field.maximumLength = modifier - 4
        case .numeric where modifier > 4:
            field.precision = (modifier - 4) >> 16 & 0xFFFF
            // Eleven bits with a sign since PostgreSQL 15; scales before that were never negative or above 1000.
            let scale = (modifier - 4) & 0x7FF
            field.scale = scale > 1023 ? scale - 2048 : scale
        case .int16: field.integerBits = 16
        case .int32: field.integerBits = 32
        case .int64: field.integerBits = 64
        case .float32: field.floatBits = 32
        case .float64: field.floatBits = 64
        case .bool, .numeric, .text, .paddedText, .bytes, .date, .time, .timestamp, .instant, .uuid, .json, .jsonb,
            .foreign:
            break
        }
    }

    private static func timeStep(_ modifier: Int, _ codec: Codec) -> Int64? {
        guard codec == .time || codec == .timestamp || codec == .instant, (0..<6).contains(modifier) else { return nil }
        return (modifier..<6).reduce(Int64(1)) { step, _ in step * 10 }
    }

    private static func readKeys(_ wire: Wire, _ oids: String) throws -> [String: [TableKey]] {
        let rows = try wire.query(
            """
            select i.indrelid, c.relname, i.indisprimary, i.indimmediate, (select pg_catalog.array_agg(a.attname::text
                order by k.place) from pg_catalog.unnest(i.indkey::int2[]) with ordinality k(number, place)
                join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
                where k.place <= i.indnkeyatts)
            from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
            where i.indrelid = any ($1::oid[]) and i.indisunique and i.indisvalid and i.indpred is null
                and i.indexprs is null order by i.indisprimary desc, c.relname
            """, [oids])
        var keys: [String: [TableKey]] = [:]
        for row in 0..<rows.rowCount {
            let key = KeyDescription(
                name: rows.string(row, 1), fields: rows.list(row, 4) ?? [], isPrimary: rows.flag(row, 2))
            keys[rows.string(row, 0), default: []].append(TableKey(description: key, isImmediate: rows.flag(row, 3)))
        }
        return keys
    }

    private static func readReferences(_ wire: Wire, _ oids: String) throws -> [String: [ReferenceDescription]] {
        let rows = try wire.query(
            """
            select f.conrelid, \(entityName), f.confdeltype in ('c', 'n', 'd') or f.confupdtype in ('c', 'n', 'd'),
                (select pg_catalog.array_agg(a.attname::text order by k.place) from pg_catalog.unnest(f.conkey)
                    with ordinality k(number, place) join pg_catalog.pg_attribute a
                    on a.attrelid = f.conrelid and a.attnum = k.number),
                (select pg_catalog.array_agg(a.attname::text order by k.place) from pg_catalog.unnest(f.confkey)
                    with ordinality k(number, place) join pg_catalog.pg_attribute a
                    on a.attrelid = f.confrelid and a.attnum = k.number)
            from pg_catalog.pg_constraint f join pg_catalog.pg_class c on c.oid = f.confrelid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where f.contype = 'f' and f.conrelid = any ($1::oid[]) and not c.relispartition order by f.conname
            """, [oids])
        var references: [String: [ReferenceDescription]] = [:]
        for row in 0..<rows.rowCount {
            references[rows.string(row, 0), default: []].append(
                ReferenceDescription(
                    fields: rows.list(row, 3) ?? [], targetEntity: rows.string(row, 1),
                    targetFields: rows.list(row, 4) ?? [], hasAction: rows.flag(row, 2)))
        }
        return references
    }
}
