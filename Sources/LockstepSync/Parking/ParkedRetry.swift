internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Tries parked records of some maps and one source again, set by set, as long as one that is applied may let others in.
struct ParkedRetry {
    let run: SyncRun
    /// In the order in which the target wants inserts.
    let runtimes: [MapRuntime]
    let side: Side

    struct Result {
        /// Records that were applied: to be forgotten once the target has committed.
        var healed: [Int64] = []
        /// Some inserts were applied but for what they defer.
        var hasRests = false
        var changed = 0
    }

    /// Records that are read at once.
    static let pageSize = 1000

    /// Tries all, or those of these ids, in a transaction of its own, and forgets what was applied.
    ///
    /// - Returns: how many records healed, and how many records were changed.
    func retryAll(ids: Set<Int64>? = nil) async throws -> (healed: Int, changed: Int) {
        let lane = run.link.retryLane(from: side)
        let session = try await run.session(writing: side.opposite, lane: lane)
        do {
            let result = try await retry(in: session, lane, ids: ids)
            try await commit(session, lane, result)
            await session.close()
            return (result.healed.count, result.changed)
        } catch {
            await session.close()
            throw error
        }
    }

    /// A number that commits with what was applied tells, after a crash, what need not be tried again.
    private func commit(_ session: any WriteSession, _ lane: String, _ result: Result) async throws {
        guard !result.healed.isEmpty || result.hasRests else { return try await session.commit(nil) }
        let number = Position(order: (run.checkpoints[lane] ?? .start).order + 1)
        try await run.state.stampPending(lane: lane, position: number)
        try await run.state.markHealed(ids: result.healed, lane: lane, position: number)
        try await session.commit(number)
        run.checkpoints[lane] = number
        try await run.state.settlePending(lane: lane, checkpoint: number)
    }

    /// Tries all, or those of these ids, within a session. What is refused again stays, with its new reason.
    ///
    /// - Parameter lane: the session's, under whose next checkpoint the rests of applied records are kept.
    func retry(in session: any WriteSession, _ lane: String, ids: Set<Int64>? = nil) async throws -> Result {
        var round = RetryRound(run: run, side: side, session: session, lane: lane)
        var progress = true
        while progress {
            let before = round.progress
            round.begin()
            for runtime in runtimes { try await tryAll(of: runtime, ids, &round) }
            if round.progress == before { try await round.deleteInCircles() }
            progress = round.progress > before && round.openCount > 0
        }
        return Result(healed: round.healed.sorted(), hasRests: round.hasRests, changed: round.changed)
    }

    private func tryAll(of runtime: MapRuntime, _ ids: Set<Int64>?, _ round: inout RetryRound) async throws {
        guard let plan = runtime.map.plan(from: side) else { return }
        var last: Int64 = 0
        while true {
            try Task.checkCancellation()
            let page = try await run.state.parked(
                link: run.link.name, map: runtime.map.name, source: side.rawValue, after: last, limit: Self.pageSize)
            guard let final = page.last else { return }
            last = final.id
            let records = page.filter { ids?.contains($0.id) ?? true && !round.healed.contains($0.id) }
            if !records.isEmpty { try await round.tryPage(records, runtime, plan) }
        }
    }
}
