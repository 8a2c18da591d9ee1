public import ConnectorKit
public import LockstepModel

extension PostgreSQLConnector {
    public func identity() async throws -> StoreIdentity? {
        try await pool.use("identifying the store") { wire in
            guard let names = try CaptureNames(wire) else { return nil }
            let server = try wire.query(
                """
                select (select system_identifier from pg_catalog.pg_control_system())::text || '.' || d.oid
                from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
                """)
            return StoreIdentity(text: names.identifier + "." + server.string(0, 0))
        }
    }

    /// The end of the server's log: other databases move it, too, and a standby has none of its own.
    public func activityMark() async throws -> String? {
        try await pool.use("asking for the end of the log") { wire in
            guard try !wire.query("select pg_catalog.pg_is_in_recovery()").flag(0, 0) else { return nil }
            return try wire.query("select pg_catalog.pg_current_wal_insert_lsn()").string(0, 0)
        }
    }

    public func installCapture(_ request: CaptureRequest) async throws {
        try await pool.use("installing capture") { try CaptureInstaller(wire: $0).install(request.entities) }
    }

    public func removeCapture() async throws {
        try await pool.use("removing capture") { try CaptureInstaller(wire: $0).remove() }
    }

    public func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot {
        switch request.purpose {
        case .read: return try await PostgreSQLSnapshot.open(pool)
        case .follow: return try await followSnapshot()
        }
    }

    private func followSnapshot() async throws -> any Snapshot {
        let exported = try await exportSnapshot()
        let snapshot = try await PostgreSQLSnapshot.open(
            pool, imported: (name: exported.name, position: exported.position))
        // The exported snapshot had to live until it was imported.
        withExtendedLifetime(exported.holder) {}
        return snapshot
    }

    /// A temporary slot exports the snapshot of exactly its own position; both vanish with their connection, and the
    /// store's own slot, which is older, has all changes from there.
    func exportSnapshot() async throws -> (holder: Wire, name: String, position: Position) {
        let doing = "opening a snapshot"
        try await pool.use(doing) { wire in
            guard let names = try CaptureNames(wire), try SlotFacts(wire, names.slot) != nil else {
                throw CaptureError.notInstalled(doing)
            }
        }
        let replication = try await Wire.open(pool.settings, replication: true)
        let exported = try await ThreadRunner(replication.thread).run {
            try ConnectorError.translating(doing) {
                do {
                    let name = "lockstep_snapshot_\(UInt64.random(in: 0 ... .max))"
                    let slot = try replication.execute(
                        "CREATE_REPLICATION_SLOT \(name) TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT")
                    return (slot.string(0, 2), slot.string(0, 1))
                } catch let error as ServerError { throw CaptureError.slotRefused(error, doing: doing) }
            }
        }
        guard let position = LogPosition.parse(exported.1) else {
            throw ConnectorError(.protocolViolation, doing: doing, message: "the slot has no position", hint: "")
        }
        return (replication, exported.0, Position(order: position))
    }

    public func changes(_ request: ChangesRequest) async throws -> any ChangeReader {
        let doing = "reading changes"
        let (names, tables, start) = try await pool.use(doing) { wire in
            guard let names = try CaptureNames(wire) else { throw CaptureError.notInstalled(doing) }
            let start = try Self.start(of: names, after: request.after, wire)
            let captured = Set(try wire.query("select entity from lockstep.entity").strings)
            let catalog = try Catalog(wire, entities: Array(request.entities.keys))
            let tables = try request.entities.map { entity, fields in
                let table = try catalog.table(entity, doing: doing)
                guard captured.contains(entity) else {
                    throw ConnectorError(
                        .notInstalled, doing: doing, entity: entity, message: "its changes are not captured",
                        hint: CaptureError.notInstalledHint)
                }
                let columns = try table.columns(fields, doing: doing)
                return (table, columns)
            }
            return (names, tables, start)
        }
        let wire = try await Wire.open(pool.settings, replication: true)
        let decoder = ChangeDecoder(tables: tables, limits: request.limits)
        let reader = PostgreSQLChangeReader(
            wire, pool: pool, capture: capture, decoder: decoder, after: start, upTo: request.upTo)
        try await reader.start(names, at: start)
        return reader
    }

    /// Where reading starts, once it is sure that the server still has all that follows the position.
    private static func start(of names: CaptureNames, after position: Position, _ wire: Wire) throws -> UInt64 {
        guard let slot = try SlotFacts(wire, names.slot) else {
            throw CaptureError.historyLost("the replication slot \(names.slot) was dropped")
        }
        if slot.isLost {
            throw CaptureError.historyLost(
                "the server removed the log that the slot \(names.slot) needs (max_slot_wal_keep_size)")
        }
        if position == .start {
            let first = try wire.query("select (start_lsn - '0/0'::pg_lsn)::int8 from lockstep.store").integer(0, 0)
            guard slot.confirmed == first.map(UInt64.init) else {
                throw CaptureError.historyLost("what was captured first has been released since")
            }
            return slot.confirmed
        }
        guard slot.confirmed <= position.order else {
            throw CaptureError.historyLost("the slot \(names.slot) was made anew or advanced past the position")
        }
        return position.order
    }

    public func release(_ position: Position) async throws {
        guard position.order > 0, !capture.release(position.order) else { return }
        try await pool.use("releasing changes") { wire in
            guard let names = try CaptureNames(wire) else { throw CaptureError.notInstalled("releasing changes") }
            guard let slot = try SlotFacts(wire, names.slot), slot.confirmed < position.order else { return }
            let lsn = LogPosition.format(position.order)
            try SlotWaiting.whileInUse {
                try wire.query("select pg_catalog.pg_replication_slot_advance($1, $2::pg_lsn)", [names.slot, lsn])
            }
        }
    }
}

/// Positions in the write-ahead log as PostgreSQL prints them: `16/B374D848`.
enum LogPosition {
    static func parse(_ text: String) -> UInt64? {
        let halves = text.split(separator: "/")
        guard halves.count == 2, let high = UInt64(halves[0], radix: 16), let low = UInt64(halves[1], radix: 16) else {
            return nil
        }
        return high << 32 | low
    }

    static func format(_ position: UInt64) -> String {
        String(position >> 32, radix: 16) + "/" + String(position & 0xFFFF_FFFF, radix: 16)
    }
}
