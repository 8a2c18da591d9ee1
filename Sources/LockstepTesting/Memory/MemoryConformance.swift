public import ConnectorKit
public import LockstepModel

/// The conformance checks' scratch entity in a ``MemoryStore``.
public enum MemoryConformance {
    public static let entity = "scratch"

    /// A subject on a store.
    ///
    /// - Parameter wrap: puts a decorator around each connector; the store's own connector otherwise.
    public static func subject(
        _ store: MemoryStore = MemoryStore(), types: [ValueType] = ValueType.allCases,
        wrap: @escaping @Sendable (MemoryConnector) -> any Connector = { $0 }
    ) -> ConformanceSubject {
        var values: [ValueType: [Value]] = [:]
        for type in types { values[type] = ValueGenerator.extremes(type) }
        return ConformanceSubject(
            entity: entity, types: types, values: values,
            connect: { wrap(MemoryConnector(store)) },
            prepare: { store.create(MemoryEntity(ConformanceScratch.description(entity, types: types))) },
            foreign: { statements, ending in
                do {
                    try store.transaction { transaction in
                        for statement in statements { try transaction.execute(translate(statement)) }
                        if ending == .rollback { throw RolledBack() }
                    }
                } catch is RolledBack {}
            },
            fingerprint: { store.fingerprint })
    }

    private struct RolledBack: Error {}

    private static func translate(_ statement: ConformanceSubject.Statement) -> MemoryStatement {
        switch statement {
        case .insert(let record): .insert(entity, record)
        case .update(let id, let set): .update(entity, key: [ConformanceScratch.id: .int64(id)], set: set)
        case .delete(let id): .delete(entity, key: [ConformanceScratch.id: .int64(id)])
        }
    }
}
