internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// The first meeting of both sides of some maps: what one side lacks is copied from the other, what both have is
/// compared; afterwards the streams go on from the very positions that the snapshots were taken at.
struct InitialCopy {
    let run: SyncRun
    /// Maps that are copied together, and the groups, in the order in which their entities want to be filled.
    let groups: [[MapRuntime]]
    let snapshots: [any Snapshot]

    func copy() async throws {
        for group in groups { try await copy(group) }
    }

    /// The load of several maps comes last: its one mark then says of every map that is still open that it is copied.
    private func copy(_ group: [MapRuntime]) async throws {
        var loads: [[MapRuntime]] = [[], []]
        for runtime in group {
            try await attempt([runtime]) {
                if let source = try await loadingSide(runtime) {
                    loads[source.rawValue].append(runtime)
                } else {
                    try await merge(runtime)
                }
            }
        }
        let sides: [Side] = loads[0].count > 1 ? [.right, .left] : [.left, .right]
        for (place, source) in sides.enumerated() {
            let order = run.orders[source.opposite.rawValue].indexes
            let runtimes = order.compactMap { index in loads[source.rawValue].first { $0.index == index } }
            if place == 0 {
                for runtime in runtimes { try await load([runtime], from: source) }
            } else {
                try await load(runtimes, from: source)
            }
        }
    }

    /// Stops the maps that the work shows to be at odds with their stores.
    ///
    /// - Returns: those that are still to be copied; empty when the work was done.
    @discardableResult
    private func attempt(_ runtimes: [MapRuntime], _ work: () async throws -> Void) async throws -> [MapRuntime] {
        do {
            try await work()
            return []
        } catch let error as ConnectorError where error.code == .schema {
            let found = run.concerned(by: error, runtimes, on: Side.allCases)
            let failed = found.isEmpty ? runtimes : found
            for runtime in failed {
                // Without floors it begins with the copy again, once the cause is gone.
                runtime.record.floors = [nil, nil]
                try await run.move(runtime, to: .failed, reason: error.description)
            }
            return runtimes.filter { runtime in !failed.contains { $0 === runtime } }
        }
    }

    /// The side to load from: the other one has no record at all.
    private func loadingSide(_ runtime: MapRuntime) async throws -> Side? {
        for side in Side.allCases where runtime.map.plan(from: side) != nil {
            if try await isEmpty(runtime, side.opposite), try await isEmpty(runtime, side) == false { return side }
        }
        return nil
    }

    private func load(_ runtimes: [MapRuntime], from source: Side) async throws {
        var open = runtimes
        while !open.isEmpty {
            let loaded = open
            open = try await attempt(loaded) {
                for runtime in loaded {
                    try await forgetParked(runtime)
                    runtime.forgetCounts(writing: source.opposite)
                }
                let lane =
                    loaded.count == 1
                    ? run.link.copyLane(to: source.opposite, map: loaded[0].map.name)
                    : run.groupCopyLane(to: source.opposite, containing: loaded[0])
                try await BulkLoad(
                    run: run, runtimes: loaded, source: source, snapshot: snapshots[source.rawValue], lane: lane
                ).load()
                for runtime in loaded { try await finish(runtime) }
            }
        }
    }

    private func merge(_ runtime: MapRuntime) async throws {
        try await forgetParked(runtime, exceptRests: true)
        try await MergeCopy(run: run, runtime: runtime, snapshots: snapshots).copy()
        try await forgetRests(runtime)
        try await finish(runtime)
    }

    /// Parked records of an earlier attempt are found again where they still matter.
    ///
    /// - Parameter exceptRests: what records still lack is remembered, so that the lack is not taken for somebody's will.
    private func forgetParked(_ runtime: MapRuntime, exceptRests: Bool = false) async throws {
        guard !run.isPlan || exceptRests else { return }
        runtime.rests = [[], []]
        var last: Int64 = 0
        while true {
            let known = try await run.state.parked(link: run.link.name, map: runtime.map.name, after: last)
            guard let final = known.last else { break }
            last = final.id
            let rests = known.filter { exceptRests && $0.isRest }
            for record in rests { runtime.rests[record.source].insert(record.key) }
            guard !run.isPlan else { continue }
            let kept = Set(rests.map(\.id))
            try await run.state.unpark(ids: known.map(\.id).filter { !kept.contains($0) })
        }
        runtime.parkedKeys = [[], []]
    }

    /// What records lacked before this copy, and do not any more.
    private func forgetRests(_ runtime: MapRuntime) async throws {
        guard !run.isPlan else { return }
        for side in Side.allCases where !runtime.rests[side.rawValue].isEmpty {
            try await run.state.unpark(
                link: run.link.name, map: runtime.map.name, source: side.rawValue,
                keys: Array(runtime.rests[side.rawValue]), code: ParkingCode.deferred)
        }
        runtime.rests = [[], []]
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
