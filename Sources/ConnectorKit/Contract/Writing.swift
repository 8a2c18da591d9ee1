public import LockstepModel

/// What a write session is for.
public struct WriteSessionRequest: Sendable, Hashable {
    /// The stream whose checkpoint the session's commits store: one row of its own in the store.
    public var lane: String
    /// By entity: the fields that somebody reads of it. Where the store fills others by itself (defaults, keys that it
    /// makes), nobody has to be told. Nil where nobody knows: then all are told.
    public var observed: [String: Set<String>]?

    public init(lane: String, observed: [String: Set<String>]? = nil) {
        self.lane = lane
        self.observed = observed
    }
}

/// One writer on a store, a transaction after another. The first ``apply(_:)`` or ``mark()`` begins a transaction.
public protocol WriteSession: Sendable {
    /// Applies a batch, record by record as far as outcomes go, set by set as far as speed goes. A record that cannot
    /// be applied is reported, changes nothing, and does not stop the others.
    ///
    /// - Throws: ``ConnectorError`` where the transaction as a whole cannot go on; it is then rolled back.
    func apply(_ batch: WriteBatch) async throws -> WriteResult

    /// Reads current records by key as the session's own transaction sees them, its writes included; where none is open,
    /// as they are committed, and none is begun.
    ///
    /// - Throws: ``ConnectorError``; an open transaction is then rolled back.
    func lookUp(_ request: LookUpRequest) async throws -> RowBatch

    /// Sets a mark inside the transaction, which ``revert()`` goes back to. One at a time; a new one replaces the old.
    func mark() async throws

    /// Undoes everything since ``mark()``.
    func revert() async throws

    /// Commits, and stores the checkpoint in the same transaction; nil leaves the lane's checkpoint as it is. Without a
    /// transaction it begins one if there is a checkpoint to store, and otherwise does nothing.
    func commit(_ checkpoint: Position?) async throws

    /// Gives the transaction up. Never throws.
    func rollback() async

    /// Rolls back what is open and ends the session. Callable twice, never throws.
    func close() async
}

/// Which records a write session looks up.
public struct LookUpRequest: Sendable {
    public var entity: String
    public var fields: [String]
    /// At most a batch of keys, without nulls. A key that the store's fields cannot hold is no record's. The fields need
    /// not be a key of the store: several records may have one of the values.
    public var keys: KeySelection
    /// Records at most, in no order: where the answer has as many, there may be more.
    public var limit: Int

    /// Some batches' worth of records: enough for one or two to each key.
    public static let standardLimit = 32_768

    public init(
        entity: String, fields: [String], keys: KeySelection, limit: Int = LookUpRequest.standardLimit
    ) {
        self.entity = entity
        self.fields = fields
        self.keys = keys
        self.limit = limit
    }
}

/// Changes to apply to one entity. Each key occurs once.
///
/// Rows are as wide as twice `fields`: the image before, then the image after. What each operation means, given the
/// record that the store has now under the key of the image before (of the image after, for inserts):
///
/// - *insert*: no such record: it is inserted, without the fields whose cell is `unchanged` (the store's defaults fill
///   them). There is one, and it agrees in all given fields: nothing to do. It differs: conflict `exists`.
/// - *update*: only fields whose cells before and after differ count. The record holds the value before, or already the
///   value after, in each of them: those are written. Some field holds a third value: conflict `differs`, and nothing
///   of the record is written. No record: conflict `missing`. A key field that differs changes the key. A field whose
///   cell after is `unchanged` does not count; one whose cell before is `unchanged` is not sent otherwise.
/// - *delete*: no record: nothing to do. It agrees with all fields of the image before that are not `unchanged`: it is
///   deleted. It differs: conflict `differs`.
///
/// Values agree as the store's own types see it (`numeric` 1.50 and 1.5; `jsonb` whatever its spacing; what the column
/// rounds or pads), and nulls and NaNs agree with themselves.
public struct WriteBatch: Sendable {
    public var entity: String
    public var fields: [String]
    /// Which of `fields` are the key, as indexes.
    public var key: [Int]
    /// One a row; never `truncate`.
    public var operations: [Operation]
    public var rows: RowBatch
    /// The fields that a conflict reports of the record as it is now.
    public var readFields: [String]
    /// The entity is being filled: few or no records are expected to exist.
    public var isLoad: Bool
    /// The map that it is written for. For plans; stores have no use for it.
    public var map = ""

    public init(
        entity: String, fields: [String], key: [Int], operations: [Operation], rows: RowBatch, readFields: [String],
        isLoad: Bool = false, map: String = ""
    ) {
        self.entity = entity
        self.fields = fields
        self.key = key
        self.operations = operations
        self.rows = rows
        self.readFields = readFields
        self.isLoad = isLoad
        self.map = map
    }
}

/// What became of a batch: every row that is not named was applied.
public struct WriteResult: Sendable {
    /// Rows that changed a record; the others were already as wanted, or are exceptions.
    public var changedCount: Int
    /// In ascending order of rows.
    public var exceptions: [WriteException]
    /// The records as they are now that conflicts refer to, with the batch's `readFields`.
    public var current: RowBatch

    public init(changedCount: Int, exceptions: [WriteException], current: RowBatch) {
        self.changedCount = changedCount
        self.exceptions = exceptions
        self.current = current
    }
}

/// A row that was not applied.
public struct WriteException: Sendable, Hashable {
    public var row: Int
    public var outcome: Outcome

    public enum Outcome: Sendable, Hashable {
        /// The record exists already (insert) with other values; the index of its row in ``WriteResult/current``.
        case exists(current: Int)
        /// The record holds a third value (update), or was changed since (delete).
        case differs(current: Int)
        /// There is no record to update.
        case missing
        /// The store refuses the record.
        case rejected(Rejection)
    }

    public init(row: Int, outcome: Outcome) {
        self.row = row
        self.outcome = outcome
    }
}

/// Why a store refused a record. Data, not an error: the record is parked and the rest goes on.
public struct Rejection: Sendable, Hashable {
    /// What kind of rule refused it; decides whether waiting can help.
    public enum Cause: String, Sendable, Hashable, Codable, CaseIterable {
        /// Another record has the value of a unique key. May heal.
        case uniqueKey
        /// The record that it refers to is not there, or records still refer to the one deleted. May heal.
        case reference
        case notNull
        /// A check constraint, or a trigger that raised.
        case check
        /// The value does not fit the field: too long, too large, too precise.
        case outOfRange
        /// The field's type cannot hold the value at all.
        case wrongType
        case readOnly
        case other
    }
    public var cause: Cause
    /// The constraint or field, where the store names one.
    public var constraint: String?
    /// For people; never holds a field's value.
    public var message: String

    public init(cause: Cause, constraint: String? = nil, message: String) {
        self.cause = cause
        self.constraint = constraint
        self.message = message
    }
}
