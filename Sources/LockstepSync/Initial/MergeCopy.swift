internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Compares both sides of a map in key order and makes them equal: what one lacks is inserted, what differs is an
/// overlap without a base and goes to the map's rule. Memory is flat, and what was written stays: after a crash the
/// comparison begins anew and finds it equal.
struct MergeCopy {
    let run: SyncRun
    let runtime: MapRuntime
    let snapshots: [any Snapshot]

    /// The share of a group's records, as one in so many, whose references are refused above which the next group's are
    /// written in the second pass straight away: a store that is refused a set tries its records one by one.
    static let refusedShare = 8

    /// Rows that are collected before they are mapped, compared and written together.
    static let groupSize = 2048
    /// The first rows, which show whether references are refused: few, as each refusal costs a store several steps.
    static let firstGroupSize = 128

    private struct Group {
        /// Records that only this side has, by side, in the side's shape.
        var single: [RowBatch]
        /// Records that both have, aligned, by side.
        var both: [RowBatch]

        var rowCount: Int { single[0].rowCount + single[1].rowCount + both[0].rowCount }
    }

    func copy() async throws {
        var readers: [any BatchReader] = []
        do {
            for side in Side.allCases { readers.append(try await read(side)) }
            try await merge(readers)
        } catch {
            for reader in readers { await reader.close() }
            throw error
        }
        for reader in readers { await reader.close() }
    }

    private func read(_ side: Side) async throws -> any BatchReader {
        try await snapshots[side.rawValue].read(
            ReadRequest(
                entity: runtime.map.entities[side.rawValue], fields: runtime.shape(side),
                order: .byKey(runtime.keyFields[side.rawValue])))
    }

    private func merge(_ readers: [any BatchReader]) async throws {
        var left = try await KeyCursor(
            readers[0], keyColumns: runtime.keyIndexes(.left), entity: runtime.map.entities[0])
        var right = try await KeyCursor(
            readers[1], keyColumns: runtime.keyIndexes(.right), entity: runtime.map.entities[1])
        var group = emptyGroup()
        var defersFirst = [false, false]
        var done = 0
        while left.key != nil || right.key != nil {
            let order = Self.order(left, right)
            if order <= 0, let batch = left.batch {
                if order < 0 {
                    group.single[0].appendRow(left.row, from: batch)
                } else {
                    group.both[0].appendRow(left.row, from: batch)
                }
                try await left.advance()
            }
            if order >= 0, let batch = right.batch {
                if order > 0 {
                    group.single[1].appendRow(right.row, from: batch)
                } else {
                    group.both[1].appendRow(right.row, from: batch)
                }
                try await right.advance()
            }
            guard group.rowCount >= (done == 0 ? Self.firstGroupSize : Self.groupSize) else { continue }
            try Task.checkCancellation()
            done += group.rowCount
            try await settle(group, &defersFirst)
            group = emptyGroup()
            run.environment.progress(
                SyncProgress(phase: .comparing, subject: runtime.map.name, done: done, expected: nil))
        }
        try await settle(group, &defersFirst)
    }

    /// Which side's row comes first; a key with a null in it is no key, and never the same as another.
    private static func order(_ left: KeyCursor, _ right: KeyCursor) -> Int {
        guard let leftKey = left.key else { return 1 }
        guard let rightKey = right.key, !left.hasNullKey else { return -1 }
        if right.hasNullKey { return 1 }
        return leftKey == rightKey ? 0 : (leftKey.lexicographicallyPrecedes(rightKey) ? -1 : 1)
    }

    private func emptyGroup() -> Group {
        func batches() -> [RowBatch] { Side.allCases.map { RowBatch(columnCount: runtime.shape($0).count) } }
        return Group(single: batches(), both: batches())
    }

    // MARK: Writing

    /// - Parameter defersFirst: by source side: whether references go in the second pass without being tried before.
    private func settle(_ group: Group, _ defersFirst: inout [Bool]) async throws {
        guard group.rowCount > 0 else { return }
        try await compare(group.both)
        for side in Side.allCases {
            try await insert(group.single[side.rawValue], from: side, defersFirst: &defersFirst[side.rawValue])
        }
    }

    private func insert(_ records: RowBatch, from side: Side, defersFirst: inout Bool) async throws {
        guard !records.isEmpty, let plan = runtime.map.plan(from: side) else { return }
        let rows = Projection(from: runtime.shape(side), to: plan.sourceFields)(records)
        let mapped = plan.map(records: rows)
        let failed = Set(mapped.failures.map(\.row))
        let included = (0..<rows.rowCount).filter { mapped.isIncluded[$0] && !failed.contains($0) }
        try await write(to: side.opposite) { session in
            let writer = RecordWriter(run: run, runtime: runtime, source: side, plan: plan, session: session)
            var outcome = ChunkOutcome()
            for failure in mapped.failures {
                outcome.parked.append(writer.parked(rows, row: failure.row, failure: failure))
            }
            if defersFirst, !run.isPlan {
                try await writer.insertDeferring(rows, mapped: mapped.rows, rows: included, &outcome)
            } else {
                let count = try await writer.insert(rows, mapped: mapped.rows, rows: included, isLoad: false, &outcome)
                defersFirst = count > included.count / Self.refusedShare
            }
            note(outcome.parked)
            return outcome
        }
    }

    private func note(_ parked: [ParkedRecord]) {
        for record in parked {
            runtime.parkedKeys[record.source].insert(record.key)
            if record.isRest { runtime.rests[record.source].remove(record.key) }
        }
    }

    /// Runs a write and commits it; what it led to is kept before.
    private func write(
        to side: Side, _ body: (any WriteSession) async throws -> ChunkOutcome
    ) async throws {
        let session = try await run.session(
            writing: side, lane: run.link.copyLane(to: side, map: runtime.map.name))
        do {
            try await run.keep(try await body(session), pending: nil)
            try await session.commit(nil)
            await session.close()
        } catch {
            await session.close()
            throw error
        }
    }

    /// Compares records that both sides have, and writes what the rules decide.
    private func compare(_ both: [RowBatch]) async throws {
        guard !both[0].isEmpty else { return }
        let equal = quickEqual(both)
        var outcome = ChunkOutcome()
        var writes = Side.allCases.map { _ in Updates() }
        for row in 0..<both[0].rowCount {
            guard !equal[row] else {
                runtime.report.equal += 1
                continue
            }
            let rows = [both[0].values(row: row), both[1].values(row: row)]
            let visible = Side.allCases.filter { runtime.isVisible(rows[$0.rawValue], $0) }
            guard visible.count == 2 else {
                if let side = visible.first {
                    outcome.parked += runtime.parkedDifference(
                        link: run.link.name, rows[side.rawValue], side, code: ParkingCode.outsideFilter, field: "",
                        message: ParkingCode.outsideFilter(run.link.store(side.opposite)))
                }
                continue
            }
            let masked = maskRests(rows, &outcome)
            let comparison = runtime.compare(left: masked[0], right: masked[1])
            if let (source, failure) = comparison.failure {
                outcome.parked += runtime.parkedDifference(
                    link: run.link.name, rows[source.rawValue], source, code: failure.code, field: failure.field,
                    message: failure.message)
                continue
            }
            guard !comparison.isEqual else {
                runtime.report.equal += 1
                continue
            }
            outcome.conflicts += records(comparison, rows[0], rows[1])
            for side in Side.allCases {
                guard let write = comparison.writes[side.rawValue],
                    let values = runtime.updateRow(writing: side, current: rows[side.rawValue], write: write)
                else { continue }
                writes[side.rawValue].rows.append(values)
                writes[side.rawValue].sources.append(rows[side.opposite.rawValue])
            }
        }
        try await keep(outcome)
        for side in Side.allCases { try await update(writes[side.rawValue], writing: side) }
    }

    /// A record that still lacks what it defers is compared without it, and goes on waiting for it.
    private func maskRests(_ rows: [[Value]], _ outcome: inout ChunkOutcome) -> [[Value]] {
        guard runtime.rests != [[], []] else { return rows }
        var masked = rows
        for source in Side.allCases where !runtime.rests[source.rawValue].isEmpty {
            guard let plan = runtime.map.plan(from: source) else { continue }
            let key = KeyEncoder.encode(
                RowBatch(row: rows[source.rawValue]), row: 0, columns: runtime.keyIndexes(source))
            guard runtime.rests[source.rawValue].contains(key) else { continue }
            let deferral = runtime.deferral(writing: source.opposite)
            let target = Projection(
                from: runtime.shape(source.opposite), to: plan.targetFields.map(\.name))(rows[source.opposite.rawValue])
            let shape = Projection(from: runtime.shape(source), to: plan.sourceFields)
            for (column, place) in zip(deferral.columns, deferral.sources) where target[column] == .null {
                masked[source.rawValue][shape.indexes[place]] = .null
            }
            guard masked[source.rawValue] != rows[source.rawValue] else { continue }
            outcome.parked.append(runtime.rest(link: run.link.name, shape(rows[source.rawValue]), of: plan))
        }
        return masked
    }

    /// Updates to write on a side, each with the source's record that it comes from.
    private struct Updates {
        var rows: [[Value]] = []
        var sources: [[Value]] = []
    }

    private func keep(_ outcome: ChunkOutcome) async throws {
        note(outcome.parked)
        runtime.report.decidedConflicts += outcome.conflicts.count { $0.status == .automatic }
        try await run.keep(outcome, pending: nil)
    }

    /// Rows in which every field that either direction writes agrees, found without making a value of them.
    private func quickEqual(_ both: [RowBatch]) -> [Bool] {
        var equal = [Bool](repeating: true, count: both[0].rowCount)
        for side in Side.allCases {
            guard let plan = runtime.map.plan(from: side) else { continue }
            let projection = Projection(from: runtime.shape(side), to: plan.sourceFields)
            let mapped = plan.map(records: projection(both[side.rawValue]))
            let other = both[side.opposite.rawValue]
            let columns = Projection(from: runtime.shape(side.opposite), to: plan.targetFields.map(\.name)).indexes
            for failure in mapped.failures { equal[failure.row] = false }
            for row in equal.indices where equal[row] {
                equal[row] =
                    mapped.isIncluded[row]
                    && columns.indices.allSatisfy { index in
                        RowBatch.areEqual(
                            mapped.rows[row, index], in: mapped.rows, other[row, columns[index]], in: other)
                    }
            }
        }
        return equal
    }

    private func records(_ comparison: RecordComparison, _ left: [Value], _ right: [Value]) -> [ConflictRecord] {
        let key = runtime.keyIndexes(.left).map { left[$0] }
        let groups = Dictionary(grouping: comparison.differences, by: \.decision)
        return groups.sorted { $0.key.rule < $1.key.rule }.map { decision, group in
            runtime.conflict(
                link: run.link.name, kind: .firstMeeting,
                key: KeyEncoder.encode(RowBatch(row: key), row: 0, columns: key.indices),
                keyText: runtime.keyText(.left, key), pairs: group.map(\.pair), base: nil, baseSide: .left,
                left: StoredRow(fields: runtime.shape(.left), values: left),
                right: StoredRow(fields: runtime.shape(.right), values: right), rule: decision.rule,
                winner: decision.winner)
        }
    }

    private func update(_ updates: Updates, writing side: Side) async throws {
        guard !updates.rows.isEmpty, let plan = runtime.map.plan(from: side.opposite) else { return }
        var rows = RowBatch(columnCount: 2 * plan.targetFields.count, reservingRows: updates.rows.count)
        for row in updates.rows { rows.appendRow(row) }
        try await write(to: side) { session in
            let applier = run.applier(from: side.opposite, session: session)
            var outcome = ChunkOutcome()
            let operations = [LockstepModel.Operation](repeating: .update, count: rows.rowCount)
            let result = try await session.apply(applier.writeBatch(plan, runtime, operations, rows))
            applier.count(.update, result, runtime, &outcome)
            for exception in result.exceptions {
                let key = plan.targetKey.map { updates.rows[exception.row][$0] }
                if case .rejected(let rejection) = exception.outcome {
                    outcome.parked += runtime.parkedDifference(
                        link: run.link.name, updates.sources[exception.row], side.opposite,
                        code: ParkingCode.code(rejection.cause), field: rejection.constraint ?? "",
                        message: rejection.message)
                    continue
                }
                // It changed since the snapshot, and comes again with its own change: looked at when all is quiet.
                outcome.revisits.append(
                    RevisitKey(
                        map: runtime.map.name,
                        key: KeyEncoder.encode(RowBatch(row: key), row: 0, columns: key.indices),
                        row: StoredRow(fields: runtime.keyFields[side.rawValue], values: key), side: side.rawValue))
            }
            note(outcome.parked)
            return outcome
        }
    }
}
