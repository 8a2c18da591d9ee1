import ConnectorKit
public import LockstepModel

/// A transaction that is open on a ``MemoryStore``: the statements of a user, of a trigger, or of the engine.
///
/// All constraints are immediate: they are checked after each statement. A statement that is refused changes nothing.
public struct MemoryTransaction: Sendable {
    /// One record's step from one state to the next.
    struct Step: Sendable {
        var entity: String
        var number: UInt64
        var before: [Value]?
        var after: [Value]?
        /// What the writer asked for, where the store made something else of it.
        var written: [Value]?
        var maker: MemoryChange.Maker
        /// The step is one of many of a truncation; only the first is shown, as one change of the whole entity.
        var truncation: Truncation = .none

        enum Truncation: Sendable { case none, first, rest }
    }

    /// Triggers that set off triggers end here: a store that nests deeper has a loop.
    static let deepestNesting = 16

    var database: MemoryDatabase
    var steps: [Step] = []

    init(_ database: MemoryDatabase) { self.database = database }

    /// Inserts a record; fields left out get their default, or null.
    ///
    /// - Throws: ``MemoryRefusal`` with the rule that refuses it.
    public mutating func insert(_ entity: String, _ record: [String: Value]) throws(MemoryRefusal) {
        try execute(.insert(entity, record))
    }

    /// Updates the record that agrees with `key`.
    ///
    /// - Throws: ``MemoryRefusal`` with the rule that refuses it, or with cause `other` when there is no such record.
    public mutating func update(
        _ entity: String, key: [String: Value], set: [String: Value]
    ) throws(MemoryRefusal) {
        try execute(.update(entity, key: key, set: set))
    }

    /// Deletes the record that agrees with `key`.
    ///
    /// - Throws: ``MemoryRefusal`` with the rule that refuses it, or with cause `other` when there is no such record.
    public mutating func delete(_ entity: String, key: [String: Value]) throws(MemoryRefusal) {
        try execute(.delete(entity, key: key))
    }

    /// Empties an entity that no records refer to.
    ///
    /// - Throws: ``MemoryRefusal`` with cause `reference` when some do.
    public mutating func truncate(_ entity: String) throws(MemoryRefusal) { try execute(.truncate(entity)) }

    /// The record that agrees with `key`, as this transaction sees it.
    public func record(_ entity: String, key: [String: Value]) -> [String: Value]? {
        guard let table = database.tables[entity], let number = table.find(key) else { return nil }
        return table.record(number)
    }

    /// All records of an entity in the order of their insertion, as this transaction sees them.
    public func records(_ entity: String) -> [[String: Value]] {
        guard let table = database.tables[entity] else { return [] }
        return table.numbers.compactMap { table.record($0) }
    }

    /// Runs one statement; when it is refused, what it did before is undone.
    public mutating func execute(_ statement: MemoryStatement) throws(MemoryRefusal) {
        try execute(statement, maker: .writer, depth: 0)
    }

    mutating func execute(
        _ statement: MemoryStatement, maker: MemoryChange.Maker, depth: Int
    ) throws(MemoryRefusal) {
        guard depth <= Self.deepestNesting else { throw MemoryRefusal(.check, nil, "triggers set each other off") }
        let mark = steps.count
        do {
            switch statement {
            case .insert(let entity, let record):
                try insertRecord(entity, record, maker: maker, depth: depth)
            case .update(let entity, let key, let set):
                let number = try existing(entity, key)
                try updateRecord(entity, number, set: set, maker: maker, depth: depth)
            case .delete(let entity, let key):
                try deleteRecord(entity, try existing(entity, key), maker: maker, depth: depth)
            case .truncate(let entity):
                try truncateTable(entity, maker: maker)
            }
        } catch {
            undo(to: mark)
            throw error
        }
    }

    private func existing(_ entity: String, _ key: [String: Value]) throws(MemoryRefusal) -> UInt64 {
        guard let number = try table(entity).find(key) else {
            throw MemoryRefusal(.other, nil, "\(entity) has no record of that key")
        }
        return number
    }

    func table(_ entity: String) throws(MemoryRefusal) -> MemoryTable {
        guard let table = database.tables[entity] else { throw MemoryRefusal(.other, nil, "no entity \(entity)") }
        return table
    }

    // MARK: Statements

    mutating func insertRecord(
        _ entity: String, _ record: [String: Value], maker: MemoryChange.Maker, depth: Int
    ) throws(MemoryRefusal) {
        let images = try insertImages(entity, record)
        let number = database.sequence.next(entity)
        try put(
            Step(
                entity: entity, number: number, before: nil, after: images.row, written: images.written, maker: maker))
        try runAfter(entity, .insert, old: nil, new: images.row, depth: depth)
    }

    /// What an insert asks for, and what the store makes of it.
    ///
    /// Here and below, a copy of a table is gone before the database changes: else each statement would copy it.
    private func insertImages(
        _ entity: String, _ record: [String: Value]
    ) throws(MemoryRefusal) -> (written: [Value], row: [Value]) {
        let table = try table(entity)
        let written = try storedRow(record, over: nil, in: table)
        var filled = table.record(written)
        for (field, filler) in table.entity.defaults where record[field] == nil {
            filled[field] = nextDefault(filler, field: field, of: table.description)
        }
        let new = try runBefore(entity, .insert, old: nil, new: filled) ?? filled
        return (written, try storedRow(new, over: nil, in: table, checksGenerated: false))
    }

    mutating func updateRecord(
        _ entity: String, _ number: UInt64, set: [String: Value], maker: MemoryChange.Maker, depth: Int
    ) throws(MemoryRefusal) {
        guard let before = database.tables[entity]?.rows[number] else { return }
        let images = try updateImages(entity, before, set)
        try put(
            Step(
                entity: entity, number: number, before: before, after: images.row, written: images.written,
                maker: maker))
        try checkReferrers(of: entity, was: before, isNow: images.row)
        try runAfter(entity, .update, old: before, new: images.row, depth: depth)
    }

    /// What an update asks for, and what the store makes of it.
    private func updateImages(
        _ entity: String, _ before: [Value], _ set: [String: Value]
    ) throws(MemoryRefusal) -> (written: [Value], row: [Value]) {
        let table = try table(entity)
        let written = try storedRow(set, over: before, in: table)
        let new = try runBefore(entity, .update, old: table.record(before), new: table.record(written))
        guard let new else { return (written, written) }
        return (written, try storedRow(new, over: nil, in: table, checksGenerated: false))
    }

    mutating func deleteRecord(
        _ entity: String, _ number: UInt64, maker: MemoryChange.Maker, depth: Int
    ) throws(MemoryRefusal) {
        guard let before = database.tables[entity]?.rows[number] else { return }
        _ = try runBefore(entity, .delete, old: database.tables[entity]?.record(before), new: nil)
        try put(Step(entity: entity, number: number, before: before, after: nil, written: nil, maker: maker))
        try runDeleteActions(of: entity, was: before, depth: depth)
        try checkReferrers(of: entity, was: before, isNow: nil)
        try runAfter(entity, .delete, old: before, new: nil, depth: depth)
    }

    private mutating func truncateTable(_ entity: String, maker: MemoryChange.Maker) throws(MemoryRefusal) {
        for other in database.tables.values where other.description.name != entity && !other.rows.isEmpty {
            if other.description.references.contains(where: { $0.targetEntity == entity }) {
                throw MemoryRefusal(.reference, nil, "records of \(other.description.name) may refer to \(entity)")
            }
        }
        var truncation = Step.Truncation.first
        for (number, row) in try table(entity).rows.sorted(by: { $0.key < $1.key }) {
            var step = Step(entity: entity, number: number, before: row, after: nil, maker: maker)
            step.truncation = truncation
            truncation = .rest
            record(step)
        }
    }

    private func nextDefault(
        _ filler: MemoryEntity.Default, field: String, of entity: EntityDescription
    ) -> Value {
        switch filler {
        case .value(let value): return value
        case .counter:
            let next = database.sequence.next("\(entity.name).\(field)")
            return entity.field(field)?.type == .text
                ? .text(String(next)) : .int64(Int64(truncatingIfNeeded: next))
        }
    }

    /// A full row of stored values: those given, over those of another row or over nulls.
    private func storedRow(
        _ record: [String: Value], over old: [Value]?, in table: MemoryTable, checksGenerated: Bool = true
    ) throws(MemoryRefusal) -> [Value] {
        if let unknown = record.keys.sorted().first(where: { table.columns[$0] == nil }) {
            throw MemoryRefusal(.other, unknown, "\(table.description.name) has no field \(unknown)")
        }
        var row: [Value] = []
        for (index, field) in table.description.fields.enumerated() {
            guard let value = record[field.name] else {
                row.append(old?[index] ?? .null)
                continue
            }
            if checksGenerated && field.isGenerated {
                throw MemoryRefusal(.readOnly, field.name, "\(field.name) is computed by the store")
            }
            row.append(try MemoryValueRules.stored(value, in: field))
        }
        return row
    }
}
