import ConnectorKit
public import LockstepModel
import Synchronization

/// A store in memory, with the rules of a database: typed fields, keys, references, checks, defaults, triggers, atomic
/// transactions and a journal of what was committed.
///
/// People write to it through ``transaction(_:)``; the engine through a ``MemoryConnector``, of which any number may be
/// made on one store, one after another or side by side. The store lives as long as the object: ``crash()`` ends what
/// is open and keeps what is committed, as killing the engine or the server does.
///
/// Everything is immediate and deterministic: no method waits, and the same calls give the same answers.
public final class MemoryStore: Sendable {
    /// A transaction of a write session.
    struct Writing: Sendable {
        var transaction: MemoryTransaction
        /// How many steps there were at the mark.
        var mark: Int?
    }

    struct State: Sendable {
        var database = MemoryDatabase()
        var history: [CommittedTransaction] = []
        /// The number of the last committed transaction.
        var last: UInt64 = 0
        /// Changes up to here are gone: before the capture began, or released.
        var floor: UInt64 = 0
        /// Entities whose changes are kept; nil where capture is not installed.
        var captured: Set<String>?
        var installations = 0
        var checkpoints: [String: Position] = [:]
        var writings: [UInt64: Writing] = [:]
        /// Sessions whose transaction was rolled back because others changed the same records.
        var overtaken: Set<UInt64> = []
        var nextSession: UInt64 = 1
        /// Counts crashes: whatever was opened before the last one is dead.
        var epoch: UInt64 = 0
        var isReachable = true
    }

    public let name: String
    let state: Mutex<State>

    public init(name: String = "memory", entities: [MemoryEntity] = [], triggers: [MemoryTrigger] = []) {
        self.name = name
        var initial = State()
        for entity in entities {
            initial.database.names.append(entity.description.name)
            initial.database.tables[entity.description.name] = MemoryTable(entity)
        }
        initial.database.triggers = triggers
        state = Mutex(initial)
    }

    /// Adds an empty entity, or replaces one with all its records.
    public func create(_ entity: MemoryEntity) {
        state.withLock { state in
            let name = entity.description.name
            if state.database.tables[name] == nil { state.database.names.append(name) }
            state.database.tables[name] = MemoryTable(entity)
        }
    }

    /// Gives an entity other fields and rules, and keeps its records: new fields are null in them, fields that are gone are
    /// gone from the kept changes, too. Transactions of write sessions that are open are rolled back.
    ///
    /// - Throws: ``MemoryRefusal`` when the records break the new rules, or there is no such entity.
    public func alter(_ entity: MemoryEntity) throws {
        try state.withLock { state in
            let name = entity.description.name
            guard let old = state.database.tables[name] else { throw MemoryRefusal(.other, nil, "no entity \(name)") }
            var altered = MemoryTransaction(state.database)
            let table = MemoryTable(entity)
            altered.database.tables[name] = table
            let translate = { (row: [Value]) -> [Value] in table.row(old.record(row)) }
            for number in old.numbers {
                guard let row = old.rows[number].map(translate) else { continue }
                try altered.put(.init(entity: name, number: number, before: nil, after: row, maker: .store))
            }
            state.database = altered.database
            for index in state.history.indices { state.history[index].translate(name, translate) }
            state.overtaken.formUnion(state.writings.keys)
            state.writings = [:]
        }
    }

    public func drop(_ entity: String) {
        state.withLock { state in
            state.database.names.removeAll { $0 == entity }
            state.database.tables[entity] = nil
        }
    }

    public func addTrigger(_ trigger: MemoryTrigger) {
        state.withLock { $0.database.triggers.append(trigger) }
    }

    public func removeTrigger(_ name: String) {
        state.withLock { $0.database.triggers.removeAll { $0.name == name } }
    }

    // MARK: Users

    /// A user's transaction: all of it is committed when `body` returns, none of it when it throws.
    ///
    /// A write session of the engine that is open on the same records is rolled back and told that the store was busy,
    /// as a deadlock's victim is; on other records it goes on. `body` must not call the store itself.
    ///
    /// - Returns: the position of the transaction; where nothing was changed, of the last one before.
    @discardableResult
    public func transaction(
        _ body: (inout MemoryTransaction) throws -> Void
    ) throws -> Position {
        try state.withLock { state in
            var transaction = MemoryTransaction(state.database)
            try body(&transaction)
            return state.commit(transaction, origin: .user)
        }
    }

    /// A user's transaction of these statements.
    @discardableResult
    public func run(_ statements: [MemoryStatement]) throws -> Position {
        try transaction { transaction in
            for statement in statements { try transaction.execute(statement) }
        }
    }

    // MARK: Disasters

    /// Ends all that is open: snapshots, readers and sessions throw `unreachable` from now on, transactions that were
    /// not committed are gone. What was committed stays, and connectors may be used again or made anew.
    public func crash() {
        state.withLock { state in
            state.epoch += 1
            state.writings = [:]
            state.overtaken = []
        }
    }

    /// Like ``crash()``, and everything throws `unreachable` until ``start()``. Users can go on writing.
    public func stop() {
        crash()
        state.withLock { $0.isReachable = false }
    }

    public func start() {
        state.withLock { $0.isReachable = true }
    }

    // MARK: What is in it

    /// The records of an entity as they are committed, in key order; in the order of insertion without a key.
    public func records(_ entity: String) -> [[String: Value]] {
        state.withLock { state in
            guard let table = state.database.tables[entity] else { return [] }
            let key = (table.description.keys.first { $0.isPrimary } ?? table.description.keys.first)?.fields ?? []
            return table.sorted(by: key).compactMap { table.record($0) }
        }
    }

    /// The position of the last committed transaction.
    public var position: Position { state.withLock { Position(order: $0.last) } }

    /// All committed transactions in commit order, released ones too.
    public var history: [CommittedTransaction] { state.withLock { $0.history } }

    /// All records and all that the engine keeps in the store, as text: equal texts are equal stores. The history of
    /// users' changes, which no database shows either, is left out.
    public var fingerprint: String {
        state.withLock { state in
            var lines: [String] = []
            for name in state.database.names.sorted() {
                guard let table = state.database.tables[name] else { continue }
                lines.append("\(name): \(table.description)")
                lines += table.sorted(by: table.description.fields.map(\.name))
                    .compactMap { table.rows[$0].map { row in "  \(row)" } }
            }
            lines += state.database.triggers.map { "trigger \($0.name)" }
            if let captured = state.captured { lines.append("capture: \(captured.sorted())") }
            lines += state.checkpoints.sorted { $0.key < $1.key }.map { "checkpoint \($0.key): \($0.value.text)" }
            return lines.joined(separator: "\n")
        }
    }
}

extension MemoryStore.State {
    /// Makes a transaction the store's newest state and puts it into the history.
    mutating func commit(_ transaction: MemoryTransaction, origin: CommittedTransaction.Origin) -> Position {
        guard !transaction.steps.isEmpty else { return Position(order: last) }
        database = transaction.database
        last += 1
        let position = Position(order: last)
        var committed = CommittedTransaction(position: position, origin: origin, steps: transaction.steps)
        committed.capturedEntities = captured ?? []
        history.append(committed)
        for id in writings.keys.sorted() {
            guard let writing = writings[id] else { continue }
            do {
                writings[id]?.transaction = try writing.transaction.rebased(onto: database)
            } catch {
                writings[id] = nil
                overtaken.insert(id)
            }
        }
        return position
    }
}

extension MemoryTable {
    /// The numbers of all records, ordered by these fields as ``KeyEncoder`` orders them.
    func sorted(by fields: [String]) -> [UInt64] {
        let wanted = fields.compactMap { columns[$0] }
        let keyed = numbers.map { number -> (UInt64, [UInt8]) in
            let row = rows[number] ?? []
            return (number, MemoryValueRules.key(wanted.map { row[$0] }))
        }
        let ordered = keyed.sorted { left, right in
            left.1 == right.1 ? left.0 < right.0 : left.1.lexicographicallyPrecedes(right.1)
        }
        return ordered.map { $0.0 }
    }
}
