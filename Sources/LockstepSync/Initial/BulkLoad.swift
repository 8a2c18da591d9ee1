internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Fills an empty entity from the other side, in the source's fastest order and in one transaction of the target: after
/// a crash there is all of it or nothing.
struct BulkLoad {
    let run: SyncRun
    let runtime: MapRuntime
    let source: Side
    let snapshot: any Snapshot

    private var link: SyncLink { run.link }

    func load() async throws {
        guard let plan = runtime.map.plan(from: source) else { return }
        let lane = link.copyLane(to: source.opposite, map: runtime.map.name)
        let reader = try await snapshot.read(
            ReadRequest(
                entity: plan.sourceEntity, fields: plan.sourceFields,
                predicate: link.connector(source).capabilities.dialect.flatMap { plan.sourcePredicate($0) },
                limits: .load))
        let session: any WriteSession
        do {
            session = try await run.session(writing: source.opposite, lane: lane)
        } catch {
            await reader.close()
            throw error
        }
        do {
            let healed = try await transfer(reader, session, plan)
            // The mark that the copy happened commits with it.
            try await run.state.markHealed(ids: healed, lane: lane, position: snapshot.position)
            try await session.commit(snapshot.position)
            if !healed.isEmpty { try await run.state.unpark(ids: healed) }
            await session.close()
            await reader.close()
        } catch {
            await session.close()
            await reader.close()
            throw error
        }
    }

    private func transfer(
        _ reader: any BatchReader, _ session: any WriteSession, _ plan: DirectionPlan
    ) async throws -> [Int64] {
        let expected = link.schema(source).entity(plan.sourceEntity)?.estimatedCount.map { Int(clamping: $0) }
        var done = 0
        var hasParked = false
        var upcoming = try await reader.next()
        while let batch = upcoming {
            try Task.checkCancellation()
            async let next = reader.next()
            do {
                hasParked = try await write(batch, session, plan) || hasParked
            } catch {
                _ = try? await next
                throw error
            }
            done += batch.rowCount
            run.environment.progress(
                SyncProgress(phase: .copying, subject: runtime.map.name, done: done, expected: expected))
            upcoming = try await next
        }
        guard hasParked, !run.isPlan else { return [] }
        // Records that refer to later ones of the same entity are welcome now.
        return try await ParkedRetry(run: run, runtime: runtime, side: source).retry(in: session).healed
    }

    /// - Returns: whether something was parked.
    private func write(_ batch: RowBatch, _ session: any WriteSession, _ plan: DirectionPlan) async throws -> Bool {
        let mapped = plan.map(records: batch)
        let excluded = Set(mapped.failures.map(\.row))
        let rows = (0..<batch.rowCount).filter { mapped.isIncluded[$0] && !excluded.contains($0) }
        let writer = RecordWriter(run: run, runtime: runtime, source: source, plan: plan, session: session)
        var outcome = ChunkOutcome()
        for failure in mapped.failures {
            outcome.parked.append(writer.parked(batch, row: failure.row, failure: failure))
        }
        try await writer.insert(batch, mapped: mapped.rows, rows: rows, isLoad: true, &outcome)
        for record in outcome.parked { runtime.parkedKeys[source.rawValue].insert(record.key) }
        try await run.keep(outcome, pending: nil)
        return !outcome.parked.isEmpty
    }
}
