internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// The first copy of maps that have never been synced, or mean something else now.
extension SyncEngine {
    func needsCopy(_ runtime: MapRuntime, _ permissions: SyncPermissions) -> Bool {
        let record = runtime.record
        guard !runtime.isLeftOut else { return false }
        switch record.state {
        case .stopped, .initializing: return true
        case .failed: return record.floors == [nil, nil]
        case .paused: return false
        // A map that means something else now has to look at every record again.
        case .catchingUp, .live: return record.fingerprint != runtime.map.fingerprint
        }
    }

    func goesAlong(_ runtime: MapRuntime) -> Bool {
        switch runtime.record.state {
        case .catchingUp, .live, .initializing: !runtime.isLeftOut
        case .stopped, .paused, .failed: false
        }
    }

    func copy(_ runtimes: [MapRuntime], _ run: SyncRun) async throws {
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
            let groups = run.copyGroups.map { group in
                group.compactMap { index in open.first { $0.index == index } }
            }
            try await InitialCopy(run: run, groups: groups, snapshots: snapshots).copy()
        } catch {
            for snapshot in snapshots { await snapshot.close() }
            throw error
        }
        for snapshot in snapshots { await snapshot.close() }
    }

    /// Maps whose copy was committed by a run that was killed before it could say so need no other one.
    func finishedCopies(_ runtimes: [MapRuntime], _ run: SyncRun) async throws -> [MapRuntime] {
        guard !run.isPlan else { return runtimes }
        var open: [MapRuntime] = []
        for runtime in runtimes {
            let record = runtime.record
            let isCopied = Side.allCases.contains { side in
                run.copyLanes(to: side, of: runtime).contains { lane in
                    let mark = run.checkpoints[lane]
                    return mark != nil && mark == record.floors[side.opposite.rawValue]
                }
            }
            if record.state == .initializing, record.fingerprint == runtime.map.fingerprint, isCopied {
                try await run.move(runtime, to: .catchingUp)
            } else {
                open.append(runtime)
            }
        }
        return open
    }

    func start(_ runtimes: [MapRuntime], _ snapshots: [any Snapshot], _ run: SyncRun) async throws {
        for runtime in runtimes {
            if ![.stopped, .initializing, .failed].contains(runtime.record.state) {
                try await run.move(runtime, to: .stopped, reason: "the map was changed")
            }
            try await forgetCopyMarks(runtime, run)
            runtime.record.floors = snapshots.map(\.position)
            runtime.record.heldFrom = [nil, nil]
            runtime.record.fingerprint = runtime.map.fingerprint
            try await run.move(runtime, to: .initializing)
        }
    }

    /// A mark of an earlier copy must not be taken for this one's, which may begin at the very same position.
    func forgetCopyMarks(_ runtime: MapRuntime, _ run: SyncRun) async throws {
        guard !run.isPlan else { return }
        for side in Side.allCases {
            let lanes = run.copyLanes(to: side, of: runtime).filter { run.checkpoints[$0] != nil }
            guard !lanes.isEmpty else { continue }
            try await link.connector(side).forgetCheckpoints(lanes: lanes)
            for lane in lanes { run.checkpoints[lane] = nil }
        }
    }
}
