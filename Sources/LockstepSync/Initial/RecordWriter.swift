internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Writes whole records of a first meeting, and sees to those that meet something.
struct RecordWriter {
    let run: SyncRun
    let runtime: MapRuntime
    let source: Side
    let plan: DirectionPlan
    let session: any WriteSession

    private var deferral: Deferral { runtime.deferral(writing: source.opposite) }
    private var applier: ChunkApplier { run.applier(from: source, session: session) }

    /// Inserts records. What is refused for a reference that can be deferred is written without it, and what then is
    /// still missing is parked.
    ///
    /// - Parameters:
    ///   - records: source records, with the plan's source fields.
    ///   - mapped: the same mapped, row for row.
    ///   - rows: which of them.
    /// - Returns: how many were refused for a reference that can be deferred.
    @discardableResult
    func insert(
        _ records: RowBatch, mapped: RowBatch, rows: [Int], isLoad: Bool, _ outcome: inout ChunkOutcome
    ) async throws -> Int {
        let refused = try await write(records, mapped, rows, isLoad: isLoad, &outcome)
        let deferring = refused.filter { row, rejection in
            rejection.isDeferred || rejection.cause == .reference && deferral.concerns(mapped, row: row, offset: 0)
        }.map(\.row)
        let wanted = Set(deferring)
        for (row, rejection) in refused where !wanted.contains(row) {
            outcome.parked.append(parked(records, row: row, rejection: rejection))
        }
        guard !deferring.isEmpty else { return 0 }
        let there = Set(refused.filter(\.rejection.isDeferred).map(\.row))
        let still = try await load(
            records, mapped: mapped, rows: deferring.filter { !there.contains($0) }, isLoad: false, &outcome)
        try await finish(
            records, mapped: mapped, rows: deferring.filter { there.contains($0) || !still.contains($0) }, &outcome)
        return deferring.count
    }

    /// Inserts records without what they defer, which is parked as their rest: where most of it is refused anyway it is
    /// cheaper to try it once, when all records are there.
    func insertDeferring(
        _ records: RowBatch, mapped: RowBatch, rows: [Int], _ outcome: inout ChunkOutcome
    ) async throws {
        let concerned = rows.filter { deferral.concerns(mapped, row: $0, offset: 0) }
        let others = Set(rows).subtracting(concerned).sorted()
        try await insert(records, mapped: mapped, rows: others, isLoad: false, &outcome)
        let refused = try await load(records, mapped: mapped, rows: concerned, isLoad: false, &outcome)
        outcome.parked += concerned.filter { !refused.contains($0) }.map { row in
            runtime.rest(link: run.link.name, records.values(row: row), of: plan)
        }
    }

    /// Inserts records without what they defer; what is refused is parked.
    ///
    /// - Returns: the refused rows.
    func load(
        _ records: RowBatch, mapped: RowBatch, rows: [Int], isLoad: Bool, _ outcome: inout ChunkOutcome
    ) async throws -> Set<Int> {
        let without = deferral.isEmpty ? mapped : deferral.without(mapped)
        let refused = try await write(records, without, rows, isLoad: isLoad, &outcome)
            .filter { !$0.rejection.isDeferred }
        for (row, rejection) in refused { outcome.parked.append(parked(records, row: row, rejection: rejection)) }
        return Set(refused.map(\.row))
    }

    /// Gives records what they deferred; what is refused is parked.
    func finish(
        _ records: RowBatch, mapped: RowBatch, rows: [Int], _ outcome: inout ChunkOutcome
    ) async throws {
        guard !rows.isEmpty else { return }
        let width = plan.targetFields.count
        var writes = RowBatch(columnCount: 2 * width, reservingRows: rows.count, sharingHeapOf: mapped)
        for row in rows {
            deferral.append(mapped, row: row, offset: 0, width: width, to: &writes)
            for column in 0..<width { writes.append(mapped[row, column]) }
        }
        let result = try await session.apply(applier.writeBatch(plan, runtime, .update, writes))
        outcome.changedCount += result.changedCount
        for exception in result.exceptions {
            let record = records.values(row: rows[exception.row])
            let rejection = try await applier.settleRest(
                exception.outcome, result, writes, row: exception.row, source: record, plan: plan, runtime: runtime,
                &outcome)
            guard let rejection else { continue }
            outcome.parked.append(runtime.rest(link: run.link.name, record, of: plan, rejection: rejection))
        }
    }

    /// - Returns: the rows that were refused, with why.
    private func write(
        _ records: RowBatch, _ mapped: RowBatch, _ rows: [Int], isLoad: Bool, _ outcome: inout ChunkOutcome
    ) async throws -> [(row: Int, rejection: Rejection)] {
        guard !rows.isEmpty else { return [] }
        let width = plan.targetFields.count
        var writes = RowBatch(columnCount: 2 * width, reservingRows: rows.count, sharingHeapOf: mapped)
        for row in rows {
            for _ in 0..<width { writes.appendNull() }
            for column in 0..<width { writes.append(mapped[row, column]) }
        }
        let result = try await session.apply(applier.writeBatch(plan, runtime, .insert, writes, isLoad: isLoad))
        applier.count(.insert, result, runtime, &outcome)
        var refused: [(row: Int, rejection: Rejection)] = []
        for exception in result.exceptions {
            let row = rows[exception.row]
            var met = MetChange(
                operation: .insert, sourceBefore: nil, sourceAfter: records.values(row: row), before: nil,
                after: mapped.values(row: row), current: nil)
            switch exception.outcome {
            case .rejected(let rejection):
                refused.append((row, rejection))
                continue
            case .exists(let current), .differs(let current): met.current = result.current.values(row: current)
            case .missing: continue
            }
            let key = plan.sourceKey.map { records.value(row, $0) }
            if let rejection = try await applier.settle(&met, runtime: runtime, plan: plan, keyValues: key, &outcome) {
                refused.append((row, rejection))
            }
        }
        return refused
    }

    func parked(_ records: RowBatch, row: Int, failure: MappingFailure) -> ParkedRecord {
        parked(records, row: row, code: failure.code, field: failure.field, message: failure.message)
    }

    func parked(_ records: RowBatch, row: Int, rejection: Rejection) -> ParkedRecord {
        let reason = ParkingReason(rejection)
        return parked(records, row: row, code: reason.code, field: reason.field, message: reason.message)
    }

    private func parked(_ records: RowBatch, row: Int, code: String, field: String, message: String) -> ParkedRecord {
        ParkedRecord(
            link: run.link.name, map: runtime.map.name, source: source.rawValue,
            key: KeyEncoder.encode(records, row: row, columns: plan.sourceKey),
            keyText: runtime.keyText(source, plan.sourceKey.map { records.value(row, $0) }), operation: .insert,
            before: nil, after: StoredRow(fields: plan.sourceFields, values: records.values(row: row)), code: code,
            field: field, message: message)
    }
}
