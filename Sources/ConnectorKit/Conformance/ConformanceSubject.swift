public import LockstepModel

/// A store that the conformance checks run on. They make and empty a scratch entity, write to it, and install and
/// remove the capture: never give them a store whose capture is in use (they refuse one).
public struct ConformanceSubject: Sendable {
    /// What a user does to the scratch entity, in the user's own words to the store: not through the connector.
    public enum Statement: Sendable {
        /// Fields left out are left out of the statement.
        case insert([String: Value])
        case update(id: Int64, set: [String: Value])
        case delete(id: Int64)
    }

    /// How a user's transaction ends.
    public enum Ending: Sendable { case commit, rollback }

    /// As mapping files name it.
    public var entity: String
    /// The types that the scratch entity has a field for.
    public var types: [ValueType]
    /// What must come back exactly, by type; types left out are not checked.
    public var values: [ValueType: [Value]]
    /// A new connector on the store; each is closed by the checks.
    public var connect: @Sendable () async throws -> any Connector
    /// Makes the scratch entity anew and empty, as ``ConformanceScratch`` says.
    public var prepare: @Sendable () async throws -> Void
    /// A user's transaction.
    public var foreign: @Sendable ([Statement], Ending) async throws -> Void
    /// Everything in the store that a person can see (schema and records), as text.
    public var fingerprint: @Sendable () async throws -> String

    public init(
        entity: String, types: [ValueType], values: [ValueType: [Value]],
        connect: @escaping @Sendable () async throws -> any Connector,
        prepare: @escaping @Sendable () async throws -> Void,
        foreign: @escaping @Sendable ([Statement], Ending) async throws -> Void,
        fingerprint: @escaping @Sendable () async throws -> String
    ) {
        self.entity = entity
        self.types = types
        self.values = values
        self.connect = connect
        self.prepare = prepare
        self.foreign = foreign
        self.fingerprint = fingerprint
    }
}

/// What the scratch entity looks like.
public enum ConformanceScratch {
    /// The primary key: a 64-bit integer.
    public static let id = "id"
    /// A nullable text with a unique key of its own, whose order is that of its bytes.
    public static let code = "code"
    /// A text that may not be null, without a default.
    public static let note = "note"

    /// A nullable field of each type, without limits where the store allows that.
    public static func field(_ type: ValueType) -> String { "value_\(type.name)" }

    /// The scratch entity as neutral types; `nativeType` is the neutral type's name.
    public static func description(_ entity: String, types: [ValueType]) -> EntityDescription {
        var fields = [
            FieldDescription(name: id, type: .int64, nativeType: "int64", isNullable: false, integerBits: 64),
            FieldDescription(name: code, type: .text, nativeType: "text"),
            FieldDescription(name: note, type: .text, nativeType: "text", isNullable: false),
        ]
        fields += types.map { FieldDescription(name: field($0), type: $0, nativeType: $0.name) }
        return EntityDescription(
            name: entity, fields: fields,
            keys: [
                KeyDescription(name: "scratch_id", fields: [id], isPrimary: true),
                KeyDescription(name: "scratch_code", fields: [code], isPrimary: false),
            ])
    }
}
