import ConnectorKit
import LockstepModel

/// A database at one point in time: a transaction that stays open and whose snapshot every reader imports.
actor PostgreSQLSnapshot: Snapshot {
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    nonisolated let position: Position
    private let pool: WirePool
    private var holder: Wire?
    private let exported: String
    private var catalog: [String: Table] = [:]

    private init(_ holder: Wire, pool: WirePool, position: Position, exported: String) {
        thread = holder.thread
        self.holder = holder
        self.pool = pool
        self.position = position
        self.exported = exported
    }

    /// - Parameter imported: the snapshot to take part in, with the position that it stands for; nil for a new one.
    static func open(_ pool: WirePool, imported: (name: String, position: Position)? = nil) async throws
        -> PostgreSQLSnapshot
    {
        let holder = try await pool.take()
        let exported = try await ThreadRunner(holder.thread).run {
            try ConnectorError.translating("opening a snapshot") {
                try holder.execute(beginning(imported?.name))
                return try holder.query("select pg_catalog.pg_export_snapshot()").string(0, 0)
            }
        }
        return PostgreSQLSnapshot(holder, pool: pool, position: imported?.position ?? .start, exported: exported)
    }

    private static func beginning(_ snapshot: String?) -> String {
        "begin isolation level repeatable read, read only; set local statement_timeout = 0"
            + (snapshot.map { "; set transaction snapshot \(SQLText.literal($0))" } ?? "")
    }

    func read(_ request: ReadRequest) async throws -> any BatchReader {
        let table = try self.table(request.entity)
        let selection = try RowSelection(request, table)
        let preamble = Self.beginning(exported)
        let wire = try await pool.take()
        let reader = PostgreSQLRowReader(
            wire, pool: pool, entity: request.entity, selection: selection, preamble: preamble,
            limits: request.limits)
        try await reader.open()
        return reader
    }

    private func table(_ entity: String) throws -> Table {
        if let table = catalog[entity] { return table }
        guard let holder else {
            throw ConnectorError(
                .unreachable, doing: "reading records", entity: entity, message: "the snapshot was closed", hint: "")
        }
        return try ConnectorError.translating("reading records", entity: entity) {
            let table = try Catalog(holder, entities: [entity]).table(entity, doing: "reading records")
            catalog[entity] = table
            return table
        }
    }

    func close() {
        guard let holder else { return }
        self.holder = nil
        _ = try? holder.execute("rollback")
        pool.giveBack(holder)
    }
}
