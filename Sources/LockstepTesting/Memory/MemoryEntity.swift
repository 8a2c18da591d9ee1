public import ConnectorKit
public import LockstepModel

/// An entity of a ``MemoryStore``: what connectors see of it, and the rules that the store keeps for it.
public struct MemoryEntity: Sendable {
    /// What fills a field that an insert leaves out.
    public enum Default: Sendable {
        case value(Value)
        /// 1, 2, 3 …, of the field's type (int64 or text).
        case counter
    }

    /// What happens to referring records when the record they refer to is deleted.
    public enum DeleteAction: Sendable {
        case refuse
        case cascade
        case setNull
    }

    /// A rule over one record; false refuses it with cause `check`.
    public struct Check: Sendable {
        public var name: String
        public var holds: @Sendable ([String: Value]) -> Bool

        public init(name: String, holds: @escaping @Sendable ([String: Value]) -> Bool) {
            self.name = name
            self.holds = holds
        }
    }

    public var description: EntityDescription
    public var defaults: [String: Default]
    public var checks: [Check]
    /// By index in the description's references; references left out refuse.
    public var deleteActions: [Int: DeleteAction]

    /// - Parameter description: its `hasDefault` and `hasAction` are set here from `defaults` and `deleteActions`.
    public init(
        _ description: EntityDescription, defaults: [String: Default] = [:], checks: [Check] = [],
        deleteActions: [Int: DeleteAction] = [:]
    ) {
        self.description = description
        self.defaults = defaults
        self.checks = checks
        self.deleteActions = deleteActions
        for index in description.fields.indices {
            self.description.fields[index].hasDefault = defaults[description.fields[index].name] != nil
        }
        for index in description.references.indices {
            switch deleteActions[index] ?? .refuse {
            case .refuse: self.description.references[index].hasAction = false
            case .cascade, .setNull: self.description.references[index].hasAction = true
            }
        }
    }
}

/// One change that a user, or a trigger, makes. Records are named by their values, fields left out keep what they hold
/// (or get their default); `key` is any set of fields that names one record.
public enum MemoryStatement: Sendable {
    case insert(String, [String: Value])
    case update(String, key: [String: Value], set: [String: Value])
    case delete(String, key: [String: Value])
    case truncate(String)
}

/// Why a ``MemoryStore`` refused a user's statement; the whole transaction is undone when it leaves the closure.
public struct MemoryRefusal: Error, Sendable, Hashable {
    public var rejection: Rejection

    public init(_ rejection: Rejection) { self.rejection = rejection }

    public init(_ cause: Rejection.Cause, _ constraint: String? = nil, _ message: String) {
        rejection = Rejection(cause: cause, constraint: constraint, message: message)
    }
}

/// Code that the store runs when records of an entity change, whoever changes them: what it does is the store's doing,
/// and travels back to the engine although the engine's own write set it off.
public struct MemoryTrigger: Sendable {
    public enum Timing: Sendable, Hashable {
        /// May change ``MemoryTriggerScope/new`` before it is stored.
        case before
        /// May run further statements.
        case after
    }

    public var name: String
    public var entity: String
    public var timing: Timing
    public var operations: Set<Operation>
    /// Refuses the record by throwing ``MemoryRefusal``.
    public var body: @Sendable (inout MemoryTriggerScope) throws(MemoryRefusal) -> Void

    public init(
        _ name: String, on entity: String, _ timing: Timing, _ operations: Set<Operation>,
        body: @escaping @Sendable (inout MemoryTriggerScope) throws(MemoryRefusal) -> Void
    ) {
        self.name = name
        self.entity = entity
        self.timing = timing
        self.operations = operations
        self.body = body
    }
}

/// What a trigger sees and may do.
public struct MemoryTriggerScope: Sendable {
    public let operation: Operation
    /// The record before; nil for inserts.
    public let old: [String: Value]?
    /// The record after; nil for deletes. Changes to it count in triggers that run before.
    public var new: [String: Value]?
    /// Statements to run next, in order; from triggers that run after.
    public var followUps: [MemoryStatement] = []
    let database: MemoryDatabase

    init(operation: Operation, old: [String: Value]?, new: [String: Value]?, database: MemoryDatabase) {
        self.operation = operation
        self.old = old
        self.new = new
        self.database = database
    }

    /// The record of an entity that agrees in these fields, as the running transaction sees it.
    public func record(_ entity: String, key: [String: Value]) -> [String: Value]? {
        guard let table = database.tables[entity], let id = table.find(key) else { return nil }
        return table.record(id)
    }
}
