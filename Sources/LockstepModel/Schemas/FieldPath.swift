/// A field that is reached through references: `transactioncurrencyid.isocurrencycode` is the code of the currency that a
/// record refers to.
///
/// To whoever reads and writes records a path is a field like any other, named ``name`` and typed as its last field.
/// Reading follows the references from the record; writing looks up the one referred record that has the value, and
/// writes the fields that refer to it.
public struct FieldPath: Sendable, Hashable, Codable {
    /// One step from an entity to the one it refers to.
    public struct Hop: Sendable, Hashable, Codable {
        /// The fields that refer, in the entity where the step begins.
        public var fields: [String]
        /// The entity that is referred to.
        public var entity: String
        /// A key of that entity, as wide as ``fields``: what they hold.
        public var targetFields: [String]
        /// Fields that a record has in common with the one it refers to: what is unique only among those (a group's number
        /// within its company) is looked up among them.
        public var shared: [SharedField]

        public init(fields: [String], entity: String, targetFields: [String], shared: [SharedField] = []) {
            self.fields = fields
            self.entity = entity
            self.targetFields = targetFields
            self.shared = shared
        }
    }

    /// A field of a record, and the field of the record it refers to that holds the same.
    public struct SharedField: Sendable, Hashable, Codable {
        public var own: String
        public var referred: String

        public init(own: String, referred: String) {
            self.own = own
            self.referred = referred
        }
    }

    /// As mapping files write it.
    public var name: String
    /// At least one.
    public var hops: [Hop]
    /// The field of the last hop's entity that the path stands for.
    public var field: String

    public init(name: String, hops: [Hop], field: String) {
        precondition(!hops.isEmpty, "a path goes through at least one reference")
        self.name = name
        self.hops = hops
        self.field = field
    }

    /// Paths with an equal root lead to one and the same record, and are looked up together when written.
    public var root: Hop { hops[0] }
}
