internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

extension SyncEngine {
    /// Holds a map: its changes wait in the stores until it is resumed, and are then replayed in order.
    public func pause(map name: String, by person: String, reason: String) async throws {
        let run = try await begin(SyncPermissions(), plans: nil)
        guard let runtime = run.runtime(name) else { throw unknown(name) }
        for side in Side.allCases where runtime.record.heldFrom[side.rawValue] == nil {
            runtime.record.heldFrom[side.rawValue] = holdPosition(runtime, side, run)
        }
        runtime.record.state = .paused
        runtime.record.reason = reason
        try await state.setMap(runtime.record, actor: person, time: environment.now())
    }

    /// Lets a held map go on; the next sync replays what waited.
    public func resume(map name: String, by person: String) async throws {
        let run = try await begin(SyncPermissions(), plans: nil)
        guard let runtime = run.runtime(name) else { throw unknown(name) }
        guard [.paused, .failed].contains(runtime.record.state) else {
            throw SyncError(
                .notPossible, "map \(name) is \(runtime.record.state.rawValue), not paused",
                hint: "`lockstep status` shows the states")
        }
        // What never got through its first copy begins with it.
        runtime.record.state = runtime.record.floors == [nil, nil] ? .stopped : .catchingUp
        runtime.record.reason = ""
        try await state.setMap(runtime.record, actor: person, time: environment.now())
    }

    /// Holds the maps that a run is not about: their changes wait from here on until a run brings them over.
    func leaveOut(_ run: SyncRun) async throws {
        guard let only = run.permissions.onlyMaps else { return }
        for runtime in run.runtimes where !only.contains(runtime.map.name) {
            runtime.isLeftOut = true
            switch runtime.record.state {
            case .stopped, .paused, .failed: continue
            case .initializing:
                // Where its copy was committed and only not said so, the changes since the copy still wait.
                runtime.record.heldFrom = runtime.record.floors
            case .catchingUp, .live:
                for side in Side.allCases where runtime.record.heldFrom[side.rawValue] == nil {
                    runtime.record.heldFrom[side.rawValue] = holdPosition(runtime, side, run)
                }
            }
            try await run.save(runtime)
        }
    }

    private func unknown(_ name: String) -> SyncError {
        SyncError(
            .notFound, "link \(link.name) has no map \(name)",
            hint: "it has \(link.maps.map(\.name).joined(separator: ", "))")
    }
}
