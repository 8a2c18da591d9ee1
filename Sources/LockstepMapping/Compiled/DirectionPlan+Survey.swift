public import LockstepModel

/// A source field with a value map: which of its values the map does not list.
public struct ValueMapColumn: Sendable {
    /// The source field.
    public let field: String
    /// Its place among the plan's source fields.
    public let column: Int
    /// What becomes of a value that is not listed.
    public let unmapped: PairDefinition.Unmapped
    let values: ValueMap
    let step: Step

    /// Whether the map lists a value; null, and what stands for it, needs no line of its own.
    public func lists(_ cell: Cell, in batch: RowBatch) -> Bool { step.lists(cell, in: batch, values) }
}

extension DirectionPlan {
    /// Whether records of the source may be outside the map's filter.
    public var hasSourceFilter: Bool { sourceFilter != nil }

    /// The source fields that go through a value map.
    public var valueMapColumns: [ValueMapColumn] {
        steps.compactMap { step in
            guard case .values(let map, let unmapped) = step.action else { return nil }
            return ValueMapColumn(
                field: sourceFields[step.column], column: step.column, unmapped: unmapped, values: map,
                step: step)
        }
    }
}
