internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Looks once more at records that were in conflict, when the streams are quiet, and makes both sides equal by the
/// map's rule: the end of every conflict, whatever the order in which changes met.
///
/// Rows are read first, then the streams are asked again: a record that a change touched meanwhile waits for the next
/// round. What is written is bound to the values that were read.
struct Settlement {
    let run: SyncRun

    struct Candidate {
        var key: RevisitKey
        var runtime: MapRuntime
        var rows: [[Value]?]
    }

    /// Reads both sides' rows of the records to look at.
    func candidates() async throws -> [Candidate] {
        // Those of maps that are held stay for later, and keep nobody else from being looked at.
        let maps = run.runtimes.filter { $0.record.heldFrom == [nil, nil] }.map(\.map.name)
        let keys = try await run.state.revisits(link: run.link.name, maps: maps)
        var candidates: [Candidate] = []
        for (map, group) in Dictionary(grouping: keys, by: \.map).sorted(by: { $0.key < $1.key }) {
            guard let runtime = run.runtime(map) else { continue }
            let left = try await read(group, runtime, .left)
            let right = try await read(group, runtime, .right)
            for key in group {
                candidates.append(Candidate(key: key, runtime: runtime, rows: [left[key.key], right[key.key]]))
            }
        }
        return candidates
    }

    func read(_ keys: [RevisitKey], _ runtime: MapRuntime, _ side: Side) async throws -> [[UInt8]: [Value]] {
        let fields = runtime.keyFields[side.rawValue]
        var rows = RowBatch(columnCount: fields.count)
        for key in keys { rows.appendRow(key.row.values) }
        let reader = try await run.link.connector(side).query(
            QueryRequest(
                entity: runtime.map.entities[side.rawValue], fields: runtime.shape(side),
                keys: KeySelection(fields: fields, rows: rows)))
        var found: [[UInt8]: [Value]] = [:]
        let columns = runtime.keyIndexes(side)
        do {
            while let batch = try await reader.next() {
                for row in 0..<batch.rowCount {
                    found[KeyEncoder.encode(batch, row: row, columns: columns)] = batch.values(row: row)
                }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return found
    }

    /// Settles candidates that no change touched since they were read.
    ///
    /// - Returns: how many records were changed, how many need no other look, and whether some need one at once.
    func settle(_ candidates: [Candidate]) async throws -> (changed: Int, done: Int, isOpen: Bool) {
        var changed = 0
        var isOpen = false
        var done: [RevisitKey] = []
        for side in Side.allCases { try await run.refreshParkedKeys(side, run.runtimes) }
        for candidate in candidates {
            let runtime = candidate.runtime
            // What is parked is looked at when it heals.
            guard !Side.allCases.contains(where: { runtime.parkedKeys[$0.rawValue].contains(candidate.key.key) }) else {
                continue
            }
            guard run.touched[runtime.map.name]?.contains(candidate.key.key) != true else {
                isOpen = true
                continue
            }
            switch try await settle(candidate) {
            case .done(let count):
                changed += count
                done.append(candidate.key)
            case .moved: isOpen = true
            // It stays among the candidates: the next run tries again, this one would for ever.
            case .refused: break
            }
        }
        try await run.state.removeRevisits(link: run.link.name, done)
        return (changed, done.count, isOpen)
    }

    private enum Settled {
        /// How many records were changed.
        case done(Int)
        /// The record changed under our hands and must be looked at again.
        case moved
        /// The store refuses the delete that the rules ask for, as long as others refer to the record.
        case refused
    }

    private func settle(_ candidate: Candidate) async throws -> Settled {
        switch (candidate.rows[0], candidate.rows[1]) {
        case (nil, nil): return .done(0)
        case (let left?, let right?): return try await settleFields(candidate, left, right)
        case (let left?, nil): return try await settleMissing(candidate, left, from: .left)
        case (nil, let right?): return try await settleMissing(candidate, right, from: .right)
        }
    }

    private func settleFields(_ candidate: Candidate, _ left: [Value], _ right: [Value]) async throws -> Settled {
        let runtime = candidate.runtime
        let comparison = runtime.compare(left: left, right: right)
        guard !comparison.isEqual else { return .done(0) }
        // What the map does not see it does not overwrite.
        guard runtime.isVisible(left, .left), runtime.isVisible(right, .right) else { return .done(0) }
        if let (source, failure) = comparison.failure {
            var outcome = ChunkOutcome()
            outcome.parked = runtime.parkedDifference(
                link: run.link.name, source == .left ? left : right, source, code: failure.code, field: failure.field,
                message: failure.message)
            for record in outcome.parked { runtime.parkedKeys[record.source].insert(record.key) }
            try await run.keep(outcome, pending: nil)
            return .done(0)
        }
        try await keep(comparison, candidate, left, right)
        var changed = 0
        for side in Side.allCases {
            guard let write = comparison.writes[side.rawValue],
                let row = runtime.updateRow(writing: side, current: side == .left ? left : right, write: write)
            else { continue }
            let source = side == .left ? right : left
            let settled = try await apply(.update, row, runtime, writing: side, source: source)
            guard case .done(let count) = settled else { return settled }
            changed += count
        }
        return .done(changed)
    }

    /// Every difference that is settled here is kept, the loser with it.
    private func keep(
        _ comparison: RecordComparison, _ candidate: Candidate, _ left: [Value], _ right: [Value]
    ) async throws {
        let runtime = candidate.runtime
        let groups = Dictionary(grouping: comparison.differences, by: \.decision)
        let records = groups.map { decision, group in
            runtime.conflict(
                link: run.link.name, kind: .overlap, key: candidate.key.key,
                keyText: runtime.keyText(.left, candidate.key.row.values),
                pairs: group.map(\.pair), base: nil, baseSide: .left,
                left: StoredRow(fields: runtime.shape(.left), values: left),
                right: StoredRow(fields: runtime.shape(.right), values: right), rule: decision.rule,
                winner: decision.winner)
        }
        try await run.state.keep(records, pending: nil, time: run.environment.now())
    }

    private func settleMissing(_ candidate: Candidate, _ row: [Value], from side: Side) async throws -> Settled {
        let runtime = candidate.runtime
        let map = runtime.map
        switch try await missingRule(candidate, row, side) {
        case .manual: return .done(0)
        case .updateWins:
            guard let plan = map.plan(from: side), case .success(let image?) = runtime.mapped(row, from: side) else {
                return .done(0)
            }
            let nulls = plan.targetFields.map { _ in Value.null }
            return try await apply(.insert, nulls + image, runtime, writing: side.opposite, source: row)
        case .deleteWins:
            guard map.propagatesDeletes, runtime.isVisible(row, side), let plan = map.plan(from: side.opposite) else {
                return .done(0)
            }
            let before = Projection(from: runtime.shape(side), to: plan.targetFields.map(\.name))(row)
            let nulls = plan.targetFields.map { _ in Value.null }
            return try await apply(.delete, before + nulls, runtime, writing: side, source: nil)
        }
    }

    /// A record is deleted for the other's absence only where a delete is known to be the reason for it.
    private func missingRule(_ candidate: Candidate, _ row: [Value], _ side: Side) async throws -> DeleteRule {
        let map = candidate.runtime.map
        guard map.direction == .both else { return .updateWins }
        guard map.deleteRule == .deleteWins else { return map.deleteRule }
        let wasDeleted = try await run.state.hasConflict(
            link: run.link.name, map: map.name, key: candidate.key.key, kind: .deleted)
        return wasDeleted ? .deleteWins : .updateWins
    }

    /// - Parameter source: the record that the write comes from, in its side's shape: parked where the store refuses.
    private func apply(
        _ operation: LockstepModel.Operation, _ row: [Value], _ runtime: MapRuntime, writing side: Side,
        source: [Value]?
    ) async throws -> Settled {
        guard let plan = runtime.map.plan(from: side.opposite) else { return .done(0) }
        let session = try await run.session(writing: side, lane: run.link.lane(from: side.opposite))
        let applier = run.applier(from: side.opposite, session: session)
        do {
            let result = try await session.apply(applier.writeBatch(plan, runtime, [operation], RowBatch(row: row)))
            try await session.commit(nil)
            await session.close()
            var outcome = ChunkOutcome()
            applier.count(operation, result, runtime, &outcome)
            guard let exception = result.exceptions.first else { return .done(result.changedCount) }
            guard case .rejected(let rejection) = exception.outcome else { return .moved }
            guard let source else { return .refused }
            outcome.parked = runtime.parkedDifference(
                link: run.link.name, source, side.opposite, code: ParkingCode.code(rejection.cause),
                field: rejection.constraint ?? "", message: rejection.message)
            for record in outcome.parked { runtime.parkedKeys[record.source].insert(record.key) }
            try await run.keep(outcome, pending: nil)
            return .done(0)
        } catch {
            await session.close()
            throw error
        }
    }
}
