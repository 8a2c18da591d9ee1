internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
public import LockstepState

/// Keeps both stores of a link equal. Each method is one job from start to end; between jobs it holds nothing.
public struct SyncEngine: Sendable {
    public let link: SyncLink
    public let state: StateDatabase
    public let environment: SyncEnvironment

    /// Rounds of both directions until quiet: more means that somebody writes faster than we read, or that the stores
    /// answer each other for ever.
    static let largestRoundCount = 1000
    /// Times that a step which failed for a passing reason is tried again, each after a longer wait.
    static let largestAttemptCount = 5

    public init(link: SyncLink, state: StateDatabase, environment: SyncEnvironment) {
        self.link = link
        self.state = state
        self.environment = environment
    }

    // MARK: Jobs

    /// Says, map by map, what ``sync(permissions:)`` would do now. Writes nothing, anywhere.
    public func plan(permissions: SyncPermissions = SyncPermissions()) async throws -> SyncReport {
        let recorder = PlanRecorder()
        let run = try await begin(permissions, plans: recorder)
        let fresh = run.runtimes.filter { needsCopy($0, permissions) }
        let followed = run.runtimes.filter { runtime in
            goesAlong(runtime) && !fresh.contains { $0 === runtime }
        }
        try await copy(fresh, run)
        if !followed.isEmpty {
            for side in Side.allCases {
                guard let start = start(of: followed, side, run) else { continue }
                let pump = ChangePump(run: run, side: side, lane: link.lane(from: side), runtimes: followed)
                _ = try await pump.pump(after: start, upTo: nil)
            }
        }
        return try await report(run, rounds: 0)
    }

    /// Copies what has never been synced, in both directions, then brings all changes over, both ways, until both sides
    /// are quiet.
    ///
    /// - Throws: ``SyncError``, `ConnectorError` or `StateError`; what was committed before stays and is gone on from.
    public func sync(permissions: SyncPermissions = SyncPermissions()) async throws -> SyncReport {
        var attempt = 1
        while true {
            do {
                return try await syncOnce(permissions)
            } catch let error as ConnectorError where error.disposition == .retry && attempt < Self.largestAttemptCount
            {
                // Everything committed so far is behind a checkpoint: beginning anew goes on where it broke.
                try await environment.sleep(.milliseconds(200 * (1 << attempt)))
                attempt += 1
            } catch let error as ConnectorError where error.disposition == .resnapshot {
                throw SyncError(
                    .historyLost, error.message,
                    hint: "`lockstep sync --resync` compares both sides anew and writes only differences")
            }
        }
    }

    private func syncOnce(_ permissions: SyncPermissions) async throws -> SyncReport {
        let run = try await begin(permissions, plans: nil)
        if permissions.isResync { try await reset(run) }
        try await prepare(run)
        try await copy(run.runtimes.filter { needsCopy($0, permissions) }, run)
        let rounds = try await follow(run)
        for runtime in run.runtimes where runtime.record.state == .catchingUp {
            try await run.move(runtime, to: .live)
        }
        try await release(run)
        return try await report(run, rounds: rounds)
    }

    // MARK: Beginning

    func begin(_ permissions: SyncPermissions, plans: PlanRecorder?) async throws -> SyncRun {
        let run = SyncRun(
            link: link, state: state, environment: environment, permissions: permissions,
            records: try await state.maps(link: link.name), plans: plans)
        try await checkIdentities(run)
        for side in Side.allCases {
            let known = try await link.connector(side).checkpoints()
            run.checkpoints.merge(known) { first, _ in first }
            run.idle[link.lane(from: side)] = try await state.idlePosition(lane: link.lane(from: side))
        }
        return run
    }

    /// A store that was replaced by another must not be taken for the one that was synced.
    private func checkIdentities(_ run: SyncRun) async throws {
        guard !run.permissions.isResync else { return }
        let isFollowed = run.runtimes.contains { ![.stopped, .initializing].contains($0.record.state) }
        for side in Side.allCases {
            guard let known = try await state.storeIdentity(link.store(side)) else { continue }
            let now = try await link.connector(side).identity()?.text
            guard isFollowed, now != known else { continue }
            throw SyncError(
                .storeReplaced,
                "\(link.store(side)) is not the store that was synced before: "
                    + (now == nil ? "it has no mark of Lockstep's" : "its mark is another one"),
                hint: "put the old store back, or run `lockstep sync --resync` to compare both sides anew")
        }
    }

    private func prepare(_ run: SyncRun) async throws {
        for side in Side.allCases {
            try await link.connector(side).installCapture(CaptureRequest(entities: link.capturedEntities(side)))
            if let identity = try await link.connector(side).identity() {
                try await state.setStoreIdentity(link.store(side), identity.text)
            }
            let lane = link.lane(from: side)
            try await state.settlePending(lane: lane, checkpoint: run.checkpoints[lane])
        }
        for runtime in run.runtimes {
            for side in Side.allCases {
                let lane = link.lane(from: side, map: runtime.map.name)
                try await state.settlePending(lane: lane, checkpoint: run.checkpoints[lane])
            }
            // A map that stopped itself is given another chance by each run that a person starts.
            if runtime.record.state == .failed, runtime.record.floors != [nil, nil] {
                try await run.move(runtime, to: .catchingUp)
            }
        }
    }

    /// Forgets what was synced, so that both sides are compared anew.
    private func reset(_ run: SyncRun) async throws {
        var lanes: [String] = Side.allCases.map { link.lane(from: $0) }
        for runtime in run.runtimes {
            for side in Side.allCases {
                lanes.append(link.lane(from: side, map: runtime.map.name))
                lanes.append(link.copyLane(to: side, map: runtime.map.name))
            }
            runtime.record.floors = [nil, nil]
            runtime.record.heldFrom = [nil, nil]
            if runtime.record.state != .stopped { try await run.move(runtime, to: .stopped, reason: "resync") }
        }
        for side in Side.allCases { try await link.connector(side).removeCapture() }
        for lane in lanes {
            run.checkpoints[lane] = nil
            run.idle[lane] = nil
            try await state.forgetIdlePosition(lane: lane)
        }
    }

    // MARK: The first copy

    private func needsCopy(_ runtime: MapRuntime, _ permissions: SyncPermissions) -> Bool {
        let record = runtime.record
        switch record.state {
        case .stopped, .initializing: return true
        case .failed: return record.floors == [nil, nil]
        case .paused: return false
        // A map that means something else now has to look at every record again.
        case .catchingUp, .live: return record.fingerprint != runtime.map.fingerprint
        }
    }

    private func goesAlong(_ runtime: MapRuntime) -> Bool {
        switch runtime.record.state {
        case .catchingUp, .live, .initializing: true
        case .stopped, .paused, .failed: false
        }
    }

    private func copy(_ runtimes: [MapRuntime], _ run: SyncRun) async throws {
        guard !runtimes.isEmpty else { return }
        let open = try await finishedCopies(runtimes, run)
        guard !open.isEmpty else { return }
        var snapshots: [any Snapshot] = []
        do {
            for side in Side.allCases {
                snapshots.append(
                    try await link.connector(side).snapshot(SnapshotRequest(purpose: run.isPlan ? .read : .follow)))
            }
            try await start(open, snapshots, run)
            let ordered = run.orders[Side.right.rawValue].compactMap { index in open.first { $0.index == index } }
            try await InitialCopy(run: run, runtimes: ordered, snapshots: snapshots).copy()
        } catch {
            for snapshot in snapshots { await snapshot.close() }
            throw error
        }
        for snapshot in snapshots { await snapshot.close() }
    }

    /// Maps whose copy was committed by a run that was killed before it could say so need no other one.
    private func finishedCopies(_ runtimes: [MapRuntime], _ run: SyncRun) async throws -> [MapRuntime] {
        guard !run.isPlan else { return runtimes }
        var open: [MapRuntime] = []
        for runtime in runtimes {
            let record = runtime.record
            let isCopied = Side.allCases.contains { side in
                let mark = run.checkpoints[link.copyLane(to: side, map: runtime.map.name)]
                return mark != nil && mark == record.floors[side.opposite.rawValue]
            }
            if record.state == .initializing, record.fingerprint == runtime.map.fingerprint, isCopied {
                try await run.move(runtime, to: .catchingUp)
            } else {
                open.append(runtime)
            }
        }
        return open
    }

    private func start(_ runtimes: [MapRuntime], _ snapshots: [any Snapshot], _ run: SyncRun) async throws {
        for runtime in runtimes {
            if ![.stopped, .initializing, .failed].contains(runtime.record.state) {
                try await run.move(runtime, to: .stopped, reason: "the map was changed")
            }
            runtime.record.floors = snapshots.map(\.position)
            runtime.record.heldFrom = [nil, nil]
            runtime.record.fingerprint = runtime.map.fingerprint
            try await run.move(runtime, to: .initializing)
        }
    }

    // MARK: Following

    /// Both directions, again and again, until a whole round changes nothing.
    private func follow(_ run: SyncRun) async throws -> Int {
        for runtime in run.runtimes where runtime.record.heldFrom != [nil, nil] && goesAlong(runtime) {
            try await catchUpAlone(runtime, run)
        }
        var mayHeal = true
        for round in 1...Self.largestRoundCount {
            var changed = 0
            var isOpen = false
            for side in Side.allCases { changed += try await pump(side, run) }
            let settlement = Settlement(run: run)
            let candidates = try await settlement.candidates()
            if !candidates.isEmpty {
                for candidate in candidates {
                    run.watched[candidate.runtime.map.name, default: []].insert(candidate.key.key)
                }
                for side in Side.allCases { changed += try await pump(side, run) }
                let settled = try await settlement.settle(candidates)
                changed += settled.changed
                isOpen = settled.isOpen
                (run.watched, run.touched) = ([:], [:])
            }
            // What is parked may be welcome once something else has come.
            if mayHeal || changed > 0 { changed += try await retryParked(run) }
            if changed == 0 && !isOpen { return round }
            mayHeal = changed > 0
        }
        throw SyncError(
            .notQuiet, "the two stores did not become quiet within \(Self.largestRoundCount) rounds",
            hint: "triggers on both sides may answer each other; `lockstep conflicts` shows which records change")
    }

    /// Brings one side's changes over, maps that were copied later joining where their copies were taken.
    private func pump(_ side: Side, _ run: SyncRun) async throws -> Int {
        var changed = 0
        while true {
            let maps = run.runtimes.filter { goesAlong($0) && $0.record.heldFrom == [nil, nil] }
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
                guard let map = along.first(where: { $0.map.entities[side.rawValue] == error.entity }) else {
                    throw error
                }
                try await hold(map.map.name, reason: error.description, run)
                continue
            }
            guard let waiting else { return changed }
            try await advance(side, to: waiting, run)
        }
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
    private func advance(_ side: Side, to position: Position, _ run: SyncRun) async throws {
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
    private func catchUpAlone(_ runtime: MapRuntime, _ run: SyncRun) async throws {
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
        }
        runtime.record.heldFrom = [nil, nil]
        try await run.save(runtime)
        for side in Side.allCases {
            try await link.connector(side).forgetCheckpoints(
                lanes: [link.lane(from: side.opposite, map: runtime.map.name)])
        }
    }

    /// Stops one map where the link stands; its changes wait in the stores.
    private func hold(_ map: String, reason: String, _ run: SyncRun) async throws {
        guard let runtime = run.runtime(map) else { return }
        for side in Side.allCases { runtime.record.heldFrom[side.rawValue] = start(of: [runtime], side, run) }
        try await run.move(runtime, to: .failed, reason: reason)
    }

    private func retryParked(_ run: SyncRun) async throws -> Int {
        var changed = 0
        for side in Side.allCases {
            for runtime in run.orders[side.opposite.rawValue].map({ run.runtimes[$0] }) where goesAlong(runtime) {
                guard try await state.parkedCount(link: link.name, map: runtime.map.name) > 0 else { continue }
                changed += try await ParkedRetry(run: run, runtime: runtime, side: side).retryAll().changed
            }
        }
        return changed
    }

    // MARK: Ending

    /// Lets the stores trim what everybody here has used: nothing that a held map still waits for.
    private func release(_ run: SyncRun) async throws {
        for side in Side.allCases {
            let lane = link.lane(from: side)
            guard var position = start(of: run.runtimes, side, run) else { continue }
            for runtime in run.runtimes {
                if let held = runtime.record.heldFrom[side.rawValue] { position = min(position, held) }
            }
            // The idle position is kept durably before the store lets go of what it covers.
            if let idle = run.idle[lane] { try await state.setIdlePosition(lane: lane, idle) }
            try await link.connector(side).release(position)
        }
    }

    func report(_ run: SyncRun, rounds: Int) async throws -> SyncReport {
        var maps: [MapReport] = []
        for runtime in run.runtimes {
            var report = runtime.report
            report.state = (run.isPlan ? runtime.stateBefore : runtime.record.state).rawValue
            report.reason = runtime.record.reason
            report.openConflicts = try await state.conflictCount(link: link.name, map: runtime.map.name, status: .open)
            report.parked = try await state.parkedCount(link: link.name, map: runtime.map.name)
            if let plans = run.plans {
                report.openConflicts += plans.openConflicts(runtime.map.name)
                report.parked += plans.parked(runtime.map.name)
                report.samples = plans.samples(
                    [runtime.map.name] + Side.allCases.map { "\(link.store($0)):\(runtime.map.entities[$0.rawValue])" })
            }
            maps.append(report)
        }
        return SyncReport(link: link.name, maps: maps, rounds: rounds)
    }
}
