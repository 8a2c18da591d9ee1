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
                environment.progress(
                    SyncProgress(
                        phase: .waiting, subject: error.message, done: attempt, expected: Self.largestAttemptCount))
                try await environment.sleep(.milliseconds(200 * (1 << attempt)))
                attempt += 1
            } catch let error as ConnectorError where error.disposition == .resnapshot {
                throw SyncError(
                    .historyLost,
                    "\(error.doing)\(error.entity.map { " (\($0))" } ?? ""): \(error.message)",
                    hint: "`lockstep sync --resync` compares both sides anew and writes only differences")
            }
        }
    }

    private func syncOnce(_ permissions: SyncPermissions) async throws -> SyncReport {
        let run = try await begin(permissions, plans: nil)
        try await checkAccess(run)
        if permissions.isResync { try await reset(run) }
        try await leaveOut(run)
        try await prepare(run)
        try await acceptSchemas()
        try await followChanged(run)
        try await copy(run.runtimes.filter { needsCopy($0, permissions) }, run)
        let rounds = try await follow(run)
        for runtime in run.runtimes where runtime.record.state == .catchingUp && !runtime.isLeftOut {
            try await run.move(runtime, to: .live)
        }
        try await release(run)
        return try await report(run, rounds: rounds)
    }

    /// A map that was changed takes in what waited first, change by change and with its base: the comparison that comes
    /// then has none, and would bring deleted records back.
    private func followChanged(_ run: SyncRun) async throws {
        let changed = run.runtimes.filter { [.catchingUp, .live].contains($0.record.state) }
            .filter { needsCopy($0, run.permissions) }
        guard !changed.isEmpty else { return }
        for runtime in changed where runtime.record.heldFrom != [nil, nil] { try await catchUpAlone(runtime, run) }
        for side in Side.allCases { _ = try await pump(side, run) }
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
        if plans == nil { try await settlePending(run) }
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

    /// What a run that was killed kept counts as far as its target committed: asked while the checkpoints are there.
    private func settlePending(_ run: SyncRun) async throws {
        for side in Side.allCases {
            var lanes = [link.lane(from: side), link.retryLane(from: side)]
            lanes += run.runtimes.map { link.lane(from: side, map: $0.map.name) }
            lanes += Set(run.runtimes.flatMap { run.copyLanes(to: side, of: $0) }).sorted()
            for lane in lanes {
                try await state.settlePending(lane: lane, checkpoint: run.checkpoints[lane])
            }
        }
    }

    /// Forgets what was synced, so that both sides are compared anew.
    private func reset(_ run: SyncRun) async throws {
        var lanes: [String] = Side.allCases.flatMap { [link.lane(from: $0), link.retryLane(from: $0)] }
        for runtime in run.runtimes {
            for side in Side.allCases {
                lanes.append(link.lane(from: side, map: runtime.map.name))
                lanes += run.copyLanes(to: side, of: runtime)
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

    // MARK: Ending

    /// Lets the stores trim what everybody here has used: nothing that a held map still waits for.
    private func release(_ run: SyncRun) async throws {
        for side in Side.allCases {
            let lane = link.lane(from: side)
            guard var position = start(of: run.runtimes, side, run) else { continue }
            for record in run.runtimes.map(\.record) + run.broken {
                if let held = record.heldFrom[side.rawValue] { position = min(position, held) }
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
            // A plan moves no map, but says where one would stop.
            let isMoved = !run.isPlan || runtime.record.state == .failed
            report.state = (isMoved ? runtime.record.state : runtime.stateBefore).rawValue
            report.reason = runtime.record.reason
            report.openConflicts = try await state.conflictCount(link: link.name, map: runtime.map.name, status: .open)
            report.parked = try await state.parkedCount(link: link.name, map: runtime.map.name)
            if let plans = run.plans {
                report.openConflicts += plans.openConflicts(runtime.map.name)
                report.parked += plans.parked(runtime.map.name)
            }
            maps.append(report)
        }
        maps += try await brokenReports(run)
        return SyncReport(link: link.name, maps: maps, rounds: rounds)
    }
}
