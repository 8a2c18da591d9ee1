/// What a change does to a record.
public enum Operation: UInt8, Sendable, Hashable, Codable {
    case insert = 1
    case update
    case delete
    /// The whole entity was emptied by one statement; its row is all null.
    case truncate
}

/// The changes of one entity within a chunk.
public struct EntityChanges: Sendable {
    public var entity: String
    public var fields: [String]
    /// Twice as wide as `fields`: the image before (all null for inserts), then the image after (all null for deletes).
    /// A cell ``Cell/Kind/unchanged`` in the image after stands for the value of the image before.
    public var rows: RowBatch
    /// One a row.
    public var operations: [Operation]
    /// One a row: its place among all changes of the chunk, counted from 0, in commit order.
    public var ordinals: [UInt32]

    public init(entity: String, fields: [String]) {
        self.entity = entity
        self.fields = fields
        rows = RowBatch(columnCount: max(1, fields.count * 2))
        operations = []
        ordinals = []
    }
}

/// A run of changes in commit order: several whole transactions, or a piece of one that is larger than a chunk.
public struct ChangeChunk: Sendable {
    /// Each entity at most once.
    public var entities: [EntityChanges]
    /// Where the last transaction of the chunk ends; nil while a transaction goes on in the next chunk.
    public var position: Position?
    /// Transactions that end in this chunk; a store may show several that followed each other as one.
    public var transactionCount: Int

    public init(entities: [EntityChanges], position: Position?, transactionCount: Int) {
        self.entities = entities
        self.position = position
        self.transactionCount = transactionCount
    }

    public var changeCount: Int { entities.reduce(0) { $0 + $1.operations.count } }
}
