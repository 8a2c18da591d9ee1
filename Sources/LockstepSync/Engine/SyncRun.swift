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
        runtimes = link.maps.enumerated().map { index, map in
            MapRuntime(
                index: index, map: map,
                record: records.first { $0.map == map.name } ?? MapRecord(link: link.name, map: map.name))
        }
        orders = Side.allCases.map { EntityOrder.mapOrder(link.maps, target: $0, schema: link.schema($0)) }
    }

    var isPlan: Bool { plans != nil }

    func watch(_ keys: [RevisitKey]) {
        watched = Dictionary(grouping: keys, by: \.map).mapValues { Set($0.map(\.key)) }
        touched = [:]
    }

    func runtime(_ name: String) -> MapRuntime? { runtimes.first { $0.map.name == name } }

    /// Opens a session that writes on a side, or one that only pretends to where the run is a plan.
    func session(writing side: Side, lane: String) async throws -> any WriteSession {
        if let plans {
            // What a plan would have written it remembers as the store's own fields, which paths are looked up among.
            let referencing = link.connector(side) as? ReferencingConnector
            let session = PlanningSession(
                connector: referencing?.base ?? link.connector(side), store: link.store(side), recorder: plans)
            return referencing?.session(over: session) ?? session
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
        try await state.keep(outcome.conflicts, pending: mark, time: environment.now())
        try await state.addRevisits(link: link.name, outcome.revisits)
        try await dropEmptied(outcome, pending: mark)
        for record in outcome.parked { try await park(record, pending: mark) }
    }

    /// What waits of one record is one parked record: the net effect, under the key that it has now.
    private func park(_ record: ParkedRecord, pending mark: PendingMark?) async throws {
        let runtime = runtime(record.map)
        let side = Side(rawValue: record.source) ?? .left
        let lookup = record.before.flatMap { runtime?.key(of: $0, side) } ?? record.key
        let time = environment.now()
        guard
            let known = try await state.parked(
                link: record.link, map: record.map, source: record.source, key: lookup)
        else {
            return try await state.park([try await unique(record, lookup)], pending: mark, time: time)
        }
        runtime?.hasLoadedParkedKeys[record.source] = false
        guard var folded = known.folded(with: record) else { return try await state.unpark(ids: [known.id]) }
        if folded.operation == .delete, let before = folded.before, let key = runtime?.key(of: before, side) {
            folded.key = key
            let taker = try await state.parked(
                link: record.link, map: record.map, source: record.source, key: key)
            if let taker, taker.id != known.id { folded = folded.folded(with: taker) ?? folded }
        }
        try await state.park([folded], pending: mark, time: time)
        if folded.key != known.key { try await state.unpark(ids: [known.id]) }
    }

    /// A record that changed its key to one whose former holder is parked, too, goes by its own former key.
    private func unique(_ record: ParkedRecord, _ lookup: [UInt8]) async throws -> ParkedRecord {
        guard lookup != record.key,
            try await state.parked(link: record.link, map: record.map, source: record.source, key: record.key) != nil
        else { return record }
        var other = record
        other.key = lookup
        return other
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
                for var record in page where record.operation != .insert {
                    record.operation = .delete
                    record.after = nil
                    try await state.park([record], pending: mark, time: environment.now())
                }
                try await state.unpark(ids: page.filter { $0.operation == .insert }.map(\.id))
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
