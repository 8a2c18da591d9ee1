import Foundation
public import LockstepModel

/// The schemas that a map was last accepted for: by a person, or by its first sync.
public struct AcceptedSchema: Sendable, Hashable {
    /// By side.
    public var entities: [AcceptedEntity]
    /// Who accepted them.
    public var actor: String
    /// When, as ISO 8601 in UTC.
    public var time: String

    public init(entities: [AcceptedEntity], actor: String, time: String) {
        self.entities = entities
        self.actor = actor
        self.time = time
    }
}

/// An entity as it was described when it was accepted: what a map can depend on.
public struct AcceptedEntity: Sendable, Hashable, Codable {
    public struct Field: Sendable, Hashable, Codable {
        public var name: String
        /// The store's own name of the type, with its length or precision.
        public var type: String
        /// The neutral type's name.
        public var kind: String
        public var isNullable: Bool
        public var hasDefault: Bool
        public var isGenerated: Bool
        /// Of an enum; nil for others.
        public var labels: [String]?
    }

    public var name: String
    public var fields: [Field]
    /// The fields of each primary or unique key.
    public var keys: [[String]]

    public init(_ entity: EntityDescription) {
        name = entity.name
        fields = entity.fields.map { field in
            Field(
                name: field.name, type: field.nativeType, kind: field.type.name, isNullable: field.isNullable,
                hasDefault: field.hasDefault, isGenerated: field.isGenerated, labels: field.labels)
        }
        keys = entity.keys.map(\.fields)
    }

    func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Nil for what an unknown version wrote: the map then counts as never accepted.
    static func decoded(_ text: String) -> AcceptedEntity? {
        try? JSONDecoder().decode(AcceptedEntity.self, from: Data(text.utf8))
    }
}
