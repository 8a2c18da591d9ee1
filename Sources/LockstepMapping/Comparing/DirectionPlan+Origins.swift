public import LockstepModel

/// Where what is written into a target field comes from.
public enum FieldOrigin: Sendable, Hashable {
    /// The source field's value, as it is or converted.
    case field(String)
    /// The source field's value, through a value map.
    case values(String)
    case constant
    /// An expression over these source fields.
    case expression([String])

    /// The source fields that it is made of.
    public var fields: [String] {
        switch self {
        case .field(let name), .values(let name): [name]
        case .constant: []
        case .expression(let names): names
        }
    }
}

extension DirectionPlan {
    /// - Parameter index: into ``targetFields``.
    public func origin(of index: Int) -> FieldOrigin {
        let step = steps[index]
        if case .constant = step.action { return .constant }
        if case .formula(let formula) = step.action { return .expression(formula.columns.map { sourceFields[$0] }) }
        if case .values = step.action { return .values(sourceFields[step.column]) }
        return .field(sourceFields[step.column])
    }

    /// What stands in a target field where the source has nothing; nil where nothing does.
    ///
    /// - Parameter index: into ``targetFields``.
    public func defaultValue(of index: Int) -> Value? { steps[index].defaultValue }
}
