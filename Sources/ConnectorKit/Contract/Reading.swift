public import LockstepModel

/// What a snapshot is for.
public struct SnapshotRequest: Sendable, Hashable {
    public enum Purpose: Sendable, Hashable {
        /// Only to be read (plans): works without capture; the position may then be ``Position/start``.
        case read
        /// Changes will be read from its position.
        case follow
    }
    public var purpose: Purpose

    public init(purpose: Purpose) { self.purpose = purpose }
}

/// A store at one point in time.
public protocol Snapshot: Sendable {
    /// Changes after this position are exactly those that the snapshot does not show.
    var position: Position { get }

    /// Reads one entity. Readers of one snapshot may be open side by side.
    func read(_ request: ReadRequest) async throws -> any BatchReader

    /// Callable twice, never throws.
    func close() async
}

/// What to read of an entity.
public struct ReadRequest: Sendable {
    public enum Order: Sendable, Hashable {
        /// As the store delivers fastest.
        case fastest
        /// Ascending by these fields in the order of ``KeyEncoder``: numbers as numbers, text by its UTF-8 bytes.
        case byKey([String])
    }
    public var entity: String
    public var fields: [String]
    public var predicate: Predicate?
    /// Only records with one of these keys, a batch at most; nil for all.
    public var keys: KeySelection?
    public var order: Order
    public var limits: BatchLimits

    public init(
        entity: String, fields: [String], predicate: Predicate? = nil, keys: KeySelection? = nil,
        order: Order = .fastest, limits: BatchLimits = .standard
    ) {
        self.entity = entity
        self.fields = fields
        self.predicate = predicate
        self.keys = keys
        self.order = order
        self.limits = limits
    }
}

/// Batches of rows, until nil.
public protocol BatchReader: Sendable {
    /// The next batch, never empty; nil at the end. Field order is that of the request.
    func next() async throws -> RowBatch?

    /// Ends the reading early. Callable twice, never throws.
    func close() async
}

/// Which current records to read.
public struct QueryRequest: Sendable {
    public var entity: String
    public var fields: [String]
    public var predicate: Predicate?
    /// Only records with one of these keys: the key's fields, and a row for each key.
    public var keys: KeySelection?
    /// Ascending by these fields, as ``ReadRequest/Order-swift.enum/byKey(_:)``; unordered when empty.
    public var orderBy: [String]
    public var limit: Int?

    public init(
        entity: String, fields: [String], predicate: Predicate? = nil, keys: KeySelection? = nil,
        orderBy: [String] = [], limit: Int? = nil
    ) {
        self.entity = entity
        self.fields = fields
        self.predicate = predicate
        self.keys = keys
        self.orderBy = orderBy
        self.limit = limit
    }
}

/// Some keys of an entity.
public struct KeySelection: Sendable {
    public var fields: [String]
    /// As wide as `fields`.
    public var rows: RowBatch

    public init(fields: [String], rows: RowBatch) {
        self.fields = fields
        self.rows = rows
    }
}

/// What to count.
public struct CountRequest: Sendable, Hashable {
    public var entity: String
    public var predicate: Predicate?

    public init(entity: String, predicate: Predicate? = nil) {
        self.entity = entity
        self.predicate = predicate
    }
}

/// Which changes to read.
public struct ChangesRequest: Sendable, Hashable {
    /// With the fields wanted of each, in the order wanted.
    public var entities: [String: [String]]
    public var after: Position
    /// Only transactions at or before this position; nil for all.
    public var upTo: Position?
    /// A chunk holds some 8,192 changes at most unless told otherwise; larger transactions come in several chunks.
    public var limits: BatchLimits

    public init(
        entities: [String: [String]], after: Position, upTo: Position? = nil, limits: BatchLimits = .load
    ) {
        self.entities = entities
        self.after = after
        self.upTo = upTo
        self.limits = limits
    }
}

/// Changes, chunk by chunk.
public protocol ChangeReader: Sendable {
    /// The next chunk, or nil when everything that was committed before this call has been delivered. After nil it may
    /// be called again and goes on with what came since.
    func next() async throws -> ChangeChunk?

    /// The position up to which nothing more will come, once ``next()`` has returned nil: at or after the last chunk's.
    var quietPosition: Position { get async }

    /// Callable twice, never throws.
    func close() async
}
