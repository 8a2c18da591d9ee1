import ConnectorKit
import LockstepModel

/// Triggers, constraints and undoing.
extension MemoryTransaction {
    // MARK: Triggers

    /// Runs the triggers before a change.
    ///
    /// - Returns: the record as they left it; nil where there was none.
    func runBefore(
        _ entity: String, _ operation: Operation, old: [String: Value]?, new: [String: Value]?
    ) throws(MemoryRefusal) -> [String: Value]? {
        var record = new
        for trigger in database.triggers where trigger.matches(entity, .before, operation) {
            var scope = MemoryTriggerScope(operation: operation, old: old, new: record, database: database)
            try trigger.body(&scope)
            record = scope.new
        }
        return record
    }

    mutating func runAfter(
        _ entity: String, _ operation: Operation, old: [Value]?, new: [Value]?, depth: Int
    ) throws(MemoryRefusal) {
        for trigger in database.triggers where trigger.matches(entity, .after, operation) {
            var scope = MemoryTriggerScope(
                operation: operation, old: old.flatMap { database.tables[entity]?.record($0) },
                new: new.flatMap { database.tables[entity]?.record($0) }, database: database)
            try trigger.body(&scope)
            for statement in scope.followUps { try execute(statement, maker: .store, depth: depth + 1) }
        }
    }

    // MARK: Constraints

    /// Takes a step after checking the record's own rules.
    mutating func put(_ step: Step) throws(MemoryRefusal) {
        try checkRecord(step)
        record(step)
        if let row = step.after { try checkReferences(step.entity, row) }
    }

    private func checkRecord(_ step: Step) throws(MemoryRefusal) {
        let table = try table(step.entity)
        if let row = step.after {
            for (field, value) in zip(table.description.fields, row) where value.isNull && !field.isNullable {
                throw MemoryRefusal(.notNull, field.name, "\(field.name) must have a value")
            }
            for check in table.entity.checks where !check.holds(table.record(row)) {
                throw MemoryRefusal(.check, check.name, "the record breaks the check \(check.name)")
            }
            if let key = table.violatedKey(row, excluding: step.number) {
                throw MemoryRefusal(.uniqueKey, key, "another record has the same key \(key)")
            }
        }
    }

    /// What a record refers to must be there (records that refer to themselves included).
    private func checkReferences(_ entity: String, _ row: [Value]) throws(MemoryRefusal) {
        let table = try table(entity)
        for reference in table.description.references {
            let values = reference.fields.compactMap { table.columns[$0] }.map { row[$0] }
            if values.contains(.null) { continue }
            let target = try self.table(reference.targetEntity)
            let columns = reference.targetFields.compactMap { target.columns[$0] }
            guard target.find(columns: columns, values: values) != nil else {
                throw MemoryRefusal(
                    .reference, reference.fields.joined(separator: ","),
                    "the record of \(reference.targetEntity) that it refers to is not there")
            }
        }
    }

    /// No record may refer to what a record was and no longer is.
    func checkReferrers(of entity: String, was old: [Value], isNow new: [Value]?) throws(MemoryRefusal) {
        for (name, index) in referrers(of: entity) {
            guard try !referringRecords(name, index, to: entity, old, unless: new).isEmpty else { continue }
            throw MemoryRefusal(.reference, name, "records of \(name) still refer to it")
        }
    }

    mutating func runDeleteActions(of entity: String, was old: [Value], depth: Int) throws(MemoryRefusal) {
        for (name, index) in referrers(of: entity) {
            let referrer = try table(name)
            let action = referrer.entity.deleteActions[index] ?? .refuse
            for number in try referringRecords(name, index, to: entity, old, unless: nil) {
                switch action {
                case .refuse: continue
                case .cascade: try deleteRecord(name, number, maker: .store, depth: depth + 1)
                case .setNull:
                    var nulls: [String: Value] = [:]
                    for field in referrer.description.references[index].fields { nulls[field] = .null }
                    try updateRecord(name, number, set: nulls, maker: .store, depth: depth + 1)
                }
            }
        }
    }

    /// The references to an entity, in the order in which entities were made.
    private func referrers(of entity: String) -> [(String, Int)] {
        database.names.flatMap { name in
            (database.tables[name]?.description.references ?? []).enumerated()
                .filter { $0.element.targetEntity == entity }.map { (name, $0.offset) }
        }
    }

    private func referringRecords(
        _ name: String, _ index: Int, to entity: String, _ old: [Value], unless new: [Value]?
    ) throws(MemoryRefusal) -> [UInt64] {
        let (referrer, target) = (try table(name), try table(entity))
        let reference = referrer.description.references[index]
        let targetColumns = reference.targetFields.compactMap { target.columns[$0] }
        let values = targetColumns.map { old[$0] }
        if values.contains(.null) { return [] }
        if let new, MemoryValueRules.agree(values, targetColumns.map { new[$0] }) { return [] }
        let columns = reference.fields.compactMap { referrer.columns[$0] }
        return referrer.numbers.filter { number in
            guard let row = referrer.rows[number] else { return false }
            return MemoryValueRules.agree(columns.map { row[$0] }, values)
        }
    }

    // MARK: Steps

    mutating func record(_ step: Step) {
        database.tables[step.entity]?.put(step.number, step.after)
        steps.append(step)
    }

    /// Takes back the steps from `mark` on.
    mutating func undo(to mark: Int) {
        while steps.count > mark, let step = steps.popLast() {
            database.tables[step.entity]?.put(step.number, step.before)
        }
    }

    /// The same steps on top of another database, which others have committed to meanwhile.
    ///
    /// - Throws: ``MemoryRefusal`` where one of the records, or a rule that holds for one, is no longer as it was.
    func rebased(onto database: MemoryDatabase) throws(MemoryRefusal) -> MemoryTransaction {
        var result = MemoryTransaction(database)
        for step in steps {
            guard result.database.tables[step.entity]?.rows[step.number] == step.before else {
                throw MemoryRefusal(.other, nil, "somebody else changed the same record")
            }
            try result.put(step)
            if let old = step.before { try result.checkReferrers(of: step.entity, was: old, isNow: step.after) }
        }
        return result
    }
}

extension MemoryTrigger {
    func matches(_ entity: String, _ timing: Timing, _ operation: Operation) -> Bool {
        self.entity == entity && self.timing == timing && operations.contains(operation)
    }
}
