public import LockstepModel

/// How records of one side become records of the other: filters, copies, conversions, value maps, constants, defaults
/// and expressions, applied batch by batch.
public struct DirectionPlan: Sendable {
    public let source: Side
    public let sourceEntity: String
    /// The fields that must be read of a source record, in the order that batches have them.
    public let sourceFields: [String]
    /// Indexes into `sourceFields`.
    public let sourceKey: [Int]
    /// Where `sourceFields` has the field that `newest` compares; nil for other rules.
    public let sourceStamp: Int?
    public let targetEntity: String
    /// The fields that are written, in the order that mapped batches have them.
    public let targetFields: [TargetField]
    /// Indexes into `targetFields`.
    public let targetKey: [Int]
    /// The fields to read of a target record: `targetFields` in order, then what its filter and `newest` need.
    public let targetReadFields: [String]
    /// Where `targetReadFields` has the field that `newest` compares; nil for other rules.
    public let targetStamp: Int?
    /// What becomes of a record that leaves the source's filter.
    public let leaveRule: LeaveRule

    /// One for each of `targetFields`.
    let steps: [Step]
    let shortcuts: [Step.Shortcut]
    /// The source's condition over `sourceFields`.
    let sourceFilter: Formula?
    /// The target's condition over `targetReadFields`.
    let targetFilter: Formula?
    /// Source batches are target batches as they are, as long as no cell needs a closer look.
    let isIdentity: Bool
}

/// A record that could not be mapped, and why. Never holds a field's value.
public struct MappingFailure: Sendable, Hashable {
    public var row: Int
    /// `LS-MAP-…`, as in the list of codes.
    public var code: String
    /// The source or target field that the failure is about.
    public var field: String
    public var message: String

    public init(row: Int, code: String, field: String, message: String) {
        self.row = row
        self.code = code
        self.field = field
        self.message = message
    }
}

/// What became of a batch of source changes: row for row the same count and order.
public struct MappedChanges: Sendable {
    /// Twice as wide as the plan's target fields: before, after. Rows without operation or with a failure are all null.
    public var rows: RowBatch
    /// Nil for changes that do not concern the target (outside the filter, or nothing mapped changed), and for failures.
    public var operations: [Operation?]
    /// Rows whose record is outside the filter and goes on being followed (`leave: keep`), in ascending order. Whether
    /// it was ever inside is not known here: where the target has no such record, there is nothing to do.
    public var followedOutside: [Int]
    /// In ascending order of rows; at most one a row.
    public var failures: [MappingFailure]
}

/// What became of a batch of source records: row for row the same count and order.
public struct MappedRecords: Sendable {
    /// As wide as the plan's target fields. Rows outside the filter or with a failure are all null.
    public var rows: RowBatch
    /// Whether the record is inside the source's filter.
    public var isIncluded: [Bool]
    public var failures: [MappingFailure]
}
