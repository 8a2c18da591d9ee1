import LockstepModel

/// Which types go together, and as what.
enum TypeRules {
    /// The type that both become; nil where they do not go together.
    static func common(_ left: StaticType, _ right: StaticType) -> StaticType? {
        if left == right || right == .null { return left }
        if left == .null { return right }
        guard case .value(let leftType) = left, case .value(let rightType) = right else { return nil }
        switch (leftType, rightType) {
        case (.int64, .decimal), (.decimal, .int64): return .value(.decimal)
        case (.int64, .float64), (.float64, .int64), (.decimal, .float64), (.float64, .decimal):
            return .value(.float64)
        case (.date, .timestamp), (.timestamp, .date): return .value(.timestamp)
        default: return nil
        }
    }

    /// The node as that type: constants are converted at once.
    static func widen(_ node: TypedNode, to type: StaticType) -> TypedNode {
        guard case .value(let target) = type, node.type != type, node.type != .null else { return node }
        if let constant = node.constant { return .constant(Conversion.widen(constant, to: target), type) }
        return .widen(node, target)
    }

    static func comparisonHint(_ left: StaticType, _ right: StaticType) -> String {
        let types = [left, right]
        func has(_ type: ValueType) -> Bool { types.contains(.value(type)) }
        if has(.text) {
            if types.contains(where: \.isNumber) { return "numbers stand without quotes" }
            if has(.date) || has(.timestamp) || has(.instant) || has(.time) {
                return "dates and times stand without quotes, as in 2026-01-31 or 2026-01-31T08:00:00Z"
            }
            if has(.bool) { return "true and false stand without quotes" }
            if has(.uuid) { return "a uuid stands without quotes" }
        }
        if has(.instant), has(.timestamp) { return "a field with a zone needs a literal with one ('Z'), others none" }
        if has(.instant), has(.date) { return "write the point in time, as in 2026-01-31T00:00:00Z" }
        return ""
    }
}
