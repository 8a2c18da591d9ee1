import ConnectorKit
import LockstepModel

/// Makes live tables what an archive says, by their differences only: the archive's rows wait in temporary tables, then
/// what differs is deleted, updated and inserted. The replication slot sees it as everybody's changes.
struct TableReplacement {
    private static let lockPatienceSeconds = 30
    let table: ArchivedTable
    private let keepsOthers: Bool
    /// Tables that inherit from it are tables of their own; partitions are not.
    private let target: String
    /// Key fields that no UPDATE may name.
    private let numbered: Set<String>
    /// Where the archive's rows wait; gone when the transaction ends.
    let temporary: String

    /// - Throws: ``ConnectorError`` where the live table cannot take the rows.
    init(_ table: ArchivedTable, keepsOthers: Bool, number: Int, on wire: Wire) throws {
        self.table = table
        self.keepsOthers = keepsOthers
        temporary = "pg_temp.lockstep_restored_\(number)"
        func refusal(_ message: String) -> ConnectorError {
            ConnectorError(
                .schema, doing: PostgreSQLRestoreSession.doing, entity: table.name, message: message,
                hint: "restore it beside the live one (--beside), or into a database of its own (--to)")
        }
        let columns = try wire.query(
            """
            select attname, attidentity = 'a' from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
            where c.oid = $1::regclass and c.relkind in ('r', 'p') and attnum > 0 and not attisdropped
                and attgenerated = ''
            """, [table.sqlName])
        let live = Set(columns.strings)
        numbered = Set((0..<columns.rowCount).filter { columns.flag($0, 1) }.map { columns.string($0, 0) })
            .intersection(table.key)
        let isPartitioned = try wire.query(
            "select relkind = 'p' from pg_class where oid = $1::regclass", [table.sqlName])
        target = (isPartitioned.flag(0, 0) ? "" : "only ") + table.sqlName
        if live.isEmpty { throw refusal("what has this name in the store is no table") }
        for field in table.entity.fields where !live.contains(field.name) {
            throw refusal("the store's table has no column `\(field.name)`")
        }
        if keepsOthers, table.key.isEmpty { throw refusal("the table has no key to tell its records apart by") }
        let fields = table.entity.fields.map { SQLText.identifier($0.name) }.joined(separator: ", ")
        try wire.execute(
            "create temp table lockstep_restored_\(number) on commit drop as select \(fields) from \(table.sqlName) "
                + "with no data")
    }

    // MARK: All of them

    /// Writes what differs. Foreign keys are away meanwhile, for they would delete what refers to a record that goes,
    /// and so are triggers, for they would make something else of the rows; keys are checked anew when they come back.
    static func apply(_ replacements: [TableReplacement], on wire: Wire) throws {
        guard !replacements.isEmpty else { return }
        let names = replacements.map(\.table.sqlName)
        try wire.execute("set local lock_timeout = '\(lockPatienceSeconds)s'")
        try wire.execute("lock table \(names.joined(separator: ", ")) in access exclusive mode")
        let array =
            "{"
            + names.map { "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }
            .joined(separator: ",") + "}"
        let references = try wire.query(
            """
            select conrelid::regclass::text, quote_ident(conname), pg_catalog.pg_get_constraintdef(oid),
                quote_literal(pg_catalog.obj_description(oid, 'pg_constraint'))
            from pg_catalog.pg_constraint where contype = 'f' and conparentid = 0
                and (conrelid = any ($1::regclass[]) or confrelid = any ($1::regclass[])) order by oid
            """, [array])
        let triggers = try wire.query(
            """
            select tgrelid::regclass::text, quote_ident(tgname),
                case tgenabled when 'A' then 'always ' when 'R' then 'replica ' else '' end
            from pg_catalog.pg_trigger where tgrelid = any ($1::regclass[]) and not tgisinternal
                and tgenabled <> 'D' and tgname <> '\(CaptureSchema.triggerName)' order by oid
            """, [array])
        for row in 0..<references.rowCount {
            try wire.execute("alter table \(references.string(row, 0)) drop constraint \(references.string(row, 1))")
        }
        for row in 0..<triggers.rowCount {
            try wire.execute("alter table \(triggers.string(row, 0)) disable trigger \(triggers.string(row, 1))")
        }
        for replacement in replacements { try replacement.write(on: wire) }
        for row in 0..<triggers.rowCount {
            try wire.execute(
                "alter table \(triggers.string(row, 0)) enable \(triggers.string(row, 2))trigger \(triggers.string(row, 1))"
            )
        }
        for row in 0..<references.rowCount {
            try add(
                "\(references.string(row, 1)) \(references.string(row, 2))", to: references.string(row, 0), on: wire)
            if let comment = references.text(row, 3) {
                try wire.execute(
                    "comment on constraint \(references.string(row, 1)) on \(references.string(row, 0)) is \(comment)")
            }
        }
    }

    private static func add(_ constraint: String, to table: String, on wire: Wire) throws {
        do {
            try wire.execute("alter table \(table) add constraint \(constraint)")
        } catch let error as ServerError where error.state == "23503" {
            throw ConnectorError(
                .unsupported, doing: PostgreSQLRestoreSession.doing, entity: table,
                message: "records of it would refer to records that are not there",
                hint:
                    "restore the entities that belong together (--entity for each), or beside the live ones (--beside)")
        }
    }

    // MARK: One of them

    private var list: String { TableDefinition.list(table.entity.fields.map(\.name)) }
    private var fields: String { String(list.dropFirst().dropLast()) }

    private func write(on wire: Wire) throws {
        guard !table.key.isEmpty else {
            return try writeDifferingRows(on: wire)
        }
        let key = table.key.map(SQLText.identifier)
        try wire.execute("create index on \(temporary) (\(key.joined(separator: ", "))); analyze \(temporary)")
        let isSameRecord = key.map { "t.\($0) = x.\($0)" }.joined(separator: " and ")
        // Some types have no equality, and some have one that is wider than their spelling.
        let differs = table.entity.fields.map { field in
            let name = SQLText.identifier(field.name)
            return "t.\(name)::text is distinct from x.\(name)::text"
        }.joined(separator: " or ")
        if !keepsOthers {
            try wire.execute(
                "delete from \(target) t where not exists (select from \(temporary) x where \(isSameRecord))")
        }
        let sets = table.entity.fields.filter { !numbered.contains($0.name) }.map {
            "\(SQLText.identifier($0.name)) = x.\(SQLText.identifier($0.name))"
        }
        .joined(separator: ", ")
        let update = "update \(target) t set \(sets) from \(temporary) x where \(isSameRecord) and (\(differs))"
        // Records that hand on a unique value to each other, and columns that only the store may set, are made anew.
        if try sets.isEmpty || !wire.attempt(update) {
            try wire.execute("delete from \(target) t using \(temporary) x where \(isSameRecord) and (\(differs))")
        }
        try insert(" x where not exists (select from \(target) t where \(isSameRecord))", on: wire)
    }

    /// Rows without a key are told apart by all that is in them: those that are not as often there as in the archive are
    /// taken away and written anew.
    private func writeDifferingRows(on wire: Wire) throws {
        let differing = "\(temporary)_differing"
        try wire.execute(
            """
            create temp table \(differing) on commit drop as select spelling from (
                select 1 as here, row(\(fields))::text as spelling from \(target)
                union all select -1, row(\(fields))::text from \(temporary)
            ) rows group by spelling having sum(here) <> 0;
            analyze \(differing);
            delete from \(target) where row(\(fields))::text in (select spelling from \(differing))
            """)
        try insert(" where row(\(fields))::text in (select spelling from \(differing))", on: wire)
    }

    private func insert(_ condition: String, on wire: Wire) throws {
        try wire.execute(
            "insert into \(table.sqlName) \(list) overriding system value select \(fields) from \(temporary)\(condition)"
        )
    }
}
