internal import ConnectorKit
public import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// What a person decides about a conflict.
public enum ConflictDecision: Sendable, Hashable {
    /// One side's values count: as they are now for an open conflict, as they were kept for one that a rule decided.
    case take(Side)
    /// These values count on both sides, by the field names of either side; the rest of the conflict's fields as `rest`
    /// says, or untouched.
    case edit([String: String], rest: Side?)
    /// Both sides keep what they have.
    case dismiss
}

extension SyncEngine {
    /// Carries out a person's decision about a conflict: writes the losing side, or both, and keeps who decided.
    ///
    /// - Throws: ``SyncError`` when there is no such conflict, or when the records no longer allow the decision.
    public func decide(conflict id: Int64, _ decision: ConflictDecision, by person: String) async throws {
        guard let conflict = try await state.conflict(id: id), conflict.link == link.name else {
            throw SyncError(
                .notFound, "there is no conflict \(id) in link \(link.name)",
                hint: "`lockstep conflicts list` shows them")
        }
        if decision == .dismiss {
            return try await state.decideConflict(
                id: id, status: .dismissed, winner: nil, decidedBy: person, time: environment.now())
        }
        let run = try await begin(SyncPermissions(), plans: nil)
        guard let runtime = run.runtime(conflict.map) else {
            throw SyncError(
                .notFound, "conflict \(id) is of the map \(conflict.map), which link \(link.name) no longer has",
                hint: "`lockstep conflicts dismiss \(id)` lets it be")
        }
        let work = ConflictWork(run: run, runtime: runtime, conflict: conflict)
        let winner = try await work.carryOut(decision)
        try await state.decideConflict(
            id: id, status: .resolved, winner: winner?.rawValue, decidedBy: person, time: environment.now())
    }
}

/// Writes what a person decided.
struct ConflictWork {
    let run: SyncRun
    let runtime: MapRuntime
    let conflict: ConflictRecord

    /// Times that the records are read again because they changed meanwhile.
    static let largestAttemptCount = 5

    /// - Returns: the side that won, if one did.
    func carryOut(_ decision: ConflictDecision) async throws -> Side? {
        let revisit = try revisit()
        // A decision may write both stores: cut short in between, the next sync looks at the record again.
        try await run.state.addRevisits(link: run.link.name, [revisit])
        for _ in 0..<Self.largestAttemptCount {
            let rows = try await currentRows(revisit)
            let isDone: Bool
            let winner: Side?
            switch decision {
            case .take(let side):
                winner = side
                isDone = try await take(side, rows)
            case .edit(let values, let rest):
                winner = rest
                isDone = try await edit(values, rest: rest, rows)
            case .dismiss: return nil
            }
            guard isDone else { continue }
            try await run.state.removeRevisits(link: run.link.name, [revisit])
            return winner
        }
        throw SyncError(
            .notPossible, "the record of conflict \(conflict.id) keeps changing", hint: "try again when it is quiet")
    }

    private func revisit() throws -> RevisitKey {
        let side = conflict.left != nil ? Side.left : .right
        let row = side == .left ? conflict.left : conflict.right
        let key = runtime.keyFields[side.rawValue].compactMap { row?.value($0) }
        guard key.count == runtime.keyFields[side.rawValue].count else {
            throw SyncError(
                .notPossible, "conflict \(conflict.id) was kept without its key", hint: "dismiss it, and run a sync")
        }
        return RevisitKey(
            map: runtime.map.name, key: conflict.key,
            row: StoredRow(fields: runtime.keyFields[side.rawValue], values: key), side: side.rawValue)
    }

    private func currentRows(_ revisit: RevisitKey) async throws -> [[Value]?] {
        let settlement = Settlement(run: run)
        return [
            try await settlement.read([revisit], runtime, .left)[conflict.key],
            try await settlement.read([revisit], runtime, .right)[conflict.key],
        ]
    }

    // MARK: Taking a side

    private func take(_ side: Side, _ rows: [[Value]?]) async throws -> Bool {
        let own = rows[side.rawValue]
        let other = rows[side.opposite.rawValue]
        switch (own, other) {
        case (nil, nil): return true
        case (nil, let other?):
            // The side that deleted it is taken.
            guard conflict.kind == .deleted else { return try await restore(side, onto: other) }
            return try await delete(other, on: side.opposite)
        case (let own?, nil):
            guard conflict.kind == .deleted || conflict.status == .open else { return true }
            return try await insert(own, from: side)
        case (let own?, let other?):
            if conflict.status == .open { return try await write(own, over: other, from: side) }
            return try await restore(side, own, other)
        }
    }

    private func insert(_ row: [Value], from side: Side) async throws -> Bool {
        let image = try image(of: row, from: side)
        return try await apply(.insert, image.map { _ in .null } + image, writing: side.opposite)
    }

    private func delete(_ row: [Value], on side: Side) async throws -> Bool {
        guard let plan = runtime.map.plan(from: side.opposite) else { throw oneWay(side) }
        let before = Projection(from: runtime.shape(side), to: plan.targetFields.map(\.name))(row)
        return try await apply(.delete, before + before.map { _ in .null }, writing: side)
    }

    /// The conflict's fields of one side's record, as it is now, over the other's.
    private func write(_ own: [Value], over other: [Value], from side: Side) async throws -> Bool {
        let image = try image(of: own, from: side)
        guard let plan = runtime.map.plan(from: side) else { throw oneWay(side.opposite) }
        let write = zip(plan.targetFields, image).map { concerns($0.pair) ? $1 : .unchanged }
        guard let row = runtime.updateRow(writing: side.opposite, current: other, write: write) else { return true }
        return try await apply(.update, row, writing: side.opposite)
    }

    /// The values that a side lost are put back on it, and taken over by the other.
    private func restore(_ side: Side, _ own: [Value], _ other: [Value]) async throws -> Bool {
        guard let kept = side == .left ? conflict.left : conflict.right else {
            return try await deleteBoth(own, other, side)
        }
        var restored = own
        for (pair, fields) in runtime.pairFields() where concerns(pair) {
            for field in fields where field.side == side {
                guard let plan = runtime.map.plan(from: side.opposite),
                    let index = runtime.shape(side).firstIndex(of: plan.targetFields[field.index].name),
                    let value = kept.value(plan.targetFields[field.index].name)
                else { continue }
                restored[index] = value
            }
        }
        guard try await writeOwn(side, current: own, wanted: restored) else { return false }
        return try await write(restored, over: other, from: side)
    }

    private func restore(_ side: Side, onto other: [Value]) async throws -> Bool {
        throw SyncError(
            .notPossible, "the record of conflict \(conflict.id) was deleted since in \(run.link.store(side))",
            hint: "take the other side, or dismiss the conflict")
    }

    private func deleteBoth(_ own: [Value], _ other: [Value], _ side: Side) async throws -> Bool {
        guard try await delete(own, on: side) else { return false }
        return try await delete(other, on: side.opposite)
    }

    private func writeOwn(_ side: Side, current: [Value], wanted: [Value]) async throws -> Bool {
        guard let plan = runtime.map.plan(from: side.opposite) else { return true }
        let projection = Projection(from: runtime.shape(side), to: plan.targetFields.map(\.name))
        return try await apply(.update, projection(current) + projection(wanted), writing: side)
    }

    // MARK: Editing

    private func edit(_ values: [String: String], rest: Side?, _ rows: [[Value]?]) async throws -> Bool {
        guard let left = rows[0], let right = rows[1] else {
            throw SyncError(
                .notPossible, "conflict \(conflict.id) is about a deleted record, which has no values to edit",
                hint: "take one of the sides")
        }
        var wanted = [left, right]
        for (field, text) in values.sorted(by: { $0.key < $1.key }) {
            try set(field, text, &wanted)
        }
        for side in Side.allCases {
            let current = side == .left ? left : right
            guard try await writeOwn(side, current: current, wanted: wanted[side.rawValue]) else { return false }
        }
        guard let rest else { return true }
        return try await write(wanted[rest.rawValue], over: wanted[rest.opposite.rawValue], from: rest)
    }

    /// Sets a field on the side that has it, and what the map makes of it on the other.
    private func set(_ field: String, _ text: String, _ rows: inout [[Value]]) throws {
        guard
            let side = Side.allCases.first(where: { runtime.shape($0).contains(field) && description($0, field) != nil }
            ),
            let index = runtime.shape(side).firstIndex(of: field), let description = description(side, field)
        else {
            throw SyncError(
                .notFound, "the map \(runtime.map.name) has no field \(field)",
                hint: "the conflict is about \(conflict.fields.joined(separator: ", "))")
        }
        guard let value = Value(text: text, type: description.type) else {
            throw SyncError(
                .notPossible, "the text given for \(field) is no \(description.type.name)",
                hint: "write it as `lockstep conflicts show` does; null is `null`")
        }
        rows[side.rawValue][index] = value
        guard let plan = runtime.map.plan(from: side) else { return }
        let image = try image(of: rows[side.rawValue], from: side)
        let pair = runtime.map.plan(from: side.opposite)?.targetFields.first { $0.name == field }?.pair
        for (target, value) in zip(plan.targetFields, image) where target.pair == pair {
            guard let place = runtime.shape(side.opposite).firstIndex(of: target.name) else { continue }
            rows[side.opposite.rawValue][place] = value
        }
    }

    private func description(_ side: Side, _ field: String) -> FieldDescription? {
        run.link.schema(side).entity(runtime.map.entities[side.rawValue])?.field(field)
    }

    // MARK: Tools

    private func concerns(_ pair: Int) -> Bool { conflict.pairs.isEmpty || conflict.pairs.contains(pair) }

    private func oneWay(_ side: Side) -> SyncError {
        SyncError(
            .notPossible, "the map \(runtime.map.name) does not write to \(run.link.store(side))",
            hint: "take the other side")
    }

    private func image(of row: [Value], from side: Side) throws -> [Value] {
        switch runtime.mapped(row, from: side) {
        case .success(let image?): return image
        case .success(nil):
            throw SyncError(
                .notPossible,
                "the record of \(run.link.store(side)) is outside the map's filter, or the map goes the other way",
                hint: "take the other side")
        case .failure(let error):
            throw SyncError(
                .notPossible, "\(error.failure.field): \(error.failure.message)",
                hint: "mend the record in \(run.link.store(side)), or take the other side")
        }
    }

    private func apply(_ operation: LockstepModel.Operation, _ row: [Value], writing side: Side) async throws -> Bool {
        guard let plan = runtime.map.plan(from: side.opposite) else { throw oneWay(side) }
        let session = try await run.session(writing: side, lane: run.link.lane(from: side.opposite))
        let applier = run.applier(from: side.opposite, session: session)
        do {
            let result = try await session.apply(applier.writeBatch(plan, runtime, [operation], RowBatch(row: row)))
            if case .rejected(let rejection)? = result.exceptions.first?.outcome {
                throw SyncError(
                    .notPossible, "\(run.link.store(side)) refuses the record: \(rejection.message)",
                    hint: "edit the value, or take the other side")
            }
            try await session.commit(nil)
            await session.close()
            return result.exceptions.isEmpty
        } catch {
            await session.close()
            throw error
        }
    }
}
