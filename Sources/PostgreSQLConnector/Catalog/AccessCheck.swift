import ConnectorKit

/// Looks for everything that would stand in the engine's way, and says how to mend it.
struct AccessCheck {
    let wire: Wire
    let request: AccessRequest

    func findings() throws -> [AccessFinding] {
        var findings: [AccessFinding] = []
        if wire.serverVersion < 130_000 {
            findings.append(
                AccessFinding(
                    severity: .error, code: "LS-STORE-UNSUPPORTED", message: "the server is older than PostgreSQL 13",
                    hint: "Upgrade the server."))
        }
        if request.purposes.contains(.capture) { findings += try captureFindings() }
        if !request.purposes.isDisjoint(with: [.capture, .write]) { findings += try schemaFindings() }
        let catalog = try Catalog(wire, entities: request.entities)
        for entity in request.entities {
            if let table = catalog.tables[entity] {
                findings += try tableFindings(table)
            } else {
                findings.append(
                    error("LS-STORE-SCHEMA", entity, "there is no such table or view", "Check the name in the map."))
            }
        }
        return findings
    }

    private func error(_ code: String, _ entity: String?, _ message: String, _ hint: String) -> AccessFinding {
        AccessFinding(severity: .error, code: code, entity: entity, message: message, hint: hint)
    }

    private func role() throws -> String { SQLText.identifier(try wire.query("select current_user").string(0, 0)) }

    private func captureFindings() throws -> [AccessFinding] {
        var findings: [AccessFinding] = []
        let facts = try wire.query(
            """
            select current_setting('wal_level'), (select rolreplication or rolsuper from pg_catalog.pg_roles
                where rolname = current_user), (select count(*) from pg_catalog.pg_replication_slots),
                current_setting('max_replication_slots'), current_setting('max_slot_wal_keep_size')
            """)
        if facts.string(0, 0) != "logical" {
            findings.append(
                error(
                    "LS-STORE-UNSUPPORTED", nil, "wal_level is \(facts.string(0, 0)), and capture needs logical",
                    "Run ALTER SYSTEM SET wal_level = logical; and restart the server."))
        }
        if !facts.flag(0, 1) {
            findings.append(
                error(
                    "LS-STORE-FORBIDDEN", nil, "the role may not replicate",
                    "Run as a superuser: ALTER ROLE \(try role()) REPLICATION;"))
        }
        // One slot for the store, if it has none yet, and one for the time that a snapshot is opened.
        let hasSlot = try CaptureNames(wire).map { try SlotFacts(wire, $0.slot) != nil } ?? false
        let free = (facts.integer(0, 3) ?? 0) - (facts.integer(0, 2) ?? 0)
        if free < (hasSlot ? 1 : 2) {
            findings.append(
                error(
                    "LS-STORE-UNSUPPORTED", nil, "too few replication slots are free",
                    "Raise max_replication_slots and restart the server, or drop slots that nobody uses."))
        }
        if facts.string(0, 4) == "-1" {
            findings.append(
                AccessFinding(
                    severity: .warning, code: "LS-STORE-LOG-UNBOUNDED",
                    message: "a link that stands still keeps the server's log without bound",
                    hint: "Bound it: ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf();"))
        }
        return findings
    }

    private func schemaFindings() throws -> [AccessFinding] {
        let facts = try wire.query(
            """
            select pg_catalog.to_regnamespace('lockstep') is not null,
                has_database_privilege(current_database(), 'CREATE'), current_database(),
                pg_catalog.to_regnamespace('lockstep') is not null and has_schema_privilege('lockstep', 'USAGE')
            """)
        if facts.flag(0, 0) && facts.flag(0, 3) || !facts.flag(0, 0) && facts.flag(0, 1) { return [] }
        let hint =
            facts.flag(0, 0)
            ? "Use the role that installed Lockstep here."
            : "Run: GRANT CREATE ON DATABASE \(SQLText.identifier(facts.string(0, 2))) TO \(try role());"
        return [error("LS-STORE-FORBIDDEN", nil, "the role may not make or use the schema lockstep", hint)]
    }

    private func tableFindings(_ table: Table) throws -> [AccessFinding] {
        var findings: [AccessFinding] = []
        let facts = try wire.query(
            """
            select has_table_privilege(c.oid, 'SELECT'), has_table_privilege(c.oid, 'INSERT'),
                has_table_privilege(c.oid, 'UPDATE'), has_table_privilege(c.oid, 'DELETE'),
                pg_catalog.pg_has_role(c.relowner, 'USAGE'), pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)),
                has_schema_privilege(c.relnamespace, 'USAGE'), c.relnamespace::regnamespace
            from pg_catalog.pg_class c where c.oid = $1::oid
            """, [String(table.oid)])
        var missing: [String] = []
        if !facts.flag(0, 0) { missing.append("SELECT") }
        if request.purposes.contains(.write) {
            for (index, right) in ["INSERT", "UPDATE", "DELETE"].enumerated() where !facts.flag(0, index + 1) {
                missing.append(right)
            }
        }
        if !missing.isEmpty {
            let rights = missing.joined(separator: ", ")
            findings.append(
                error(
                    "LS-STORE-FORBIDDEN", table.entity, "the right to \(rights) is missing",
                    "Run: GRANT \(rights) ON \(table.quoted) TO \(try role());"))
        }
        if !facts.flag(0, 6) {
            findings.append(
                error(
                    "LS-STORE-FORBIDDEN", table.entity, "the right to use its schema is missing",
                    "Run: GRANT USAGE ON SCHEMA \(facts.string(0, 7)) TO \(try role());"))
        }
        guard request.purposes.contains(.capture) else { return findings }
        if !table.isTable {
            findings.append(
                error(
                    "LS-STORE-UNSUPPORTED", table.entity, "it is a view, and views have no changes",
                    "Capture the tables that it reads."))
        } else if !facts.flag(0, 4) {
            findings.append(
                error(
                    "LS-STORE-FORBIDDEN", table.entity, "only a table's owner can have it captured",
                    "Run: ALTER TABLE \(table.quoted) OWNER TO \(try role()); or use a role that is a member of its owner."
                ))
        }
        if table.keys.isEmpty {
            findings.append(
                error(
                    "LS-STORE-SCHEMA", table.entity, "it has no primary or unique key",
                    "Add a primary key or a unique constraint."))
        }
        return findings
    }
}
