internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// References that go round in a circle, against constraints that are checked at once: a record is written without what
/// it defers, and gets it when the record that it refers to is there; one that is deleted loses it first.
extension ChunkApplier {
    // MARK: Inserts

    /// Writes inserts that were refused for a reference once more, without what they defer.
    ///
    /// - Returns: what is still refused; with ``Rejection/deferred`` what now lacks only that.
    func writeWithoutDeferred(
        _ refused: [RefusedChange], of part: MappedChunk, _ outcome: inout ChunkOutcome
    ) async throws -> [RefusedChange] {
        let deferral = part.runtime.deferral(writing: target)
        let width = part.plan.targetFields.count
        let chosen = refused.indices.filter { index in
            let entry = refused[index]
            return entry.change.operation == .insert && entry.rejection.cause == .reference
                && !entry.rejection.isDeferred
                && deferral.concerns(part.mapped.rows, row: entry.change.last, offset: width)
        }
        guard !chosen.isEmpty else { return refused }
        var rows = RowBatch(columnCount: 2 * width, reservingRows: chosen.count, sharingHeapOf: part.mapped.rows)
        for index in chosen {
            for _ in 0..<width { rows.appendNull() }
            deferral.append(
                part.mapped.rows, row: refused[index].change.last, offset: width, width: width, to: &rows)
        }
        let result = try await session.apply(writeBatch(part.plan, part.runtime, .insert, rows))
        count(.insert, result, part.runtime, &outcome)
        var left = refused
        for index in chosen { left[index].rejection = .deferred }
        for exception in result.exceptions {
            let index = chosen[exception.row]
            left[index].rejection = refused[index].rejection
            if case .rejected(let rejection) = exception.outcome { left[index].rejection = rejection }
        }
        return left
    }

    /// What is to be inserted, without what it defers; nil where that is nothing else.
    func withoutDeferred(_ write: ChangeResolution.Write?, _ runtime: MapRuntime) -> ChangeResolution.Write? {
        guard case .insert(let image)? = write else { return nil }
        let without = runtime.deferral(writing: target).without(image)
        return without == image ? nil : .insert(without)
    }

    /// Gives records what they deferred.
    ///
    /// - Returns: those that the store still refuses.
    func writeRests(
        _ rests: [RefusedChange], _ parts: [MappedChunk], _ outcome: inout ChunkOutcome
    ) async throws -> [RefusedChange] {
        var left: [RefusedChange] = []
        for (index, part) in parts.enumerated() {
            let own = rests.filter { $0.part == index }
            guard !own.isEmpty else { continue }
            let deferral = part.runtime.deferral(writing: target)
            let width = part.plan.targetFields.count
            var rows = RowBatch(columnCount: 2 * width, reservingRows: own.count, sharingHeapOf: part.mapped.rows)
            for entry in own {
                deferral.append(part.mapped.rows, row: entry.change.last, offset: width, width: width, to: &rows)
                for column in 0..<width { rows.append(part.mapped.rows[entry.change.last, width + column]) }
            }
            let result = try await session.apply(writeBatch(part.plan, part.runtime, .update, rows))
            outcome.changedCount += result.changedCount
            for exception in result.exceptions {
                var entry = own[exception.row]
                let rejection = try await settleRest(
                    exception.outcome, result, rows, row: exception.row, source: part.sourceAfter(entry.change.last),
                    plan: part.plan, runtime: part.runtime, &outcome)
                guard let rejection else { continue }
                entry.rejection = rejection
                left.append(entry)
            }
        }
        return left
    }

    /// Sees to a rest that met something.
    ///
    /// - Parameters:
    ///   - rows: what was sent; `source`: the source's record, in the plan's source fields.
    /// - Returns: why it is refused; nil where it is done.
    func settleRest(
        _ met: WriteException.Outcome, _ result: WriteResult, _ rows: RowBatch, row: Int, source: [Value]?,
        plan: DirectionPlan, runtime: MapRuntime, _ outcome: inout ChunkOutcome
    ) async throws -> Rejection? {
        if case .rejected(let rejection) = met { return rejection.cause == .reference ? .deferred : rejection }
        let width = plan.targetFields.count
        var change = MetChange(
            operation: .update, sourceBefore: source.map(runtime.deferral(writing: target).without(source:)),
            sourceAfter: source, before: rows.values(row: row, columns: 0..<width),
            after: rows.values(row: row, columns: width..<2 * width), current: nil)
        switch met {
        case .exists(let current), .differs(let current): change.current = result.current.values(row: current)
        case .missing, .rejected: change.current = nil
        }
        let keyValues = plan.sourceKey.compactMap { source?[$0] }
        return try await settle(&change, runtime: runtime, plan: plan, keyValues: keyValues, &outcome)
    }

    /// What is left of a record that was written without what it defers.
    func rest(_ part: MappedChunk, _ entry: RefusedChange) -> ParkedRecord {
        part.runtime.rest(
            link: link.name, part.sourceAfter(entry.change.last) ?? [], of: part.plan, rejection: entry.rejection)
    }

    // MARK: Deletes

    /// A record that is to be deleted among others that may refer to it.
    ///
    /// - Parameter image: of the target's record, before.
    func circleMember(_ image: [Value], _ plan: DirectionPlan, _ runtime: MapRuntime) -> DeleteCircle.Member {
        let nulls = writeBatch(plan, runtime, .delete, RowBatch(row: image + image.map { _ in .null }))
        return DeleteCircle.Member(
            image: image, without: runtime.deferral(writing: target).without(image), template: nulls)
    }
}

extension Rejection {
    /// Not refused: the record is there, but for what it defers.
    static let deferred = Rejection(
        cause: .reference, constraint: ParkingCode.deferred, message: StateDatabase.deferredMessage)

    var isDeferred: Bool { constraint == ParkingCode.deferred }
}

extension ParkedRecord {
    /// The record is there but for what it defers.
    var isRest: Bool { operation == .update && code == ParkingCode.deferred }
}

extension MapRuntime {
    /// What is left to do of a record that was written without what it defers.
    ///
    /// - Parameter record: the source's record, in the plan's source fields.
    func rest(link: String, _ record: [Value], of plan: DirectionPlan, rejection: Rejection = .deferred) -> ParkedRecord
    {
        let deferral = deferral(writing: plan.source.opposite)
        let key = plan.sourceKey.map { record[$0] }
        var reason = ParkingReason(rejection)
        if rejection.isDeferred { reason.field = deferral.fieldText(of: record) }
        return ParkedRecord(
            link: link, map: map.name, source: plan.source.rawValue,
            key: KeyEncoder.encode(RowBatch(row: key), row: 0, columns: key.indices),
            keyText: keyText(plan.source, key), operation: .update,
            before: StoredRow(fields: plan.sourceFields, values: deferral.without(source: record)),
            after: StoredRow(fields: plan.sourceFields, values: record),
            code: ParkingCode.deferred, field: reason.field, message: reason.message)
    }
}
