internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Both directions until quiet, and maps that stop, wait or catch up meanwhile.
extension SyncEngine {
    /// Both directions, again and again, until a whole round changes nothing.
    func follow(_ run: SyncRun) async throws -> Int {
        for runtime in run.runtimes where runtime.record.heldFrom != [nil, nil] && goesAlong(runtime) {
            try await catchUpAlone(runtime, run)
        }
        var mayHeal = true
        for round in 1...Self.largestRoundCount {
            var changed = 0
            for side in Side.allCases { changed += try await pump(side, run) }
            let settlement = Settlement(run: run)
            let candidates = try await settlement.candidates()
            var settled = 0
            var isOpen = false
            if !candidates.isEmpty {
                run.watch(candidates.map(\.key))
                for side in Side.allCases { changed += try await pump(side, run) }
                let result = try await settlement.settle(candidates)
                changed += result.changed
                settled = result.done
                isOpen = result.isOpen
                run.watch([])
            }
            // What is parked may be welcome once something else has come.
            if mayHeal || changed > 0 { changed += try await retryParked(run) }
            // There may be more to look at than a page, also where a page was found equal.
            if changed == 0, settled == 0, !isOpen { return round }
            mayHeal = true
        }
        throw SyncError(
            .notQuiet, "the two stores did not become quiet within \(Self.largestRoundCount) rounds",
            hint: "triggers on both sides may answer each other; `lockstep conflicts` shows which records change")
    }

    /// Brings one side's changes over, maps that were copied later joining where their copies were taken.
    func pump(_ side: Side, _ run: SyncRun) async throws -> Int {
        var changed = 0
        while true {
            let maps = run.runtimes.filter { goesAlong($0) && $0.record.heldFrom == [nil, nil] }
                .filter { $0.record.state != .initializing }
            guard let start = start(of: maps, side, run) else { return changed }
            let waiting = maps.compactMap { $0.record.floors[side.rawValue] }.filter { $0 > start }.min()
            let along = maps.filter { ($0.record.floors[side.rawValue] ?? .start) <= start }
            do {
                let pump = ChangePump(run: run, side: side, lane: link.lane(from: side), runtimes: along)
                changed += try await pump.pump(after: start, upTo: waiting)
            } catch let stopped as MapStopped {
                try await hold(stopped.map, reason: stopped.reason, run)
                continue
            } catch let error as ConnectorError where error.code == .schema {
                let concerned = run.concerned(by: error, along, on: [side, side.opposite])
                guard !concerned.isEmpty else { throw error }
                for runtime in concerned { try await hold(runtime.map.name, reason: error.description, run) }
                continue
            }
            guard let waiting else { return changed }
            try await advance(side, to: waiting, run)
        }
    }

    /// Where one map's changes wait from when it is held: never before its own copy.
    func holdPosition(_ runtime: MapRuntime, _ side: Side, _ run: SyncRun) -> Position? {
        start(of: [runtime], side, run).map { max($0, runtime.record.floors[side.rawValue] ?? .start) }
    }

    /// Where a side's stream goes on for these maps; nil when there is nothing to follow.
    func start(of maps: [MapRuntime], _ side: Side, _ run: SyncRun) -> Position? {
        let followed = maps.filter { $0.map.plan(from: side) != nil }
        guard !followed.isEmpty else { return nil }
        let lane = link.lane(from: side)
        guard let known = run.checkpoints[lane] ?? followed.compactMap({ $0.record.floors[side.rawValue] }).min() else {
            return nil
        }
        // Beyond the checkpoint the stream is known to hold nothing for us up to its idle position.
        return run.idle[lane].map { max($0, known) } ?? known
    }

    /// Moves a stream's checkpoint on to where further maps join.
    func advance(_ side: Side, to position: Position, _ run: SyncRun) async throws {
        let lane = link.lane(from: side)
        let session = try await run.session(writing: side.opposite, lane: lane)
        do {
            try await session.commit(position)
            await session.close()
        } catch {
            await session.close()
            throw error
        }
        run.checkpoints[lane] = position
    }

    /// A map that was held brings over what waited, alone, until it stands where the link stands.
    func catchUpAlone(_ runtime: MapRuntime, _ run: SyncRun) async throws {
        do {
            for side in Side.allCases {
                guard runtime.map.plan(from: side) != nil, let held = runtime.record.heldFrom[side.rawValue] else {
                    continue
                }
                let lane = link.lane(from: side, map: runtime.map.name)
                let start = run.checkpoints[lane].map { max($0, held) } ?? held
                guard let end = self.start(of: [runtime], side, run), end > start else { continue }
                let pump = ChangePump(run: run, side: side, lane: lane, runtimes: [runtime])
                _ = try await pump.pump(after: start, upTo: end)
            }
        } catch let stopped as MapStopped {
            return try await run.move(runtime, to: .failed, reason: stopped.reason)
        } catch let error as ConnectorError where error.code == .schema {
            return try await run.move(runtime, to: .failed, reason: error.description)
        }
        runtime.record.heldFrom = [nil, nil]
        try await run.save(runtime)
        for side in Side.allCases {
            try await link.connector(side).forgetCheckpoints(
                lanes: [link.lane(from: side.opposite, map: runtime.map.name)])
        }
    }

    /// Stops one map where the link stands; its changes wait in the stores.
    func hold(_ map: String, reason: String, _ run: SyncRun) async throws {
        guard let runtime = run.runtime(map) else { return }
        for side in Side.allCases { runtime.record.heldFrom[side.rawValue] = holdPosition(runtime, side, run) }
        try await run.move(runtime, to: .failed, reason: reason)
    }

    /// Tries what is parked again, one transaction a side.
    func retryParked(_ run: SyncRun) async throws -> Int {
        var changed = 0
        for side in Side.allCases {
            var waiting: [MapRuntime] = []
            for index in run.orders[side.opposite.rawValue].indexes where goesAlong(run.runtimes[index]) {
                let map = run.runtimes[index].map.name
                if try await state.parkedCount(link: link.name, map: map) > 0 { waiting.append(run.runtimes[index]) }
            }
            while !waiting.isEmpty {
                do {
                    changed += try await ParkedRetry(run: run, runtimes: waiting, side: side).retryAll().changed
                    break
                } catch let error as ConnectorError where error.code == .schema {
                    let concerned = run.concerned(by: error, waiting, on: [side.opposite, side])
                    guard !concerned.isEmpty else { throw error }
                    for runtime in concerned { try await hold(runtime.map.name, reason: error.description, run) }
                    waiting.removeAll { runtime in concerned.contains { $0 === runtime } }
                }
            }
        }
        return changed
    }
}
