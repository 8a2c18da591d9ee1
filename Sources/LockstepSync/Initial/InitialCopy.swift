internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// The first meeting of both sides of some maps: what one side lacks is copied from the other, what both have is
/// compared; afterwards the streams go on from the very positions that the snapshots were taken at.
struct InitialCopy {
    let run: SyncRun
    /// In the order in which their entities want to be filled.
    let runtimes: [MapRuntime]
    let snapshots: [any Snapshot]

    func copy() async throws {
        for runtime in runtimes {
            do {
                try await copy(runtime)
            } catch let error as ConnectorError where error.code == .schema {
                // Without floors it begins with the copy again, once the cause is gone.
                runtime.record.floors = [nil, nil]
                try await run.move(runtime, to: .failed, reason: error.description)
            }
        }
    }

    private func copy(_ runtime: MapRuntime) async throws {
        // Parked records of an earlier attempt are found again where they still matter.
        try await forgetParked(runtime)
        for side in Side.allCases where runtime.map.plan(from: side) != nil {
            if try await isEmpty(runtime, side.opposite), try await isEmpty(runtime, side) == false {
                try await BulkLoad(run: run, runtime: runtime, source: side, snapshot: snapshots[side.rawValue]).load()
                return try await finish(runtime)
            }
        }
        try await MergeCopy(run: run, runtime: runtime, snapshots: snapshots).copy()
        try await finish(runtime)
    }

    private func forgetParked(_ runtime: MapRuntime) async throws {
        guard !run.isPlan else { return }
        while true {
            let known = try await run.state.parked(link: run.link.name, map: runtime.map.name)
            guard !known.isEmpty else { break }
            try await run.state.unpark(ids: known.map(\.id))
        }
        runtime.parkedKeys = [[], []]
    }

    /// Whether a side's entity has no record at all.
    private func isEmpty(_ runtime: MapRuntime, _ side: Side) async throws -> Bool {
        let reader = try await snapshots[side.rawValue].read(
            ReadRequest(
                entity: runtime.map.entities[side.rawValue], fields: Array(runtime.keyFields[side.rawValue]),
                limits: BatchLimits(rows: 1, bytes: 1 << 16)))
        let first: RowBatch?
        do {
            first = try await reader.next()
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return first == nil
    }

    private func finish(_ runtime: MapRuntime) async throws {
        guard runtime.record.state != .failed else { return }
        try await run.move(runtime, to: .catchingUp)
    }
}
