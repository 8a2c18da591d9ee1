internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Tries parked records of one map and one source again.
struct ParkedRetry {
    let run: SyncRun
    let runtime: MapRuntime
    let side: Side

    struct Result {
        /// Records that were applied: to be forgotten once the target has committed.
        var healed: [Int64] = []
        var changed = 0
    }

    /// Records that are read at once.
    static let pageSize = 500

    private typealias Refusal = (code: String, field: String, message: String)

    /// Tries all, or those of these ids, in a transaction of its own, and forgets what was applied.
    ///
    /// - Returns: how many records healed, and how many records were changed.
    func retryAll(ids: Set<Int64>? = nil) async throws -> (healed: Int, changed: Int) {
        let lane = run.link.retryLane(from: side)
        let session = try await run.session(writing: side.opposite, lane: lane)
        do {
            let result = try await retry(in: session, ids: ids)
            try await commit(session, lane, healed: result.healed)
            await session.close()
            return (result.healed.count, result.changed)
        } catch {
            await session.close()
            throw error
        }
    }

    /// A number that commits with what was applied tells, after a crash, what need not be tried again.
    private func commit(_ session: any WriteSession, _ lane: String, healed: [Int64]) async throws {
        guard !healed.isEmpty else { return try await session.commit(nil) }
        let number = Position(order: (run.checkpoints[lane] ?? .start).order + 1)
        try await run.state.markHealed(ids: healed, lane: lane, position: number)
        try await session.commit(number)
        run.checkpoints[lane] = number
        try await run.state.settlePending(lane: lane, checkpoint: number)
    }

    /// Tries all, or those of these ids, within a session. What is refused again stays, with its new reason.
    func retry(in session: any WriteSession, ids: Set<Int64>? = nil) async throws -> Result {
        guard let plan = runtime.map.plan(from: side) else { return Result() }
        var result = Result()
        var last: Int64 = 0
        while true {
            let page = try await run.state.parked(
                link: run.link.name, map: runtime.map.name, source: side.rawValue, after: last, limit: Self.pageSize)
            guard let final = page.last else { return result }
            last = final.id
            for record in page where ids?.contains(record.id) ?? true {
                try await retry(record, plan, session, &result)
            }
        }
    }

    private func retry(
        _ record: ParkedRecord, _ plan: DirectionPlan, _ session: any WriteSession, _ result: inout Result
    ) async throws {
        var outcome = ChunkOutcome()
        let refusal = try await apply(record, plan, session, &outcome)
        result.changed += outcome.changedCount
        try await run.keep(outcome, pending: nil)
        guard let refusal else {
            result.healed.append(record.id)
            runtime.hasLoadedParkedKeys[side.rawValue] = false
            return
        }
        var again = record
        (again.code, again.field, again.message) = refusal
        again.attempts += 1
        try await run.state.park([again], pending: nil, time: run.environment.now())
    }

    private func apply(
        _ record: ParkedRecord, _ plan: DirectionPlan, _ session: any WriteSession, _ outcome: inout ChunkOutcome
    ) async throws -> Refusal? {
        let before = image(record.before, plan)
        let after = image(record.after, plan)
        guard (record.before == nil) == (before == nil), (record.after == nil) == (after == nil) else {
            return (
                "LS-PARK-STALE", "",
                "the map reads fields now that were not kept when the record was parked; drop it, "
                    + "and touch the record in its store so that it is captured anew"
            )
        }
        let nulls = plan.sourceFields.map { _ in Value.null }
        let row = RowBatch(row: (before ?? nulls) + (after ?? nulls))
        let mapped = plan.map(rows: row, operations: [record.operation])
        if let failure = mapped.failures.first { return (failure.code, failure.field, failure.message) }
        guard let operation = mapped.operations[0] else { return nil }
        if record.operation == .delete, !runtime.map.propagatesDeletes { return nil }
        if let before, let after { outcome.revisits += runtime.revisits(before, after, of: plan) }
        let applier = run.applier(from: side, session: session)
        let width = plan.targetFields.count
        let result = try await session.apply(applier.writeBatch(plan, runtime, [operation], mapped.rows))
        applier.count(operation, result, runtime, &outcome)
        guard let exception = result.exceptions.first else { return nil }
        var met = MetChange(
            operation: operation, sourceBefore: before, sourceAfter: after,
            before: operation == .insert ? nil : mapped.rows.values(row: 0, columns: 0..<width),
            after: operation == .delete ? nil : mapped.rows.values(row: 0, columns: width..<2 * width), current: nil)
        switch exception.outcome {
        case .rejected(let rejection): return Self.refusal(rejection)
        case .exists(let current), .differs(let current): met.current = result.current.values(row: current)
        case .missing: met.current = nil
        }
        let keyValues = plan.sourceKey.compactMap { (after ?? before)?[$0] }
        let rejection = try await applier.settle(
            &met, runtime: runtime, plan: plan, keyValues: keyValues, &outcome)
        return rejection.map(Self.refusal)
    }

    /// A kept image in the plan's source fields of today; nil where there is none or a field is missing.
    private func image(_ row: StoredRow?, _ plan: DirectionPlan) -> [Value]? {
        guard let row else { return nil }
        let values = plan.sourceFields.compactMap { row.value($0) }
        return values.count == plan.sourceFields.count ? values : nil
    }

    private static func refusal(_ rejection: Rejection) -> Refusal {
        if let code = rejection.constraint, code.hasPrefix("LS-") { return (code, "", rejection.message) }
        return (ParkingCode.code(rejection.cause), rejection.constraint ?? "", rejection.message)
    }
}
