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

    private func unknown(_ name: String) -> SyncError {
        SyncError(
            .notFound, "link \(link.name) has no map \(name)",
            hint: "it has \(link.maps.map(\.name).joined(separator: ", "))")
    }
}
