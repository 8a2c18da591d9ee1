import LockstepModel

/// The engine's own objects in a database: all in the schema `lockstep`, but for the triggers on captured tables.
enum CaptureSchema {
    /// What a store needs that is only written to.
    static let checkpointSQL = """
        create schema if not exists lockstep;
        create table if not exists lockstep.checkpoint (
            lane text primary key, position text, touched bigint not null default 0, changed_at timestamptz)
        """

    /// `made` tells the change reader what triggers, cascades and defaults made of our own writes. Its rows are deleted
    /// in the transaction that inserted them: the write-ahead log keeps them, the table stays empty.
    static let captureSQL =
        checkpointSQL + """
            ;
            create table if not exists lockstep.store (
                identifier uuid primary key default pg_catalog.gen_random_uuid(), start_lsn pg_lsn);
            create table if not exists lockstep.entity (
                entity text primary key, relation oid not null, trigger text not null);
            create table if not exists lockstep.replica_identity (
                relation oid primary key, entity text not null, kind "char" not null, index_name text);
            create table if not exists lockstep.made (
                id bigint generated always as identity primary key, entity text not null, operation text not null,
                fields text not null, before text, after text);
            create or replace function lockstep.record_made() returns trigger language plpgsql
                security definer set search_path = pg_catalog, pg_temp as $body$
            declare
                before_image text;
                after_image text;
            begin
                if current_setting('lockstep.writer', true) is distinct from 'on' then return null; end if;
                if tg_op <> 'INSERT' then
                    execute 'select row(' || tg_argv[2] || ')::text' into before_image using old;
                end if;
                if tg_op <> 'DELETE' then
                    execute 'select row(' || tg_argv[2] || ')::text' into after_image using new;
                end if;
                insert into lockstep.made (entity, operation, fields, before, after)
                    values (tg_argv[0], left(tg_op, 1), tg_argv[1], before_image, after_image);
                return null;
            end $body$;
            insert into lockstep.store default values
            """

    static let triggerName = "lockstep_made"

    /// Fires only for rows that something inside the database changed: a trigger's or a foreign key's action.
    static func triggerSQL(_ table: Table) -> String {
        let fields = ArrayText.format(table.columns.map(\.name))
        let values = table.columns.map { "($1).\($0.quoted)" }.joined(separator: ", ")
        return "create trigger \(triggerName) after insert or update or delete on \(table.quoted) for each row"
            + " when (pg_catalog.pg_trigger_depth() > 0) execute function lockstep.record_made("
            + "\(SQLText.literal(table.entity)), \(SQLText.literal(fields)), \(SQLText.literal(values)))"
    }
}

/// What capture is called in one database.
struct CaptureNames: Sendable {
    let identifier: String
    /// Slot and publication share a name: `lockstep_` and the store's identifier, 41 characters.
    var slot: String { "lockstep_" + identifier.filter { $0 != "-" } }
    var publication: String { slot }

    /// Nil where capture was never installed.
    init?(_ wire: Wire) throws {
        guard try wire.query("select pg_catalog.to_regclass('lockstep.store') is not null").flag(0, 0),
            let identifier = try wire.query("select identifier from lockstep.store").strings.first
        else { return nil }
        self.identifier = identifier
    }
}
