public import LockstepModel

/// What a transaction did to one record of a ``MemoryStore``.
public struct MemoryChange: Sendable {
    public enum Maker: Sendable, Hashable {
        /// Who opened the transaction asked for it.
        case writer
        /// A trigger, a default or a delete action of the store made it.
        case store
    }

    public var entity: String
    public var operation: Operation
    /// All fields of the record, in the order of its description.
    public var before: [Value]?
    public var after: [Value]?
    public var maker: Maker
}

/// A transaction in the history of a ``MemoryStore``.
public struct CommittedTransaction: Sendable {
    public enum Origin: Sendable, Hashable {
        case user
        /// A write session of the engine, on this lane.
        case engine(lane: String)
    }

    public var position: Position
    public var origin: Origin
    public var changes: [MemoryChange]
    /// The entities that were captured when it was committed; changes of others were not kept.
    var capturedEntities: Set<String> = []

    init(position: Position, origin: Origin, steps: [MemoryTransaction.Step]) {
        self.position = position
        self.origin = origin
        changes = steps.flatMap { Self.changes($0, origin) }
    }

    /// The changes that change readers show: a user's all, of the engine's own only what the store made of them.
    public var visibleChanges: [MemoryChange] {
        switch origin {
        case .user: changes
        case .engine: changes.filter { $0.maker == .store }
        }
    }

    /// Gives the images of one entity other fields.
    mutating func translate(_ entity: String, _ translation: ([Value]) -> [Value]) {
        for index in changes.indices where changes[index].entity == entity {
            changes[index].before = changes[index].before.map(translation)
            changes[index].after = changes[index].after.map(translation)
        }
    }

    private static func changes(_ step: MemoryTransaction.Step, _ origin: Origin) -> [MemoryChange] {
        switch step.truncation {
        case .none: break
        case .rest: return []
        case .first:
            return [
                MemoryChange(entity: step.entity, operation: .truncate, before: nil, after: nil, maker: step.maker)
            ]
        }
        let whole = MemoryChange(
            entity: step.entity, operation: operation(step.before, step.after), before: step.before, after: step.after,
            maker: step.maker)
        guard origin != .user, step.maker == .writer, let written = step.written, let after = step.after,
            !MemoryValueRules.agree(written, after)
        else { return [whole] }
        // The engine asked for one thing and the store made another of it: the difference is the store's own change.
        var asked = whole
        asked.after = written
        return [
            asked,
            MemoryChange(entity: step.entity, operation: .update, before: written, after: after, maker: .store),
        ]
    }

    private static func operation(_ before: [Value]?, _ after: [Value]?) -> Operation {
        if before == nil { return .insert }
        return after == nil ? .delete : .update
    }
}
