internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// One writer: a connection that takes the write lock with its first batch and keeps it until commit or rollback.
actor SQLiteWriteSession: WriteSession, StorePart {
    private static let doing = "writing"
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let database: SQLiteDatabase
    private let lane: String
    private let observed: [String: Set<String>]?
    private var plans: [WritePlan.ID: WritePlan] = [:]
    /// Tables that look-ups asked for. Good for as long as the plans are.
    private var tables: [String: Table] = [:]
    private var schemaVersion: Int64 = -1
    private var hasMark = false
    /// What `_lockstep_session` says inside this transaction; nil while unknown.
    private var quiet: Bool?
    private var isCaptured = false
    private var touched: Set<String> = []
    private var isClosed = false

    init(file: StoreFile, request: WriteSessionRequest) throws(ConnectorError) {
        thread = DedicatedThread("sqlite.write")
        lane = request.lane
        observed = request.observed
        database = try file.open(forWriting: true, doing: "opening a write session")
    }

    func apply(_ batch: WriteBatch) async throws -> WriteResult {
        try inTransaction(batch.entity) {
            let plan = try self.plan(for: batch)
            touched.insert(batch.entity)
            // Also where the entity itself is not captured: its triggers may write to entities that are.
            let isCareful = isCaptured && plan.needsCare(batch)
            if isCaptured { try setQuiet(!isCareful) }
            var writer = RowWriter(database: database, plan: plan, batch: batch, isCareful: isCareful)
            return try writer.run()
        }
    }

    func lookUp(_ request: LookUpRequest) async throws -> RowBatch {
        let doing = "looking records up"
        return try guarded(request.entity) {
            let table = try table(request.entity, doing: doing)
            try KeyTable.fill(request.keys, of: table, in: database, doing: doing)
            let query = try RowQuery(
                table: table, fields: request.fields, predicate: nil, orderBy: [], limit: request.limit,
                keyFields: request.keys.fields, doing: doing)
            let cursor = try RowCursor(
                query, database: database, limits: BatchLimits(rows: max(1, request.limit), bytes: .max))
            defer { cursor.close() }
            return try cursor.next() ?? RowBatch(columnCount: max(1, request.fields.count))
        }
    }

    func mark() async throws {
        try inTransaction(nil) {
            if hasMark { try database.execute("RELEASE lockstep_mark") }
            try database.execute("SAVEPOINT lockstep_mark")
            hasMark = true
        }
    }

    func revert() async throws {
        guard hasMark, database.isInTransaction else { return }
        try inTransaction(nil) {
            try database.execute("ROLLBACK TO lockstep_mark")
            quiet = nil
        }
    }

    func commit(_ checkpoint: Position?) async throws {
        guard database.isInTransaction || checkpoint != nil else { return }
        try inTransaction(nil) {
            if let checkpoint { try store(checkpoint) }
            if isCaptured && quiet != false { try setQuiet(false) }
            try commit()
        }
        forgetTransaction()
    }

    func rollback() async {
        database.rollback()
        forgetTransaction()
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        await rollback()
        plans.removeAll()
        database.close()
    }

    // MARK: Transactions

    /// Runs a piece of work in the transaction, begun if need be; whatever it throws rolls everything back.
    private func inTransaction<Result>(_ entity: String?, _ body: () throws -> Result) throws(ConnectorError) -> Result
    {
        try guarded(entity) {
            if !database.isInTransaction { try begin() }
            return try body()
        }
    }

    /// Runs a piece of work; whatever it throws rolls back what is open.
    private func guarded<Result>(_ entity: String?, _ body: () throws -> Result) throws(ConnectorError) -> Result {
        guard !isClosed else {
            throw ConnectorError(.unreachable, doing: Self.doing, message: "the write session is closed", hint: "")
        }
        do {
            return try reporting(Self.doing, entity, body)
        } catch {
            database.rollback()
            forgetTransaction()
            throw error
        }
    }

    private func begin() throws {
        forgetTransaction()
        try database.execute("BEGIN IMMEDIATE")
        let version = try database.integer("PRAGMA schema_version") ?? 0
        if version != schemaVersion {
            plans.removeAll()
            tables.removeAll()
            schemaVersion = version
        }
        let tables = CaptureTables(database: database)
        isCaptured = try tables.isInstalled
        // Notes about records that were not replaced in the end must not be taken for records that this session deletes.
        if isCaptured { try database.execute("DELETE FROM _lockstep_candidate") }
    }

    private func forgetTransaction() {
        hasMark = false
        quiet = nil
        touched.removeAll()
    }

    private func setQuiet(_ wanted: Bool) throws {
        guard quiet != wanted else { return }
        try database.query("UPDATE _lockstep_session SET quiet = ?1 WHERE id = 1", [.int64(wanted ? 1 : 0)])
        quiet = wanted
    }

    private func store(_ checkpoint: Position) throws {
        let tables = CaptureTables(database: database)
        if try !tables.exists("_lockstep_checkpoint") { try tables.createCheckpoints() }
        try database.query(
            """
            INSERT INTO _lockstep_checkpoint(lane, position) VALUES (?1, ?2)
            ON CONFLICT(lane) DO UPDATE SET position = excluded.position
            """, [.text(lane), .text(checkpoint.text)])
    }

    private func commit() throws {
        do {
            try database.execute("COMMIT")
        } catch  where error.code == SQLiteError.constraint {
            throw try deferredReferenceError(error)
        }
    }

    /// Constraints declared `DEFERRABLE INITIALLY DEFERRED` are only checked by the commit, when it is too late to say
    /// which record breaks them.
    private func deferredReferenceError(_ error: SQLiteError) throws -> ConnectorError {
        let broken = try touched.sorted().filter { entity in
            try database.value("SELECT 1 FROM pragma_foreign_key_check(?1) LIMIT 1", [.text(entity)]) != nil
        }
        return ConnectorError(
            .unsupported, doing: "committing", entity: broken.first,
            message: "a deferred foreign key refuses the transaction: \(error.message)",
            hint: "write referred records first, or declare the foreign key without INITIALLY DEFERRED")
    }

    /// A table by name; kept only inside a transaction, in which nobody else can change it.
    private func table(_ name: String, doing: String) throws -> Table {
        if database.isInTransaction, let table = tables[name] { return table }
        let table = try SchemaReader(database: database).table(name, doing: doing)
        if database.isInTransaction { tables[name] = table }
        return table
    }

    private func plan(for batch: WriteBatch) throws -> WritePlan {
        let id = WritePlan.ID(entity: batch.entity, fields: batch.fields, key: batch.key, readFields: batch.readFields)
        if let plan = plans[id] { return plan }
        let plan = try WritePlan(
            id, database: database, isCaptured: isCaptured,
            observed: observed.map { $0[batch.entity] ?? [] })
        if plans.count >= Self.planLimit { plans.removeAll() }
        plans[id] = plan
        return plan
    }

    /// Plans kept: one a map and direction is the rule.
    private static let planLimit = 256
}
