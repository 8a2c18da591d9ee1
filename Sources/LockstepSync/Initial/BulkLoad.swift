internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Fills empty entities from the other side, in the source's fastest order and in one transaction of the target: after
/// a crash there is all of it or nothing.
///
/// What refers to records that may come later is left out at first, and written when all maps are there.
struct BulkLoad {
    let run: SyncRun
    /// In the order in which the target wants to be filled; more than one where their references go round in a circle.
    let runtimes: [MapRuntime]
    let source: Side
    let snapshot: any Snapshot
    /// Marks in the target that the copy happened.
    let lane: String

    private var link: SyncLink { run.link }

    /// One map on its way.
    private struct Filling {
        var runtime: MapRuntime
        var plan: DirectionPlan
        /// The source's records that have something deferred; nil where there is nothing to defer.
        var spool: RowSpool?
    }

    func load() async throws {
        let session = try await run.session(writing: source.opposite, lane: lane)
        do {
            let healed = try await transfer(session)
            // The mark that the copy happened commits with it.
            if !run.isPlan {
                try await run.state.stampPending(lane: lane, position: snapshot.position)
                try await run.state.markHealed(ids: healed, lane: lane, position: snapshot.position)
            }
            try await session.commit(snapshot.position)
            if !run.isPlan { try await run.state.settlePending(lane: lane, checkpoint: snapshot.position) }
            await session.close()
        } catch {
            await session.close()
            throw error
        }
    }

    /// - Returns: parked records that were applied after all.
    private func transfer(_ session: any WriteSession) async throws -> [Int64] {
        var fillings: [Filling] = []
        var hasParked = false
        for runtime in runtimes {
            guard let plan = runtime.map.plan(from: source) else { continue }
            var filling = Filling(runtime: runtime, plan: plan)
            if !run.isPlan, !runtime.deferral(writing: source.opposite).isEmpty {
                filling.spool = try RowSpool(columnCount: plan.sourceFields.count)
            }
            hasParked = try await fill(filling, session) || hasParked
            fillings.append(filling)
        }
        var healed: [Int64] = []
        if hasParked, !run.isPlan {
            // Records that refer to later ones are welcome now.
            healed = try await ParkedRetry(run: run, runtimes: runtimes, side: source).retry(in: session, lane).healed
        }
        for filling in fillings { try await finish(filling, session) }
        return healed
    }

    /// - Returns: whether something was parked.
    private func fill(_ filling: Filling, _ session: any WriteSession) async throws -> Bool {
        let plan = filling.plan
        let reader = try await snapshot.read(
            ReadRequest(
                entity: plan.sourceEntity, fields: plan.sourceFields,
                predicate: link.connector(source).capabilities.dialect.flatMap { plan.sourcePredicate($0) },
                limits: .load))
        do {
            let hasParked = try await fill(filling, reader, session)
            await reader.close()
            return hasParked
        } catch {
            await reader.close()
            throw error
        }
    }

    private func fill(
        _ filling: Filling, _ reader: any BatchReader, _ session: any WriteSession
    ) async throws -> Bool {
        let expected = link.schema(source).entity(filling.plan.sourceEntity)?.estimatedCount.map { Int(clamping: $0) }
        var done = 0
        var hasParked = false
        var upcoming = try await reader.next()
        while let batch = upcoming {
            try Task.checkCancellation()
            async let next = reader.next()
            do {
                hasParked = try await write(batch, filling, session) || hasParked
            } catch {
                _ = try? await next
                throw error
            }
            done += batch.rowCount
            run.environment.progress(
                SyncProgress(phase: .copying, subject: filling.runtime.map.name, done: done, expected: expected))
            upcoming = try await next
        }
        return hasParked
    }

    /// - Returns: whether something was parked.
    private func write(_ batch: RowBatch, _ filling: Filling, _ session: any WriteSession) async throws -> Bool {
        let mapped = filling.plan.map(records: batch)
        let excluded = Set(mapped.failures.map(\.row))
        let rows = (0..<batch.rowCount).filter { mapped.isIncluded[$0] && !excluded.contains($0) }
        let writer = writer(filling, session)
        var outcome = ChunkOutcome()
        for failure in mapped.failures {
            outcome.parked.append(writer.parked(batch, row: failure.row, failure: failure))
        }
        if let spool = filling.spool {
            let refused = try await writer.load(batch, mapped: mapped.rows, rows: rows, isLoad: true, &outcome)
            let deferral = filling.runtime.deferral(writing: source.opposite)
            try await spool.add(
                batch,
                rows: rows.filter { !refused.contains($0) && deferral.concerns(mapped.rows, row: $0, offset: 0) })
        } else {
            try await writer.insert(batch, mapped: mapped.rows, rows: rows, isLoad: true, &outcome)
        }
        return try await keep(outcome, filling.runtime)
    }

    /// The second pass: what was left out.
    private func finish(_ filling: Filling, _ session: any WriteSession) async throws {
        guard let spool = filling.spool else { return }
        while let batch = try await spool.next() {
            try Task.checkCancellation()
            var outcome = ChunkOutcome()
            try await writer(filling, session).finish(
                batch, mapped: filling.plan.map(records: batch).rows, rows: Array(0..<batch.rowCount), &outcome)
            _ = try await keep(outcome, filling.runtime)
        }
    }

    private func writer(_ filling: Filling, _ session: any WriteSession) -> RecordWriter {
        RecordWriter(
            run: run, runtime: filling.runtime, source: source, plan: filling.plan, session: session)
    }

    private func keep(_ outcome: ChunkOutcome, _ runtime: MapRuntime) async throws -> Bool {
        for record in outcome.parked { runtime.parkedKeys[source.rawValue].insert(record.key) }
        try await run.keep(outcome, pending: nil)
        return !outcome.parked.isEmpty
    }
}
