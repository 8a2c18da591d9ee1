public import LockstepModel
import Synchronization

/// A user who does random things to a ``MemoryStore``, decided by a seed: transactions of one to a few inserts, updates
/// and deletes of records with the keys of a small pool, so that users of two stores meet on the same records.
public final class RandomUser: Sendable {
    /// What is done to one entity.
    public struct Habit: Sendable {
        public var entity: String
        /// The fields that a record is found by.
        public var key: [String]
        /// The keys in use; a small pool makes many conflicts.
        public var keys: [[String: Value]]
        /// The fields that inserts fill and updates change, and how; others are left to the store.
        public var fields: [String: @Sendable (inout SeededGenerator) -> Value]

        public init(
            entity: String, key: [String], keys: [[String: Value]],
            fields: [String: @Sendable (inout SeededGenerator) -> Value]
        ) {
            self.entity = entity
            self.key = key
            self.keys = keys
            self.fields = fields
        }
    }

    /// Statements in a transaction at most.
    public static let longestTransaction = 5

    private let store: MemoryStore
    private let habits: [Habit]
    private let generator: Mutex<SeededGenerator>

    public init(_ store: MemoryStore, habits: [Habit], seed: UInt64) {
        self.store = store
        self.habits = habits
        generator = Mutex(SeededGenerator(seed: seed))
    }

    /// One transaction. What the store refuses is left out of it, as by a user who is told so; one in ten is rolled back.
    ///
    /// - Returns: whether something was committed.
    @discardableResult
    public func act() -> Bool {
        generator.withLock { generator in
            let before = store.position
            do {
                try store.transaction { transaction in
                    for _ in 0..<generator.integer(1...Self.longestTransaction) {
                        step(&transaction, &generator)
                    }
                    if generator.chance(percent: 10) { throw ChangedMind() }
                }
            } catch {
                return false
            }
            return store.position > before
        }
    }

    private struct ChangedMind: Error {}

    private func step(_ transaction: inout MemoryTransaction, _ generator: inout SeededGenerator) {
        guard let habit = generator.pick(habits), let key = generator.pick(habit.keys) else { return }
        var values: [String: Value] = [:]
        for (field, make) in habit.fields.sorted(by: { $0.key < $1.key }) {
            // Drawn for all fields, so that what exists does not shift the numbers of later steps.
            let value = make(&generator)
            if generator.chance(percent: 60) || transaction.record(habit.entity, key: key) == nil {
                values[field] = value
            }
        }
        let deletes = generator.chance(percent: 20)
        do {
            if transaction.record(habit.entity, key: key) == nil {
                try transaction.insert(habit.entity, values.merging(key) { $1 })
            } else if deletes {
                try transaction.delete(habit.entity, key: key)
            } else {
                try transaction.update(habit.entity, key: key, set: values)
            }
        } catch {
            // A refused statement changed nothing: the user goes on with the next.
        }
    }
}
