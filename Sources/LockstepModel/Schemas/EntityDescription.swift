/// A field as its store describes it.
public struct FieldDescription: Sendable, Hashable, Codable {
    public var name: String
    public var type: ValueType
    /// The store's own name of the type, for messages and for statements (`varchar(40)`, `numeric(10,2)`).
    public var nativeType: String
    public var isNullable: Bool
    /// The store fills the field when an insert leaves it out.
    public var hasDefault: Bool
    /// The store computes the field (generated and always-identity columns): never written.
    public var isGenerated: Bool
    /// The largest text, in characters.
    public var maximumLength: Int?
    /// The largest number of significant digits of a decimal.
    public var precision: Int?
    /// The digits after the point that a decimal field keeps; nil where it keeps all.
    public var scale: Int?
    /// 16, 32 or 64 for integers; nil otherwise.
    public var integerBits: Int?
    /// 32 or 64 for floats; nil otherwise.
    public var floatBits: Int?
    /// False where the field cannot hold NaN (SQLite stores it as null).
    public var holdsNaN: Bool
    /// Significant digits that a decimal keeps where the store turns it into a double (SQLite's numeric affinity).
    public var exactDigits: Int?
    /// The labels of an enum, in order; nil where any text is allowed.
    public var labels: [String]?
    /// False where text may not hold the character U+0000 (PostgreSQL).
    public var holdsZeroCharacter: Bool
    /// Nil for fields of the store's own; a path to a field of a referred record otherwise.
    public var path: FieldPath?

    public init(
        name: String, type: ValueType, nativeType: String, isNullable: Bool = true, hasDefault: Bool = false,
        isGenerated: Bool = false, maximumLength: Int? = nil, precision: Int? = nil, scale: Int? = nil,
        integerBits: Int? = nil, floatBits: Int? = nil, holdsNaN: Bool = true, exactDigits: Int? = nil,
        labels: [String]? = nil, holdsZeroCharacter: Bool = true, path: FieldPath? = nil
    ) {
        self.name = name
        self.type = type
        self.nativeType = nativeType
        self.isNullable = isNullable
        self.hasDefault = hasDefault
        self.isGenerated = isGenerated
        self.maximumLength = maximumLength
        self.precision = precision
        self.scale = scale
        self.integerBits = integerBits
        self.floatBits = floatBits
        self.holdsNaN = holdsNaN
        self.exactDigits = exactDigits
        self.labels = labels
        self.holdsZeroCharacter = holdsZeroCharacter
        self.path = path
    }
}

/// A primary or unique key: no two records agree in all its fields (records with a null in it aside).
public struct KeyDescription: Sendable, Hashable, Codable {
    public var name: String
    public var fields: [String]
    public var isPrimary: Bool

    public init(name: String, fields: [String], isPrimary: Bool) {
        self.name = name
        self.fields = fields
        self.isPrimary = isPrimary
    }
}

/// A reference (foreign key) from fields of one entity to a key of another, or of itself.
public struct ReferenceDescription: Sendable, Hashable, Codable {
    public var fields: [String]
    public var targetEntity: String
    public var targetFields: [String]
    /// The store itself changes or deletes referring records when the referred one goes or changes.
    public var hasAction: Bool

    public init(fields: [String], targetEntity: String, targetFields: [String], hasAction: Bool) {
        self.fields = fields
        self.targetEntity = targetEntity
        self.targetFields = targetFields
        self.hasAction = hasAction
    }
}

/// A table, view, set or file of a store.
public struct EntityDescription: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable { case table, view }

    /// As mapping files name it: `customers`, or `sales.customers` outside the store's default schema.
    public var name: String
    public var kind: Kind
    public var fields: [FieldDescription]
    public var keys: [KeyDescription]
    public var references: [ReferenceDescription]
    /// The store's own estimate of how many records there are; nil where it has none.
    public var estimatedCount: Int64?

    public init(
        name: String, kind: Kind = .table, fields: [FieldDescription], keys: [KeyDescription] = [],
        references: [ReferenceDescription] = [], estimatedCount: Int64? = nil
    ) {
        self.name = name
        self.kind = kind
        self.fields = fields
        self.keys = keys
        self.references = references
        self.estimatedCount = estimatedCount
    }

    public func field(_ name: String) -> FieldDescription? { fields.first { $0.name == name } }

    /// Whether some key consists of exactly these fields, in any order.
    public func hasKey(_ fields: [String]) -> Bool { keys.contains { Set($0.fields) == Set(fields) } }
}

/// The entities of a store.
public struct StoreDescription: Sendable, Hashable, Codable {
    public var entities: [EntityDescription]

    public init(entities: [EntityDescription]) { self.entities = entities }

    public func entity(_ name: String) -> EntityDescription? { entities.first { $0.name == name } }
}
