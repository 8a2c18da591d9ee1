internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// One run over a link: what its steps share. Used by one task only.
final class SyncRun {
    let link: SyncLink
    let state: StateDatabase
    let environment: SyncEnvironment
    let permissions: SyncPermissions
    let runtimes: [MapRuntime]
    /// The records of maps that cannot run, in the link's order.
    var broken: [MapRecord]
    /// By side: the order in which that side wants inserts.
    let orders: [EntityOrder]
    /// Indexes of the maps that are copied together, parents first.
    let copyGroups: [[Int]]
    /// By lane: the checkpoint as its target has it.
    var checkpoints: [String: Position] = [:]
    /// By lane: how far beyond its checkpoint the stream is known to hold nothing for us.
    var idle: [String: Position] = [:]
    /// By map name: the keys that a settlement is about to write, and those of them that changes touched since it read.
    private(set) var watched: [String: Set<[UInt8]>] = [:]
    var touched: [String: Set<[UInt8]>] = [:]
    /// Nothing is written, anywhere: the run is a plan.
    let plans: PlanRecorder?

    init(
        link: SyncLink, state: StateDatabase, environment: SyncEnvironment, permissions: SyncPermissions,
        records: [MapRecord], plans: PlanRecorder?
    ) {
        self.link = link
        self.state = state
        self.environment = environment
        self.permissions = permissions
        self.plans = plans
        let orders = Side.allCases.map { EntityOrder(link.maps, target: $0, schema: link.schema($0)) }
        self.orders = orders
        copyGroups = EntityOrder.copyGroups(orders)
        broken = link.brokenMaps.map { map in
            records.first { $0.map == map.name } ?? MapRecord(link: link.name, map: map.name)
        }
        runtimes = link.maps.enumerated().map { index, map in
            MapRuntime(
                index: index, map: map,
                record: records.first { $0.map == map.name } ?? MapRecord(link: link.name, map: map.name),
                deferrals: orders.map { $0.deferrals[index] })
        }
    }

    var isPlan: Bool { plans != nil }

    func watch(_ keys: [RevisitKey]) {
        watched = Dictionary(grouping: keys, by: \.map).mapValues { Set($0.map(\.key)) }
        touched = [:]
    }

    func runtime(_ name: String) -> MapRuntime? { runtimes.first { $0.map.name == name } }

    /// Marks in a target that the first copy of several maps was committed there, in one transaction: of all those of
    /// the map's group that had not been copied before.
    func groupCopyLane(to side: Side, containing runtime: MapRuntime) -> String {
        let group = copyGroups.first { $0.contains(runtime.index) } ?? [runtime.index]
        return link.copyLane(to: side, maps: group.map { link.maps[$0].name })
    }

    /// The marks by any of which a map's first copy is known to be committed.
    func copyLanes(to side: Side, of runtime: MapRuntime) -> [String] {
        [
            link.copyLane(to: side, map: runtime.map.name), groupCopyLane(to: side, containing: runtime),
        ]
    }

    /// The maps whose entity, or an entity that one of their paths leads through, is not any more what the maps were made
    /// for.
    func concerned(by error: ConnectorError, _ maps: [MapRuntime], on sides: [Side]) -> [MapRuntime] {
        guard let entity = error.entity else { return [] }
        for side in sides {
            let found = maps.filter { runtime in
                runtime.map.entities[side.rawValue] == entity
                    || runtime.map.paths[side.rawValue].contains { $0.hops.contains { $0.entity == entity } }
            }
            if !found.isEmpty { return found }
        }
        return []
    }

    /// Opens a session that writes on a side, or one that only pretends to where the run is a plan.
    func session(writing side: Side, lane: String) async throws -> any WriteSession {
        if let plans {
            let deferred = Dictionary(
                uniqueKeysWithValues: runtimes.map { ($0.map.name, Set($0.deferral(writing: side).names)) })
            return PlanningSession(
                connector: link.connector(side), store: link.store(side), schema: link.schema(side), world: plans.world,
                deferred: deferred)
        }
        return try await link.connector(side).write(WriteSessionRequest(lane: lane, observed: observed(on: side)))
    }

    /// By entity of a side: the fields that the maps read there; nil where a map cannot say.
    ///
    /// The keys that references hold are none of them: nobody refers to a record before it is there.
    private func observed(on side: Side) -> [String: Set<String>]? {
        guard link.brokenMaps.isEmpty else { return nil }
        var observed: [String: Set<String>] = [:]
        for runtime in runtimes {
            observed[runtime.map.entities[side.rawValue], default: []].formUnion(runtime.shape(side))
            for path in runtime.map.paths[side.rawValue] {
                var entity = runtime.map.entities[side.rawValue]
                for hop in path.hops {
                    observed[entity, default: []].formUnion(hop.fields + hop.shared.map(\.own))
                    entity = hop.entity
                    observed[entity, default: []].formUnion(hop.shared.map(\.referred))
                }
                observed[entity, default: []].insert(path.field)
            }
        }
        return observed
    }

    func applier(from side: Side, session: any WriteSession, runtimes: [MapRuntime]? = nil) -> ChunkApplier {
        ChunkApplier(
            link: link, side: side, runtimes: runtimes ?? self.runtimes, order: orders[side.opposite.rawValue].indexes,
            session: session, permissions: permissions, watched: watched)
    }

    /// Moves a map to another state, if it is not a plan.
    func move(_ runtime: MapRuntime, to state: MapState, reason: String = "") async throws {
        runtime.record.state = state
        runtime.record.reason = reason
        try await save(runtime)
    }

    func save(_ runtime: MapRuntime) async throws {
        guard !isPlan else { return }
        try await state.setMap(runtime.record, actor: "engine", time: environment.now())
    }

    /// Keeps what an applied chunk led to; before the target commits.
    func keep(_ outcome: ChunkOutcome, pending lane: String?) async throws {
        guard !isPlan else {
            plans?.note(outcome)
            return
        }
        let mark = lane.map { PendingMark(lane: $0) }
        try await state.keep(outcome.conflicts, pending: mark, time: environment.now())
        try await state.addRevisits(link: link.name, outcome.revisits)
        try await dropEmptied(outcome, pending: mark)
        try await ParkingBook(run: self, pending: mark).add(outcome.parked)
    }

    /// The source was emptied: what never arrived need not, and what did is deleted like the rest.
    private func dropEmptied(_ outcome: ChunkOutcome, pending mark: PendingMark?) async throws {
        guard let source = outcome.source else { return }
        for map in outcome.emptied {
            runtime(map)?.hasLoadedParkedKeys[source.rawValue] = false
            var last: Int64 = 0
            while true {
                let page = try await state.parked(
                    link: link.name, map: map, source: source.rawValue, after: last, limit: ParkedRetry.pageSize)
                guard let final = page.last else { break }
                last = final.id
                let deletes = page.filter { $0.operation != .insert }.map { record in
                    var record = record
                    record.operation = .delete
                    record.after = nil
                    return record
                }
                try await state.park(
                    deletes, removing: page.filter { $0.operation == .insert }.map(\.id), pending: mark,
                    time: environment.now())
            }
        }
    }

    /// Keys that are parked, by this run or an earlier one, hold back what follows.
    func refreshParkedKeys(_ side: Side, _ maps: [MapRuntime]) async throws {
        for runtime in maps where !runtime.hasLoadedParkedKeys[side.rawValue] {
            var keys: Set<[UInt8]> = []
            var last: Int64 = 0
            while true {
                let page = try await state.parked(
                    link: link.name, map: runtime.map.name, source: side.rawValue, after: last,
                    limit: ParkedRetry.pageSize)
                guard let final = page.last else { break }
                last = final.id
                for record in page { keys.formUnion(runtime.keys(of: record)) }
            }
            runtime.parkedKeys[side.rawValue] = keys
            runtime.hasLoadedParkedKeys[side.rawValue] = true
        }
    }
}
