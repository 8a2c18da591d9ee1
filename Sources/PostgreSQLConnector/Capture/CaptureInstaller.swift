import ConnectorKit
import LockstepModel

/// Makes a database keep the changes of some tables, and takes that back.
///
/// All steps but the slot's are one transaction; each looks at what is there first, so a second run changes nothing.
struct CaptureInstaller {
    let wire: Wire
    private let doing = "installing capture"
    /// One installer at a time per database: the key is `lockstep` in ASCII, shortened to fit.
    static let lockSQL = "select pg_catalog.pg_advisory_xact_lock(7813577)"

    func install(_ entities: [String]) throws {
        try checkServer()
        try wire.execute("begin; \(Self.lockSQL)")
        do {
            try installInTransaction(Set(entities))
            try wire.execute("commit")
        } catch {
            _ = try? wire.execute("rollback")
            throw error
        }
        try makeSlot()
    }

    private func checkServer() throws {
        guard wire.serverVersion >= 130_000 else {
            throw ConnectorError(
                .unsupported, doing: doing, message: "the server is older than PostgreSQL 13",
                hint: "Upgrade the server.")
        }
        let level = try wire.query("show wal_level").string(0, 0)
        guard level == "logical" else {
            throw ConnectorError(
                .unsupported, doing: doing, message: "wal_level is \(level), and capture needs logical",
                hint: "Run ALTER SYSTEM SET wal_level = logical; and restart the server.")
        }
    }

    private func installInTransaction(_ entities: Set<String>) throws {
        if try CaptureNames(wire) == nil { try wire.execute(CaptureSchema.captureSQL) }
        let catalog = try Catalog(wire, entities: Array(entities))
        for entity in entities.sorted() {
            let table = try catalog.table(entity, doing: doing)
            guard table.isTable else {
                throw ConnectorError(
                    .unsupported, doing: doing, entity: entity, message: "it is a view, and views have no changes",
                    hint: "Capture the tables that it reads.")
            }
            try verifyNothingMissed(table)
            try identify(table)
            try makeTrigger(table)
        }
        for left in try wire.query("select entity from lockstep.entity").strings where !entities.contains(left) {
            try forget(left)
        }
        try publish(entities.sorted().compactMap { catalog.tables[$0] })
    }

    /// A table that was dropped and made again, or taken out of the publication, has had changes since that nobody will
    /// ever read.
    private func verifyNothingMissed(_ table: Table) throws {
        guard let names = try CaptureNames(wire) else { return }
        let missed = try wire.query(
            """
            select exists (select from lockstep.entity where entity = $1 and (relation <> $2::oid or not exists
                (select from pg_catalog.pg_publication_rel r join pg_catalog.pg_publication p on p.oid = r.prpubid
                where p.pubname = $3 and r.prrelid = $2::oid)))
            """, [table.entity, String(table.oid), names.publication])
        guard missed.flag(0, 0) else { return }
        throw ConnectorError(
            .historyLost, doing: doing, entity: table.entity,
            message: "the table was made anew, or taken out of the publication: changes may have been missed",
            hint: "Resync the link: it compares both sides.")
    }

    /// Makes updates and deletes carry the whole image before, remembering what was set.
    private func identify(_ table: Table) throws {
        let leaves = try wire.query(
            """
            select c.oid, c.relreplident, c.oid::regclass::text, (select k.relname from pg_catalog.pg_index i
                join pg_catalog.pg_class k on k.oid = i.indexrelid where i.indrelid = c.oid and i.indisreplident)
            from pg_catalog.pg_class c where c.oid = $1::oid or c.oid in
                (select relid from pg_catalog.pg_partition_tree($1::oid))
            """, [String(table.oid)])
        for row in 0..<leaves.rowCount where leaves.string(row, 1) != "f" {
            try wire.query(
                """
                insert into lockstep.replica_identity (relation, entity, kind, index_name)
                values ($1::oid, $2, $3::"char", $4) on conflict (relation) do nothing
                """, [leaves.string(row, 0), table.entity, leaves.string(row, 1), leaves.text(row, 3)])
            try wire.execute("alter table \(leaves.string(row, 2)) replica identity full")
        }
    }

    private func makeTrigger(_ table: Table) throws {
        let definition = CaptureSchema.triggerSQL(table)
        let found = try wire.query(
            """
            select e.trigger = $2, exists (select from pg_catalog.pg_trigger where tgrelid = $3::oid and tgname = $4)
            from (select 1) one left join lockstep.entity e on e.entity = $1 and e.relation = $3::oid
            """, [table.entity, definition, String(table.oid), CaptureSchema.triggerName])
        if found.flag(0, 0) && found.flag(0, 1) { return }
        if found.flag(0, 1) { try wire.execute("drop trigger \(CaptureSchema.triggerName) on \(table.quoted)") }
        try wire.execute(definition)
        try wire.query(
            """
            insert into lockstep.entity (entity, relation, trigger) values ($1, $2::oid, $3)
            on conflict (entity) do update set relation = excluded.relation, trigger = excluded.trigger
            """, [table.entity, String(table.oid), definition])
    }

    private func publish(_ tables: [Table]) throws {
        guard let names = try CaptureNames(wire) else { return }
        let wanted = ["lockstep.checkpoint", "lockstep.made"] + tables.map(\.quoted)
        let list = wanted.joined(separator: ", ")
        let isThere = try wire.query(
            "select exists (select from pg_catalog.pg_publication where pubname = $1)", [names.publication]
        ).flag(0, 0)
        guard isThere else {
            try wire.execute(
                "create publication \(names.publication) for table \(list) with (publish_via_partition_root = true)")
            return
        }
        let published = try wire.query(
            """
            select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
            from pg_catalog.pg_publication p join pg_catalog.pg_publication_rel r on r.prpubid = p.oid
            join pg_catalog.pg_class c on c.oid = r.prrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where p.pubname = $1
            """, [names.publication]
        ).strings
        if Set(published) != Set(wanted) {
            try wire.execute("alter publication \(names.publication) set table \(list)")
        }
    }

    /// The slot comes after the publication: decoding looks the publication up as it was at each change.
    private func makeSlot() throws {
        guard let names = try CaptureNames(wire) else { return }
        let slot = try SlotFacts(wire, names.slot)
        if let slot {
            guard slot.isLost else { return }
            try wire.query("select pg_catalog.pg_drop_replication_slot($1)", [names.slot])
        }
        do {
            // Waits for the transactions that run: nothing may be half seen.
            _ = try wire.waitingLong(seconds: CaptureError.slotPatienceSeconds) {
                try wire.query("select pg_catalog.pg_create_logical_replication_slot($1, 'pgoutput')", [names.slot])
            }
        } catch let error as ServerError {
            throw CaptureError.slotRefused(error, doing: doing)
        }
        try wire.query(
            """
            update lockstep.store set start_lsn = (select confirmed_flush_lsn from pg_catalog.pg_replication_slots
                where slot_name = $1)
            """, [names.slot])
    }

    // MARK: Removing

    private func forget(_ entity: String) throws {
        let trigger = try wire.query(
            """
            select g.tgrelid::regclass from lockstep.entity e join pg_catalog.pg_trigger g
                on g.tgrelid = e.relation and g.tgname = $2 where e.entity = $1
            """, [entity, CaptureSchema.triggerName])
        for relation in trigger.strings { try wire.execute("drop trigger \(CaptureSchema.triggerName) on \(relation)") }
        let identities = try wire.query(
            """
            select r.relation::regclass, r.kind, pg_catalog.quote_ident(r.index_name) from lockstep.replica_identity r
            join pg_catalog.pg_class c on c.oid = r.relation where r.entity = $1 and c.relreplident = 'f'
            """, [entity])
        for row in 0..<identities.rowCount {
            let identity =
                switch identities.string(row, 1) {
                case "n": "nothing"
                case "i": "using index \(identities.string(row, 2))"
                default: "default"
                }
            try wire.execute("alter table \(identities.string(row, 0)) replica identity \(identity)")
        }
        try wire.query("delete from lockstep.replica_identity where entity = $1", [entity])
        try wire.query("delete from lockstep.entity where entity = $1", [entity])
    }

    /// The slot goes first: once the schema is gone nobody knows its name.
    func remove() throws {
        guard let names = try CaptureNames(wire) else {
            try wire.execute("drop schema if exists lockstep cascade")
            return
        }
        if try SlotFacts(wire, names.slot) != nil {
            try SlotWaiting.whileInUse {
                try wire.query("select pg_catalog.pg_drop_replication_slot($1)", [names.slot])
            }
        }
        try wire.execute("begin; \(Self.lockSQL)")
        do {
            for entity in try wire.query("select entity from lockstep.entity").strings { try forget(entity) }
            try wire.execute("drop publication if exists \(names.publication); drop schema lockstep cascade; commit")
        } catch {
            _ = try? wire.execute("rollback")
            throw error
        }
    }
}

/// What the server says of a replication slot.
struct SlotFacts: Sendable {
    var isActive: Bool
    var isLost: Bool
    /// Transactions that committed before this are no longer sent.
    var confirmed: UInt64

    /// Nil where there is no such slot.
    init?(_ wire: Wire, _ name: String) throws {
        let rows = try wire.query(
            """
            select active, wal_status = 'lost' or restart_lsn is null, (confirmed_flush_lsn - '0/0'::pg_lsn)::int8
            from pg_catalog.pg_replication_slots where slot_name = $1 and database = pg_catalog.current_database()
            """, [name])
        guard rows.rowCount == 1 else { return nil }
        isActive = rows.flag(0, 0)
        isLost = rows.flag(0, 1)
        confirmed = UInt64(rows.integer(0, 2) ?? 0)
    }
}
