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
    /// By side: map indexes in the order in which that side wants inserts.
    let orders: [[Int]]
    /// By lane: the checkpoint as its target has it.
    var checkpoints: [String: Position] = [:]
    /// By lane: how far beyond its checkpoint the stream is known to hold nothing for us.
    var idle: [String: Position] = [:]
    /// Keys that the settlement is looking at, by map name, and those of them that changes touched meanwhile.
    var watched: [String: Set<[UInt8]>] = [:]
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
        runtimes = link.maps.enumerated().map { index, map in
            MapRuntime(
                index: index, map: map,
                record: records.first { $0.map == map.name } ?? MapRecord(link: link.name, map: map.name))
        }
        orders = Side.allCases.map { EntityOrder.mapOrder(link.maps, target: $0, schema: link.schema($0)) }
    }

    var isPlan: Bool { plans != nil }

    func runtime(_ name: String) -> MapRuntime? { runtimes.first { $0.map.name == name } }

    /// Opens a session that writes on a side, or one that only pretends to where the run is a plan.
    func session(writing side: Side, lane: String) async throws -> any WriteSession {
        if let plans {
            return PlanningSession(connector: link.connector(side), store: link.store(side), recorder: plans)
        }
        return try await link.connector(side).write(WriteSessionRequest(lane: lane))
    }

    func applier(from side: Side, session: any WriteSession, runtimes: [MapRuntime]? = nil) -> ChunkApplier {
        ChunkApplier(
            link: link, side: side, runtimes: runtimes ?? self.runtimes, order: orders[side.opposite.rawValue],
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
        let time = environment.now()
        try await state.keep(outcome.conflicts, pending: mark, time: time)
        try await state.addRevisits(link: link.name, outcome.revisits)
        for record in outcome.parked {
            let known = try await state.parked(
                link: record.link, map: record.map, source: record.source, key: record.key)
            guard let known else {
                try await state.park([record], pending: mark, time: time)
                continue
            }
            if let folded = known.folded(with: record) {
                try await state.park([folded], pending: mark, time: time)
            } else {
                try await state.unpark(ids: [known.id])
                runtime(record.map)?.parkedKeys[record.source].remove(record.key)
            }
        }
    }
}
