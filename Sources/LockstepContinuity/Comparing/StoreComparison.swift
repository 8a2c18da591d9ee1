/// How two states of a store, A and B, differ.
public struct StoreComparison: Sendable, Hashable, Encodable {
    public var store: String
    public var entities: [EntityComparison]
    /// What limits what the comparison says.
    public var notes: [String]

    public var isEqual: Bool { entities.allSatisfy(\.isEqual) }
}

/// How two states of an entity differ.
public struct EntityComparison: Sendable, Hashable, Encodable {
    public enum Presence: String, Sendable, Hashable, Encodable { case both, onlyInA, onlyInB }

    public var name: String
    /// Which side has the entity at all.
    public var presence: Presence
    /// The fields that tell its records apart; empty where whole records are compared, each as often as it stands there.
    public var key: [String]
    public var onlyInA: Int64 = 0
    public var onlyInB: Int64 = 0
    /// Records of the same key with other values.
    public var different: Int64 = 0
    public var equal: Int64 = 0
    /// Fields that the other side's entity does not have; they are not compared.
    public var fieldsOnlyInA: [String] = []
    public var fieldsOnlyInB: [String] = []
    /// Some of the records that differ, up to the number asked for of each kind.
    public var samples: [RecordDifference] = []

    init(name: String, presence: Presence, key: [String]) {
        self.name = name
        self.presence = presence
        self.key = key
    }

    public var isEqual: Bool {
        presence == .both && onlyInA + onlyInB + different == 0 && fieldsOnlyInA.isEmpty && fieldsOnlyInB.isEmpty
    }
}

/// A record that is not the same on both sides.
public struct RecordDifference: Sendable, Hashable, Encodable {
    public enum Kind: String, Sendable, Hashable, Encodable { case onlyInA, onlyInB, different }

    /// A field's value as the archive spells it; nil for null.
    public struct Cell: Sendable, Hashable, Encodable {
        public var text: String?

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            if let text { try container.encode(text) } else { try container.encodeNil() }
        }
    }

    public struct Field: Sendable, Hashable, Encodable {
        public var name: String
        /// Nil where A does not have the record, or values were not asked for.
        public var a: Cell?
        public var b: Cell?
    }

    public var kind: Kind
    /// The key's fields with their values; none where the entity has no key.
    public var key: [Field]
    /// The fields that differ; of a record on one side alone, all, and only where values were asked for.
    public var fields: [Field]
}
