internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Brings one side's changes to the other, from the lane's checkpoint to what was committed when it last asked.
struct ChangePump {
    let run: SyncRun
    let side: Side
    let lane: String
    /// The maps that go along.
    let runtimes: [MapRuntime]

    private var source: any Connector { run.link.connector(side) }
    private var target: Side { side.opposite }

    /// - Parameters:
    ///   - after: where to begin.
    ///   - end: only transactions up to here; nil for all.
    /// - Returns: how many records were changed.
    func pump(after: Position, upTo end: Position?) async throws -> Int {
        let maps = runtimes.filter { $0.map.plan(from: side) != nil }
        guard !maps.isEmpty else { return 0 }
        let reader = try await source.changes(ChangesRequest(entities: entities(maps), after: after, upTo: end))
        let session: any WriteSession
        do {
            session = try await run.session(writing: target, lane: lane)
        } catch {
            await reader.close()
            throw error
        }
        do {
            let changed = try await follow(reader, session, maps)
            await session.close()
            await reader.close()
            return changed
        } catch {
            await session.close()
            await reader.close()
            throw error
        }
    }

    private func entities(_ maps: [MapRuntime]) -> [String: [String]] {
        var entities: [String: [String]] = [:]
        for runtime in maps {
            guard let plan = runtime.map.plan(from: side) else { continue }
            let known = entities[plan.sourceEntity] ?? []
            entities[plan.sourceEntity] = known + plan.sourceFields.filter { !known.contains($0) }
        }
        return entities
    }

    private func follow(
        _ reader: any ChangeReader, _ session: any WriteSession, _ maps: [MapRuntime]
    ) async throws -> Int {
        var changed = 0
        var done = 0
        var isInTransaction = false
        var parkedInTransaction = false
        var upcoming = try await reader.next()
        while let chunk = upcoming {
            try Task.checkCancellation()
            async let next = reader.next()
            do {
                if !isInTransaction { try await run.refreshParkedKeys(side, maps) }
                let outcome = try await apply(chunk, session, maps)
                changed += outcome.changedCount
                if let position = chunk.position {
                    let mayHeal = parkedInTransaction || outcome.mayDeleteInCircles
                    let healed = mayHeal ? try await retryParked(session, maps) : []
                    try await commit(session, position, healed: healed)
                    parkedInTransaction = false
                } else {
                    // Within a chunk the refused were tried again already.
                    parkedInTransaction = parkedInTransaction || !outcome.parked.isEmpty
                }
                isInTransaction = chunk.position == nil
            } catch {
                _ = try? await next
                throw error
            }
            done += chunk.changeCount
            run.environment.progress(
                SyncProgress(phase: .following, subject: run.link.store(side), done: done, expected: nil))
            upcoming = try await next
        }
        guard !isInTransaction else {
            throw ConnectorError(
                .protocolViolation, doing: "reading changes",
                message: "the stream ended within a transaction: nothing of it is applied", hint: "")
        }
        try await noteIdle(reader)
        return changed
    }

    private func apply(
        _ chunk: ChangeChunk, _ session: any WriteSession, _ maps: [MapRuntime]
    ) async throws -> ChunkOutcome {
        let applier = run.applier(from: side, session: session, runtimes: maps)
        let before = maps.map { ($0.parkedKeys, $0.report, $0.deletes) }
        try await session.mark()
        var outcome = try await applier.apply(chunk)
        if let stopped = outcome.stopped {
            throw MapStopped(map: run.runtimes[stopped.map].map.name, reason: stopped.reason)
        }
        if outcome.wantsReplay {
            try await session.revert()
            for (runtime, known) in zip(maps, before) {
                (runtime.parkedKeys, runtime.report, runtime.deletes) = known
            }
            outcome = try await applier.apply(chunk, inOrder: true)
        }
        for (map, keys) in outcome.touched { run.touched[map, default: []].formUnion(keys) }
        try await run.keep(outcome, pending: lane)
        return outcome
    }

    /// What was refused earlier in a long transaction may be welcome at its end.
    ///
    /// - Returns: the ids of what was applied, to be forgotten after the commit.
    private func retryParked(_ session: any WriteSession, _ maps: [MapRuntime]) async throws -> [Int64] {
        guard !run.isPlan else { return [] }
        let order = run.orders[target.rawValue].indexes
        let waiting = order.compactMap { index in maps.first { $0.index == index } }
            .filter { !$0.parkedKeys[side.rawValue].isEmpty }
        return try await ParkedRetry(run: run, runtimes: waiting, side: side).retry(in: session, lane).healed
    }

    private func commit(_ session: any WriteSession, _ position: Position, healed: [Int64]) async throws {
        if !run.isPlan {
            try await run.state.stampPending(lane: lane, position: position)
            try await run.state.markHealed(ids: healed, lane: lane, position: position)
        }
        try await session.commit(position)
        guard !run.isPlan else { return }
        run.checkpoints[lane] = position
        try await run.state.settlePending(lane: lane, checkpoint: position)
    }

    /// The stream holds nothing for us up to here: remembered beside the checkpoint, so that the source may let go of
    /// it although no record had to be written.
    private func noteIdle(_ reader: any ChangeReader) async throws {
        guard !run.isPlan, lane == run.link.lane(from: side) else { return }
        let quiet = await reader.quietPosition
        if quiet > run.checkpoints[lane] ?? .start { run.idle[lane] = quiet }
    }
}

/// A map stops itself; the others go on.
struct MapStopped: Error {
    var map: String
    var reason: String
}
