import ConnectorKit
import LockstepContinuity
import LockstepMapping
import LockstepModel
import LockstepSync

extension LinkRehearsal {
    func switchOver(_ request: SwitchRequest) async throws -> SwitchOutcome {
        switch request.direction {
        case .failover: return try await failOver(to: request.store ?? "")
        case .failback: return try await failBack()
        }
    }

    private func other(than store: String) -> String { link.between.first { $0 != store } ?? store }

    // MARK: There

    /// The standby takes over: what was on its way arrives, the old primary refuses writes from then on, and the standby
    /// is written to while it does.
    private func failOver(to standby: String) async throws -> SwitchOutcome {
        let old = other(than: standby)
        let drained = try await settle()
        try await fence(old)
        // Nothing slipped in between.
        let late = try await waiting()
        let found = try await reconcile()
        primary = standby
        let writes = try await write(to: standby)
        trials += writes.made
        let isFenced = try await refuses(old)
        var outcome = SwitchOutcome(
            primary: standby, isFenced: isFenced, takesWrites: !writes.made.isEmpty,
            lost: lost(found, of: old) + Int64(late), doubled: doubled(found, of: old) + (try await sameKeys()),
            drained: Int64(drained))
        outcome.notes = writes.notes
        outcome.limits = try await oneWay(from: standby)
        return outcome
    }

    // MARK: And back

    /// The old primary takes back what the standby took meanwhile, and the writes with it.
    private func failBack() async throws -> SwitchOutcome {
        guard let standby = primary else {
            throw ContinuityError(
                .target, doing: "failing a link back", object: link.name, message: "it was not failed over",
                hint: "the step before it failed")
        }
        let old = other(than: standby)
        try await unfence(old)
        let drained = try await settle()
        try await fence(standby)
        let late = try await waiting()
        let found = try await reconcile()
        let gone = try await missing(on: standby)
        let writes = try await write(to: old)
        let isFenced = try await refuses(standby)
        // And on, as before the loss: the standby follows again.
        try await unfence(standby)
        let after = try await settle()
        let end = try await reconcile()
        primary = nil
        var outcome = SwitchOutcome(
            primary: old, isFenced: isFenced, takesWrites: !writes.made.isEmpty,
            // What was too much before the standby followed again is too much still, and told once.
            lost: lost(found, of: standby) + Int64(late + gone)
                + max(0, lost(end, of: old) - doubled(found, of: standby)),
            doubled: doubled(found, of: standby) + doubled(end, of: old) + (try await sameKeys()),
            drained: Int64(drained))
        outcome.notes =
            ["\(DisplayText.count(trials.count, "write")) to \(standby) came back to \(old)"] + writes.notes
            + ["\(standby) follows again: \(DisplayText.count(after, "change")) brought over"]
        trials = []
        return outcome
    }

    // MARK: Fences

    /// The entities of a store that hold records.
    private func tables(of store: String) async throws -> [EntityDescription] {
        let connector = try project.connector(try project.store(store))
        do {
            let schema = try await connector.describe(DescribeRequest())
            await connector.close()
            return schema.entities.filter { $0.kind == .table }
        } catch {
            await connector.close()
            throw error
        }
    }

    private func isSQLite(_ store: String) throws -> Bool { try project.store(store).url.scheme == "sqlite" }

    private func run(_ sql: String, in store: String) async throws { try await statements[store]?.write(sql) }

    private static let fence = "lockstep_drill_fence"

    /// From now on nobody changes a record, whoever connects.
    private func fence(_ store: String) async throws {
        let isSQLite = try isSQLite(store)
        if !isSQLite {
            try await run(
                """
                create or replace function \(Self.fence)() returns trigger language plpgsql as
                $$ begin raise exception 'the store was failed over'; end $$
                """, in: store)
        }
        for (number, table) in try await tables(of: store).enumerated() {
            let name = SQLSpelling.entity(table.name, isSQLite: isSQLite)
            guard isSQLite else {
                try await run(
                    "create trigger \(Self.fence) before insert or update or delete or truncate on \(name) "
                        + "for each statement execute function \(Self.fence)()", in: store)
                continue
            }
            for event in ["insert", "update", "delete"] {
                try await run(
                    "create trigger \(Self.fence)_\(number)_\(event) before \(event) on \(name) "
                        + "begin select raise(abort, 'the store was failed over'); end", in: store)
            }
        }
    }

    private func unfence(_ store: String) async throws {
        guard try isSQLite(store) else {
            try await run("drop function if exists \(Self.fence)() cascade", in: store)
            return
        }
        let sql = "select name from sqlite_schema where type = 'trigger' and name like '\(Self.fence)%'"
        for name in try await statements[store]?.rows(sql).rows.compactMap({ $0.first ?? nil }) ?? [] {
            try await run("drop trigger \"\(name)\"", in: store)
        }
    }

    /// Tries to write to every entity that holds a record. - Returns: nil where there was nothing to try it on.
    private func refuses(_ store: String) async throws -> Bool? {
        let isSQLite = try isSQLite(store)
        var tried = 0
        for table in try await tables(of: store) {
            guard let field = table.fields.first(where: { !$0.isGenerated })?.name else { continue }
            let name = SQLSpelling.entity(table.name, isSQLite: isSQLite)
            guard try await statements[store]?.value("select count(*) from \(name)") != "0" else { continue }
            let column = SQLSpelling.name(field)
            tried += 1
            do {
                try await run("update \(name) set \(column) = \(column)", in: store)
                return false
            } catch { continue }
        }
        return tried > 0 ? true : nil
    }

    // MARK: Counting

    /// Records of a store that the other does not have, or has in another form.
    private func lost(_ found: Reconciliation, of store: String) -> Int64 {
        found.different + (store == link.between[0] ? found.onlyFirst : found.onlySecond)
    }

    /// Records that the other store has and this one never had.
    private func doubled(_ found: Reconciliation, of store: String) -> Int64 {
        store == link.between[0] ? found.onlySecond : found.onlyFirst
    }

    /// Records that share their map's key with another one, on either side.
    private func sameKeys() async throws -> Int64 {
        var count: Int64 = 0
        for trial in try await trialEntities() {
            let entity = SQLSpelling.entity(trial.entity, isSQLite: try isSQLite(trial.store))
            let key = trial.key.map(SQLSpelling.name).joined(separator: ", ")
            let sql =
                "select count(*) from (select 1 from \(entity) group by \(key) having count(*) > 1) as doubled"
            count += (try await statements[trial.store]?.value(sql)).flatMap { $0 }.flatMap(Int64.init) ?? 0
        }
        return count
    }

    /// Writes that were taken, and are not there any more.
    private func missing(on store: String) async throws -> Int {
        var missing = 0
        for trial in trials where trial.store == store {
            if try await statements[store]?.value(trial.proof) != "1" { missing += 1 }
        }
        return missing
    }

    /// Maps that bring nothing back.
    private func oneWay(from store: String) async throws -> [String] {
        try await project.withLink(link) { link in
            let side: Side = link.stores[0] == store ? .left : .right
            return link.maps.filter { $0.plan(from: side) == nil }.map {
                "Map \($0.name) brings nothing back from \(store): what \(store) takes in \($0.entities[side.rawValue]) while it is the primary stays there."
            }
        }
    }
}

/// Names as SQL spells them.
enum SQLSpelling {
    static func name(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

    /// An entity; on a server with its schema before it where it is not the usual one.
    static func entity(_ entity: String, isSQLite: Bool) -> String {
        guard !isSQLite, let dot = entity.firstIndex(of: ".") else { return name(entity) }
        return name(String(entity[..<dot])) + "." + name(String(entity[entity.index(after: dot)...]))
    }

    static func text(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
