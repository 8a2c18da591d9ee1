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
    /// Nil for changes that do not concern the target (outside the filter, or nothing mapped changed).
    public var operations: [Operation?]
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

extension DirectionPlan {
    /// Maps source records (as wide as `sourceFields`).
    public func map(records: RowBatch) -> MappedRecords {
        preconditionFailure("replaced")
    }

    /// Maps changes (twice as wide as `sourceFields`), seeing to records that enter or leave the filter.
    ///
    /// An insert is a change into the filter, also when the record existed before; a record that leaves the filter is
    /// deleted, dropped or followed on as the map's `leave` says. `unchanged` cells in the image after are read as the
    /// value of the image before.
    public func map(rows: RowBatch, operations: [Operation]) -> MappedChanges {
        preconditionFailure("replaced")
    }

    /// The source's filter in a store's own language; nil where there is none.
    public func sourcePredicate(_ dialect: Dialect) -> Predicate? {
        preconditionFailure("replaced")
    }

    /// Which of these target records (as wide as `targetReadFields`) are inside the target's filter.
    public func targetIncludes(_ records: RowBatch) -> [Bool] {
        preconditionFailure("replaced")
    }
}
