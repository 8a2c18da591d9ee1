import CPostgreSQL
import ConnectorKit
import LockstepModel

/// One writer: a transaction after another on a connection of its own.
///
/// Each transaction first touches the lane's row of `lockstep.checkpoint`: the change reader sees that at the start of
/// the transaction and knows it as ours. Deferred constraints stay deferred, as the records came in an order that
/// kept them; where that fails at the end, the transaction is rolled back with `busy`, and the lane's next one checks
/// constraints at once, so that only the records at fault are refused.
actor PostgreSQLWriteSession: WriteSession {
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let pool: WirePool
    private let capture: CaptureState
    private let lane: String
    private let observed: [String: Set<String>]?
    private var wire: Wire?
    private var tables: [String: WriteTarget] = [:]
    private var isOpen = false
    private var hasMark = false
    /// Capture is installed: what the store made of our writes is told through a table, which is then emptied.
    private var hasMade = false

    init(_ wire: Wire, pool: WirePool, capture: CaptureState, request: WriteSessionRequest) {
        thread = wire.thread
        self.wire = wire
        self.pool = pool
        self.capture = capture
        lane = request.lane
        observed = request.observed
    }

    /// Makes the checkpoint table where capture has not, and settles how statements are planned.
    func prepare() throws {
        try perform("opening a write session") { wire in
            // The arrays' sizes must not tempt the planner into scanning a large table for each batch.
            try wire.execute("set plan_cache_mode = force_generic_plan")
            try wire.forgetPrepared()
            if !wire.hasCheckpointTable() {
                try wire.execute("begin; \(CaptureInstaller.lockSQL); \(CaptureSchema.checkpointSQL); commit")
            }
        }
    }

    func apply(_ batch: WriteBatch) throws -> WriteResult {
        try perform("writing records", entity: batch.entity) { wire in
            try begin(wire)
            let target = try target(batch.entity, wire)
            var applier = try BatchApplier(wire, target, batch)
            return try applier.run()
        }
    }

    func lookUp(_ request: LookUpRequest) throws -> RowBatch {
        try perform("looking records up", entity: request.entity) { wire in
            let target = try target(request.entity, wire)
            return try RowLookUp(request, target.table).run(wire)
        }
    }

    private func target(_ entity: String, _ wire: Wire) throws -> WriteTarget {
        if let target = tables[entity] { return target }
        let target = try WriteTarget(entity, observed: observed.map { $0[entity] ?? [] }, wire)
        tables[entity] = target
        return target
    }

    func mark() throws {
        try perform("setting a mark") { wire in
            try begin(wire)
            try wire.execute((hasMark ? "release savepoint lockstep_mark; " : "") + "savepoint lockstep_mark")
            hasMark = true
        }
    }

    func revert() throws {
        try perform("going back to the mark") { wire in
            guard hasMark else { return }
            try wire.execute("rollback to savepoint lockstep_mark")
        }
    }

    func commit(_ checkpoint: Position?) throws {
        guard isOpen || checkpoint != nil else { return }
        try perform("committing") { wire in
            try begin(wire)
            if let checkpoint {
                try wire.query(
                    "update lockstep.checkpoint set position = $2, changed_at = now() where lane = $1",
                    [lane, checkpoint.text])
            }
            do { try wire.execute("set constraints all immediate") } catch let error as ServerError
                where error.concernsRecord
            {
                capture.setStrict(lane, true)
                throw ConnectorError(
                    .busy, doing: "committing", message: "a deferred constraint is violated: \(error.message)",
                    hint: "The records are written again, each checked at once, so that only those at fault are parked."
                )
            }
            if hasMade { try wire.execute("delete from lockstep.made") }
            try wire.execute("commit")
            isOpen = false
            hasMark = false
            if checkpoint != nil { capture.setStrict(lane, false) }
        }
    }

    func rollback() {
        guard let wire, isOpen else { return }
        isOpen = false
        hasMark = false
        _ = try? wire.execute("rollback")
    }

    func close() {
        rollback()
        guard let wire else { return }
        self.wire = nil
        // Planner settings and prepared statements were this session's own.
        guard (try? wire.execute("reset plan_cache_mode")) != nil else { return }
        pool.giveBack(wire)
    }

    private func begin(_ wire: Wire) throws {
        guard !isOpen else { return }
        try wire.execute(
            "begin isolation level read committed, read write; select pg_catalog.set_config('lockstep.writer', 'on', true)"
        )
        isOpen = true
        hasMade = try wire.query("select pg_catalog.to_regclass('lockstep.made') is not null").flag(0, 0)
        try wire.query(
            """
            insert into lockstep.checkpoint as c (lane) values ($1)
            on conflict (lane) do update set touched = c.touched + 1
            """, [lane])
        if capture.isStrict(lane) { try wire.execute("set constraints all immediate") }
    }

    /// Runs a step; where it throws, the transaction cannot go on and is rolled back.
    private func perform<Result>(_ doing: String, entity: String? = nil, _ body: (Wire) throws -> Result) throws
        -> Result
    {
        guard let wire else {
            throw ConnectorError(
                .unreachable, doing: doing, entity: entity, message: "the write session was closed", hint: "")
        }
        do {
            return try ConnectorError.translating(doing, entity: entity) { try body(wire) }
        } catch {
            rollback()
            throw error
        }
    }
}
