/// What a store holds, or held: for comparing what was archived with what was restored.
public struct StoreContents: Sendable, Hashable {
    /// ``Capabilities/storeKind``.
    public var engine: String
    public var tables: [Table]
    /// Everything of the schema that is no table's: views, triggers, types, as lines in any order; nil where it is not
    /// known, or only some tables were asked for.
    public var schema: [String]?
    public var sequences: [Sequence]

    public struct Table: Sendable, Hashable {
        public var name: String
        /// One line a column, key, reference, index and check, in any order, spelled alike wherever it comes from.
        public var shape: [String]
        /// Names of its fields in order.
        public var fields: [String]
        /// Nil where it is not known.
        public var rows: Int64?
        /// Hash of all rows whatever their order, as 32 hexadecimal digits; nil where it is not known.
        public var hash: String?
        /// Why `hash` or `rows` is nil, or what they were computed from.
        public var note: String?

        public init(
            name: String, shape: [String], fields: [String], rows: Int64?, hash: String?, note: String? = nil
        ) {
            self.name = name
            self.shape = shape
            self.fields = fields
            self.rows = rows
            self.hash = hash
            self.note = note
        }
    }

    /// A sequence, or the counter of an AUTOINCREMENT table.
    public struct Sequence: Sendable, Hashable {
        public var name: String
        /// The value given out last.
        public var last: Int64
        /// The largest value in the column that it feeds; nil where it feeds none, or the column is empty.
        public var largest: Int64?

        public init(name: String, last: Int64, largest: Int64? = nil) {
            self.name = name
            self.last = last
            self.largest = largest
        }
    }

    public init(engine: String, tables: [Table], schema: [String]?, sequences: [Sequence]) {
        self.engine = engine
        self.tables = tables
        self.schema = schema
        self.sequences = sequences
    }

    public func table(_ name: String) -> Table? { tables.first { $0.name == name } }
}
