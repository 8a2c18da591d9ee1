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

    /// Inserts records.
    ///
    /// - Parameters:
    ///   - records: source records, with the plan's source fields.
    ///   - mapped: the same mapped, row for row.
    ///   - rows: which of them.
    func insert(
        _ records: RowBatch, mapped: RowBatch, rows: [Int], isLoad: Bool, _ outcome: inout ChunkOutcome
    ) async throws {
        guard !rows.isEmpty else { return }
        let width = plan.targetFields.count
        var writes = RowBatch(columnCount: 2 * width, reservingRows: rows.count, sharingHeapOf: mapped)
        for row in rows {
            for _ in 0..<width { writes.appendNull() }
            for column in 0..<width { writes.append(mapped[row, column]) }
        }
        let applier = run.applier(from: source, session: session)
        let result = try await session.apply(
            applier.writeBatch(
                plan, runtime, [LockstepModel.Operation](repeating: .insert, count: rows.count), writes, isLoad: isLoad)
        )
        applier.count(.insert, result, runtime, &outcome)
        for exception in result.exceptions {
            let row = rows[exception.row]
            var met = MetChange(
                operation: .insert, sourceBefore: nil, sourceAfter: records.values(row: row), before: nil,
                after: mapped.values(row: row), current: nil)
            switch exception.outcome {
            case .rejected(let rejection):
                outcome.parked.append(parked(records, row: row, rejection: rejection))
                continue
            case .exists(let current), .differs(let current): met.current = result.current.values(row: current)
            case .missing: continue
            }
            let key = plan.sourceKey.map { records.value(row, $0) }
            if let rejection = try await applier.settle(&met, runtime: runtime, plan: plan, keyValues: key, &outcome) {
                outcome.parked.append(parked(records, row: row, rejection: rejection))
            }
        }
    }

    func parked(_ records: RowBatch, row: Int, failure: MappingFailure) -> ParkedRecord {
        parked(records, row: row, code: failure.code, field: failure.field, message: failure.message)
    }

    func parked(_ records: RowBatch, row: Int, rejection: Rejection) -> ParkedRecord {
        if let code = rejection.constraint, code.hasPrefix("LS-") {
            return parked(records, row: row, code: code, field: "", message: rejection.message)
        }
        return parked(
            records, row: row, code: ParkingCode.code(rejection.cause), field: rejection.constraint ?? "",
            message: rejection.message)
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
