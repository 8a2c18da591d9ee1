internal import ConnectorKit
internal import LockstepModel
internal import LockstepState

/// A batch on its way into a plan, with all that the store says about it.
struct PlannedBatch: Sendable {
    /// A record that holds a unique value.
    struct Holder: Sendable {
        var key: [UInt8]
        var keyText: String
    }
    var batch: WriteBatch
    var place: PlanWorld.Place
    var foundFields: [String]
    /// The store's records of the batch's keys, in `foundFields`.
    var found: RowBatch
    /// The store's other unique keys, each with the records that hold the values which the batch gives.
    var uniques: [(key: PlanWorld.UniqueKey, holders: [[UInt8]: Holder])] = []
    /// Rows that refer to a record which is not there.
    var unresolved: Set<Int> = []
}

/// What a store would answer to a batch, given what the plan would have written before (see `WriteBatch`).
extension PlanWorld {
    private struct Work {
        var request: PlannedBatch
        var place: Int64
        var map: Int64
        var uniques: [Int64]
        /// By key: the row in `found`.
        var rows: [[UInt8]: Int] = [:]
        var result: WriteResult

        var batch: WriteBatch { request.batch }
        var width: Int { request.batch.fields.count }
    }

    func apply(_ request: PlannedBatch) throws -> WriteResult {
        let batch = request.batch
        var work = Work(
            request: request, place: number(request.place), map: number(map: batch.map),
            uniques: request.uniques.map { number($0.key, of: request.place) },
            result: WriteResult(
                changedCount: 0, exceptions: [], current: RowBatch(columnCount: batch.readFields.count)))
        // `found` begins with the batch's fields, so that the key stands where the batch has it.
        for row in 0..<request.found.rowCount {
            work.rows[KeyEncoder.encode(request.found, row: row, columns: batch.key)] = row
        }
        for row in batch.operations.indices {
            guard !request.unresolved.contains(row) else {
                let rejection = Rejection(
                    cause: .reference, constraint: ReferencingConnector.unresolved,
                    message: "it refers to a record that is not there")
                work.result.exceptions.append(WriteException(row: row, outcome: .rejected(rejection)))
                continue
            }
            try apply(row, &work)
        }
        return work.result
    }

    private func apply(_ row: Int, _ work: inout Work) throws {
        let batch = work.batch
        let offset = batch.keyOffset(row)
        let key = KeyEncoder.encode(batch.rows, row: row, columns: batch.key.map { $0 + offset })
        switch batch.operations[row] {
        case .insert: try insert(row, key, &work)
        case .update: try update(row, key, &work)
        case .delete: try delete(row, key, &work)
        case .truncate: break
        }
    }

    /// The record as the plan has it; nil where there is none.
    private func current(_ key: [UInt8], _ work: Work) throws -> StoredRow? {
        if let planned = try planned(work.place, key) { return planned }
        return work.rows[key].map {
            StoredRow(fields: work.request.foundFields, values: work.request.found.values(row: $0))
        }
    }

    // MARK: Operations

    private func insert(_ row: Int, _ key: [UInt8], _ work: inout Work) throws {
        let batch = work.batch
        if let current = try current(key, work) {
            let after = batch.rows.values(row: row, columns: work.width..<2 * work.width)
            let differs = batch.fields.indices.contains {
                after[$0] != .unchanged && !after[$0].isSame(as: current.value(batch.fields[$0]) ?? .null)
            }
            if differs { conflict(row, current, &work) { .exists(current: $0) } }
            return
        }
        guard try !collides(row, key, &work) else { return }
        var after = RowBatch(columnCount: work.width)
        for column in 0..<work.width { after.append(batch.rows[row, work.width + column], from: batch.rows) }
        try keep(
            work.place, key, map: work.map, before: nil, after: (number(shape: batch.fields), after.encodedRow(0)))
        try takeUniques(row, key, old: nil, work)
        work.result.changedCount += 1
    }

    private func update(_ row: Int, _ key: [UInt8], _ work: inout Work) throws {
        let batch = work.batch
        guard let current = try current(key, work) else {
            work.result.exceptions.append(WriteException(row: row, outcome: .missing))
            return
        }
        let before = batch.rows.values(row: row, columns: 0..<work.width)
        let after = batch.rows.values(row: row, columns: work.width..<2 * work.width)
        let changed = batch.fields.indices.filter {
            after[$0] != .unchanged && before[$0] != .unchanged && !after[$0].isSame(as: before[$0])
        }
        let holds = changed.map { current.value(batch.fields[$0]) ?? .null }
        if zip(changed, holds).contains(where: { !$1.isSame(as: before[$0]) && !$1.isSame(as: after[$0]) }) {
            return conflict(row, current, &work) { .differs(current: $0) }
        }
        guard zip(changed, holds).contains(where: { !$1.isSame(as: after[$0]) }) else { return }
        guard try !collides(row, key, &work) else { return }
        var record = current
        for index in changed { record.set(batch.fields[index], after[index]) }
        let old = current.encoded(in: self)
        let newKey = KeyEncoder.encode(batch.rows, row: row, columns: batch.key.map { $0 + work.width })
        if newKey != key, !batch.key.contains(where: { after[$0] == .unchanged || after[$0].isNull }) {
            // Under its new key it is what it was under the old one.
            try keep(work.place, key, map: work.map, before: old, after: nil)
            try keep(work.place, newKey, map: work.map, before: nil, after: record.encoded(in: self))
        } else {
            try keep(work.place, key, map: work.map, before: old, after: record.encoded(in: self))
        }
        try takeUniques(row, newKey, old: (key, current), work)
        work.result.changedCount += 1
    }

    private func delete(_ row: Int, _ key: [UInt8], _ work: inout Work) throws {
        let batch = work.batch
        guard let current = try current(key, work) else { return }
        let before = batch.rows.values(row: row, columns: 0..<work.width)
        let differs = batch.fields.indices.contains {
            before[$0] != .unchanged && !before[$0].isSame(as: current.value(batch.fields[$0]) ?? .null)
        }
        if differs { return conflict(row, current, &work) { .differs(current: $0) } }
        try keep(work.place, key, map: work.map, before: current.encoded(in: self), after: nil)
        for (index, unique) in work.request.uniques.enumerated() {
            guard let value = unique.key.value(of: current) else { continue }
            try giveUp(work.uniques[index], value, key: key)
        }
        work.result.changedCount += 1
    }

    private func conflict(
        _ row: Int, _ current: StoredRow, _ work: inout Work, _ outcome: (Int) -> WriteException.Outcome
    ) {
        let index = work.result.current.rowCount
        work.result.current.appendRow(work.batch.readFields.map { current.value($0) ?? .null })
        work.result.exceptions.append(WriteException(row: row, outcome: outcome(index)))
    }

    // MARK: Unique keys

    /// Whether another record has, or would have, a unique value that the row gives; then it is refused as the store
    /// would refuse it.
    private func collides(_ row: Int, _ key: [UInt8], _ work: inout Work) throws -> Bool {
        let batch = work.batch
        for (index, unique) in work.request.uniques.enumerated() {
            let columns = unique.key.fields.compactMap { batch.fields.firstIndex(of: $0) }
            guard batch.gives(row, columns) else { continue }
            let value = KeyEncoder.encode(batch.rows, row: row, columns: columns.map { $0 + work.width })
            guard let holder = try holder(of: value, index, key, unique.holders, work) else { continue }
            let keyOffset = batch.keyOffset(row)
            let shown = columns.map { batch.rows.value(row, $0 + work.width) }
            try collide(
                work.place, key, unique: work.uniques[index], map: work.map, isPlanned: holder.isPlanned,
                keyText: PlanText.key(
                    work.request.place.keyFields, batch.key.map { batch.rows.value(row, $0 + keyOffset) }),
                holderText: holder.text, valueText: PlanText.key(unique.key.fields, shown))
            let rejection = Rejection(
                cause: .uniqueKey, constraint: unique.key.name,
                message: "another record has the same value of the unique key \(unique.key.name)")
            work.result.exceptions.append(WriteException(row: row, outcome: .rejected(rejection)))
            return true
        }
        return false
    }

    private func holder(
        of value: [UInt8], _ index: Int, _ key: [UInt8], _ holders: [[UInt8]: PlannedBatch.Holder], _ work: Work
    ) throws -> (text: String, isPlanned: Bool)? {
        let unique = work.request.uniques[index].key
        if let taker = try taker(work.uniques[index], value), taker != key {
            guard let record = try planned(work.place, taker) else { return ("", true) }
            let fields = work.request.place.keyFields
            return (PlanText.key(fields, fields.map { record?.value($0) ?? .null }), true)
        }
        guard let holder = holders[value], holder.key != key else { return nil }
        // What the plan deletes, or gives another value, holds it no longer.
        if let planned = try planned(work.place, holder.key) {
            guard let record = planned, unique.value(of: record) == value else { return nil }
        }
        return (holder.keyText, false)
    }

    private func takeUniques(
        _ row: Int, _ key: [UInt8], old: (key: [UInt8], record: StoredRow)?, _ work: Work
    ) throws {
        for (index, unique) in work.request.uniques.enumerated() {
            let columns = unique.key.fields.compactMap { work.batch.fields.firstIndex(of: $0) }
            guard work.batch.gives(row, columns) else { continue }
            if let old, let value = unique.key.value(of: old.record) {
                try giveUp(work.uniques[index], value, key: old.key)
            }
            let value = KeyEncoder.encode(work.batch.rows, row: row, columns: columns.map { $0 + work.width })
            try take(work.uniques[index], value, key: key)
        }
    }
}

extension PlanWorld.UniqueKey {
    /// The key's bytes; nil where one of its fields is null or not known: such records clash with none.
    func value(of record: StoredRow) -> [UInt8]? {
        let values = fields.compactMap { record.value($0) }
        guard values.count == fields.count, !values.contains(where: { $0.isNull || $0 == .unchanged }) else {
            return nil
        }
        return KeyEncoder.encode(RowBatch(row: values), row: 0, columns: values.indices)
    }
}

extension StoredRow {
    mutating func set(_ field: String, _ value: Value) {
        if let index = fields.firstIndex(of: field) {
            values[index] = value
        } else {
            fields.append(field)
            values.append(value)
        }
    }

    func encoded(in world: isolated PlanWorld) -> (shape: Int64, image: [UInt8]) {
        (world.number(shape: fields), RowBatch(row: values).encodedRow(0))
    }
}

/// Values of records in a plan, for people.
enum PlanText {
    /// Longer values are cut: a plan shows records, it does not carry them.
    static let longestValue = 160

    static func value(_ value: Value) -> String {
        let text = value.displayText
        return text.count > longestValue ? text.prefix(longestValue - 1) + "…" : text
    }

    /// A field's value in an example; nil for null.
    static func optional(_ value: Value?) -> String? {
        guard let value, !value.isNull else { return nil }
        return self.value(value)
    }

    /// `account=C-17, company=DE`.
    static func key(_ fields: [String], _ values: [Value]) -> String {
        zip(fields, values).map { "\($0)=\(value($1))" }.joined(separator: ", ")
    }
}
