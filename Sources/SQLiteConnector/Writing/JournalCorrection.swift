internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Takes the engine's own row out of the journal again and leaves what the store made of it: other rows that triggers
/// and foreign key actions changed, and fields of the row that defaults and generated columns filled.
struct JournalCorrection {
    private let database: SQLiteDatabase
    private let plan: WritePlan
    private let entityID: Int64

    init?(database: SQLiteDatabase, plan: WritePlan) {
        guard let entityID = plan.entityID else { return nil }
        self.database = database
        self.plan = plan
        self.entityID = entityID
    }

    func newest() throws -> Int64 { try CaptureTables(database: database).newest() }

    /// - Parameters:
    ///   - newest: the journal's newest number before the statement.
    ///   - key: the spellings of the key that the statement found or made the record by.
    ///   - written: the fields that the statement wrote.
    func settle(_ operation: Operation, after newest: Int64, key: [Value], written: [Int]) throws {
        guard let sequence = try own(operation, after: newest, key: key) else { return }
        guard operation != .delete else {
            try database.query("DELETE FROM _lockstep_journal WHERE seq = ?1", [.int64(sequence)])
            return
        }
        // What was written was there before, as far as the other side is concerned: only what the store added is new.
        let count = plan.table.columns.count
        var sets = ["operation = \(Operation.update.rawValue)"]
        sets += written.map { "c\(plan.columns[$0]) = c\(count + plan.columns[$0])" }
        try database.query(
            "UPDATE _lockstep_journal SET \(sets.joined(separator: ", ")) WHERE seq = ?1", [.int64(sequence)])
        let isSame = (0..<count).map { "c\($0) IS c\(count + $0)" }.joined(separator: " AND ")
        try database.query("DELETE FROM _lockstep_journal WHERE seq = ?1 AND \(isSame)", [.int64(sequence)])
    }

    /// The statement's own entry: the first of its kind under its key. The engine's triggers are the newest and so run
    /// before the user's, which makes the own entry come before all that `AFTER` triggers do to the same record.
    private func own(_ operation: Operation, after newest: Int64, key: [Value]) throws -> Int64? {
        let image = operation == .insert ? plan.table.columns.count : 0
        let condition = WritePlan.condition(plan.key.map { plan.codecs[$0] }, firstPlace: 2) { codec in
            "c\(image + (plan.table.columns.firstIndex { $0.name == codec.column.name } ?? 0))"
        }
        let entry =
            "SELECT min(seq) FROM _lockstep_journal WHERE seq > ?1 AND entity = \(entityID)"
            + " AND operation = \(operation.rawValue)"
        let found = try database.integer("\(entry) AND \(condition)", [.int64(newest)] + key)
        // A key that the column stores in another class (text that became a number) is found by its order alone.
        if let found { return found }
        return try database.integer(entry, [.int64(newest)])
    }
}
