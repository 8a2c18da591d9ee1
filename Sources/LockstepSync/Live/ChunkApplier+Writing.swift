internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Writes changes set by set, and decides what meets something else than it expected.
extension ChunkApplier {
    func writeBatch(
        _ plan: DirectionPlan, _ runtime: MapRuntime, _ operations: [LockstepModel.Operation], _ rows: RowBatch,
        isLoad: Bool = false
    ) -> WriteBatch {
        WriteBatch(
            entity: plan.targetEntity, fields: plan.targetFields.map(\.name), key: plan.targetKey,
            operations: operations, rows: rows, readFields: runtime.shape(target), isLoad: isLoad,
            map: runtime.map.name)
    }

    /// Rows of one kind.
    func writeBatch(
        _ plan: DirectionPlan, _ runtime: MapRuntime, _ operation: LockstepModel.Operation, _ rows: RowBatch,
        isLoad: Bool = false
    ) -> WriteBatch {
        writeBatch(
            plan, runtime, [LockstepModel.Operation](repeating: operation, count: rows.rowCount), rows, isLoad: isLoad)
    }

    /// Writes changes of one map and one kind; decides conflicts at once.
    ///
    /// - Returns: what the store refused.
    func write(
        _ changes: [NetChanges.Change], of part: MappedChunk, _ outcome: inout ChunkOutcome
    ) async throws -> [(NetChanges.Change, Rejection)] {
        guard let operation = changes.first?.operation else { return [] }
        let unbased = changes.filter(part.lacksBase)
        if let change = unbased.first(where: { part.changesKey($0.last) || part.isFollowedOutside($0) }) {
            // Offered as a new record it would stand beside the old one, or enter what the filter keeps out.
            let rest = changes.filter { $0.first != change.first }
            let rejection = Rejection(
                cause: .other, constraint: "LS-PARK-NO-BASE",
                message: "what the record was before cannot be mapped, and its key or its place in the filter changed")
            return try await [(change, rejection)] + write(rest, of: part, &outcome)
        }
        if !unbased.isEmpty, unbased.count < changes.count {
            let based = try await write(changes.filter { !part.lacksBase($0) }, of: part, &outcome)
            return try await based + write(unbased, of: part, &outcome)
        }
        let rows = part.rows(changes)
        // Without a base the record is offered like one that meets its like for the first time, and decided then.
        let sent = unbased.isEmpty ? operation : .insert
        let operations = [LockstepModel.Operation](repeating: sent, count: changes.count)
        let result = try await session.apply(writeBatch(part.plan, part.runtime, operations, rows))
        count(operation, result, part.runtime, &outcome)
        if operation != .update, result.changedCount + result.exceptions.count < changes.count {
            revisitMetAlike(changes, of: part, &outcome)
        }
        var refused: [(NetChanges.Change, Rejection)] = []
        for exception in result.exceptions {
            let change = changes[exception.row]
            switch exception.outcome {
            case .rejected(let rejection): refused.append((change, rejection))
            case .exists(let current), .differs(let current):
                let row = result.current.values(row: current)
                if let rejection = try await resolve(change, part, current: row, &outcome) {
                    refused.append((change, rejection))
                }
            case .missing where part.isFollowedOutside(change): continue
            case .missing where operation == .update && part.mapped.followedOutside.contains(change.first):
                // It was changed outside the filter, and then let in: it need not ever have been here.
                var entering = change
                entering.operation = .insert
                refused += try await write([entering], of: part, &outcome)
            case .missing:
                if let rejection = try await resolve(change, part, current: nil, &outcome) {
                    refused.append((change, rejection))
                }
            }
        }
        return refused
    }

    /// Some of these records had been deleted, or made alike, on both sides. What a person does to one of them now could
    /// meet the other side's change, which is still on its way, and nobody would see it: a record made again, with just
    /// the values that it had, meets the delete; one that is deleted is made again by the insert.
    private func revisitMetAlike(
        _ changes: [NetChanges.Change], of part: MappedChunk, _ outcome: inout ChunkOutcome
    ) {
        guard part.runtime.map.direction == .both else { return }
        for change in changes {
            guard let image = part.sourceBefore(change.first) ?? part.sourceAfter(change.last) else { continue }
            let values = part.plan.sourceKey.map { image[$0] }
            outcome.revisits.append(
                RevisitKey(
                    map: part.runtime.map.name,
                    key: KeyEncoder.encode(RowBatch(row: values), row: 0, columns: values.indices),
                    row: StoredRow(fields: part.runtime.keyFields[side.rawValue], values: values),
                    side: side.rawValue))
        }
    }

    func count(
        _ operation: LockstepModel.Operation, _ result: WriteResult, _ runtime: MapRuntime,
        _ outcome: inout ChunkOutcome
    ) {
        outcome.changedCount += result.changedCount
        runtime.count(operation, result.changedCount, writing: target)
    }

    func resolve(
        _ change: NetChanges.Change, _ part: MappedChunk, current: [Value]?, _ outcome: inout ChunkOutcome
    ) async throws -> Rejection? {
        let rows = part.rows([change])
        let width = part.plan.targetFields.count
        var met = MetChange(
            operation: change.operation,
            sourceBefore: change.operation == .insert ? nil : part.sourceBefore(change.first),
            sourceAfter: part.sourceAfter(change.last),
            before: change.operation == .insert ? nil : rows.values(row: 0, columns: 0..<width),
            after: change.operation == .delete ? nil : rows.values(row: 0, columns: width..<2 * width),
            current: current)
        let keyValues = part.plan.sourceKey.compactMap { (met.sourceAfter ?? met.sourceBefore)?[$0] }
        return try await settle(&met, runtime: part.runtime, plan: part.plan, keyValues: keyValues, &outcome)
    }

    /// Decides a met change and writes what was decided, again if the record changes meanwhile.
    ///
    /// - Returns: what the store refused; ``Rejection/deferred`` where only what the record refers to is missing.
    func settle(
        _ met: inout MetChange, runtime: MapRuntime, plan: DirectionPlan, keyValues: [Value],
        _ outcome: inout ChunkOutcome
    ) async throws -> Rejection? {
        let key = KeyEncoder.encode(RowBatch(row: keyValues), row: 0, columns: keyValues.indices)
        let resolver = ChangeResolver(
            runtime: runtime, link: link.name, source: side, plan: plan, key: key,
            keyText: runtime.keyText(.left, keyValues))
        for _ in 0..<Self.largestRetryCount {
            let resolution = resolver.resolve(met)
            if let park = resolution.park {
                return Rejection(cause: .other, constraint: park.code, message: park.message)
            }
            var exception = try await write(resolution.write, plan, runtime, &outcome)
            var isDeferred = false
            if case .rejected(let rejection)? = exception?.outcome, rejection.cause == .reference,
                let without = withoutDeferred(resolution.write, runtime)
            {
                exception = try await write(without, plan, runtime, &outcome)
                isDeferred = exception == nil
            }
            switch exception?.outcome {
            case nil:
                outcome.conflicts += resolution.conflicts
                if resolution.revisit {
                    outcome.revisits.append(
                        RevisitKey(
                            map: runtime.map.name, key: key,
                            row: StoredRow(fields: runtime.keyFields[side.rawValue], values: keyValues),
                            side: side.rawValue))
                }
                runtime.report.decidedConflicts += resolution.conflicts.count { $0.status == .automatic }
                return isDeferred ? .deferred : nil
            case .rejected(let rejection): return rejection
            case .exists, .differs: met.current = exception?.current
            case .missing: met.current = nil
            }
        }
        return Rejection(
            cause: .other, constraint: "LS-PARK-BUSY",
            message: "the record kept changing in \(link.store(target)) while it was being decided")
    }

    func write(
        _ write: ChangeResolution.Write?, _ plan: DirectionPlan, _ runtime: MapRuntime, _ outcome: inout ChunkOutcome
    ) async throws -> (outcome: WriteException.Outcome, current: [Value])? {
        guard let write else { return nil }
        let operation: LockstepModel.Operation
        let row: [Value]
        let nulls = plan.targetFields.map { _ in Value.null }
        switch write {
        case .insert(let after): (operation, row) = (.insert, nulls + after)
        case .update(let both): (operation, row) = (.update, both)
        case .delete(let before): (operation, row) = (.delete, before + nulls)
        }
        let result = try await session.apply(writeBatch(plan, runtime, [operation], RowBatch(row: row)))
        count(operation, result, runtime, &outcome)
        guard let exception = result.exceptions.first else { return nil }
        switch exception.outcome {
        case .exists(let index), .differs(let index):
            return (exception.outcome, result.current.values(row: index))
        case .missing, .rejected: return (exception.outcome, [])
        }
    }
}
