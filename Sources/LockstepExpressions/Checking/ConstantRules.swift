import LockstepModel

/// Operations that a constant operand decides alone. The other operand is then never computed, so it cannot fail: the same
/// here and in a store.
enum ConstantRules {
    /// The constant that the node is, or a simpler node; nil where nothing is decided.
    static func decided(_ node: TypedNode) -> TypedNode? {
        switch node {
        case .compare(let comparison, let left, let right): compared(comparison, left, right)
        case .isIn(let operand, let members): membership(operand, members)
        case .arithmetic(_, let left, let right, _), .shift(let left, let right, _, _):
            isNull(left) || isNull(right) ? .constant(.null, node.type) : nil
        case .call(_, let arguments, _): arguments.contains(where: isNull) ? .constant(.null, node.type) : nil
        case .duration(_, let left, let right):
            isNull(left) || isNull(right) ? .constant(.null, .duration) : nil
        case .widen(let operand, _), .negate(let operand, _), .cast(let operand, _), .isOf(let operand, _),
            .matches(let operand, _):
            isNull(operand) ? .constant(.null, node.type) : nil
        case .constant, .field, .all, .any, .not, .choose: nil
        }
    }

    private static func compared(_ comparison: Comparison, _ left: TypedNode, _ right: TypedNode) -> TypedNode? {
        if isNotANumber(left) || isNotANumber(right) { return .constant(.bool(comparison == .ne), .value(.bool)) }
        let isOrder = comparison != .eq && comparison != .ne
        return isOrder && (isNull(left) || isNull(right)) ? .constant(.bool(false), .value(.bool)) : nil
    }

    private static func membership(_ operand: TypedNode, _ members: [TypedNode]) -> TypedNode? {
        let possible = members.filter { !isNotANumber($0) }
        if isNotANumber(operand) || possible.isEmpty { return .constant(.bool(false), .value(.bool)) }
        return possible.count < members.count ? .isIn(operand, possible) : nil
    }

    private static func isNull(_ node: TypedNode) -> Bool { node.constant?.isNull ?? false }

    private static func isNotANumber(_ node: TypedNode) -> Bool {
        switch node.constant {
        case .float64(let value): value.isNaN
        case .decimal(let number): number.isNotANumber
        default: false
        }
    }
}
