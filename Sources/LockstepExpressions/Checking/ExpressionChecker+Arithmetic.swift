import LockstepModel

extension ExpressionChecker {
    mutating func negation(_ operand: SyntaxNode) -> TypedNode? {
        guard let typed = check(operand) else { return nil }
        if typed.type == .null { return typed }
        if typed.type == .duration { return .duration(.sub, .constant(.duration(0), .duration), typed) }
        guard case .value(let type) = typed.type, typed.type.isNumber else {
            return refuse(.type, operand, "'-' needs a number, not \(typed.type.name)")
        }
        return .negate(typed, type)
    }

    mutating func addition(
        _ sign: BinaryOperator, _ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode
    ) -> TypedNode? {
        // Whether a null beside a time is a time or a duration, the answer is null.
        if left.type == .null, right.type.isPointInTime || right.type == .duration { return left }
        if right.type == .null, left.type.isPointInTime || left.type == .duration { return right }
        if left.type == .duration, right.type == .duration {
            return .duration(sign == .add ? .add : .sub, left, right)
        }
        if right.type == .duration { return shift(left, by: right, backwards: sign == .sub, node) }
        if left.type == .duration, sign == .add { return shift(right, by: left, backwards: false, node) }
        if sign == .sub, left.type.isPointInTime, right.type.isPointInTime {
            guard let common = TypeRules.common(left.type, right.type) else {
                return refuse(
                    .type, node, "there is no duration between \(left.type.name) and \(right.type.name)",
                    hint: TypeRules.comparisonHint(left.type, right.type))
            }
            return .duration(.between, TypeRules.widen(left, to: common), TypeRules.widen(right, to: common))
        }
        return arithmetic(sign == .add ? .add : .sub, left, right, node)
    }

    private mutating func shift(
        _ time: TypedNode, by duration: TypedNode, backwards: Bool, _ node: SyntaxNode
    ) -> TypedNode? {
        guard time.type.isPointInTime, case .value(let type) = time.type else {
            return refuse(
                .type, node,
                "a duration can only be added to a date, a timestamp or another duration, not \(time.type.name)")
        }
        return .shift(time, duration, type, backwards: backwards)
    }

    /// A duration times a number, whichever comes first, or by a number; nil where neither is a duration.
    mutating func scaled(
        _ operation: DurationOperation, _ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode
    ) -> TypedNode?? {
        guard left.type == .duration || right.type == .duration else { return nil }
        let (duration, number) = left.type == .duration || operation == .div ? (left, right) : (right, left)
        if number.type == .null { return .some(.constant(.null, .duration)) }
        guard duration.type == .duration, number.type.isNumber else {
            refuse(
                .type, node,
                operation == .div
                    ? "a duration can be divided by a number, nothing by a duration"
                    : "a duration can be multiplied with a number, not with \(number.type.name)",
                hint: "totalseconds(…) makes a number of a duration")
            return .some(nil)
        }
        let type: StaticType = number.type == .value(.float64) ? number.type : .value(.decimal)
        return .some(.duration(operation, duration, TypeRules.widen(number, to: type)))
    }

    mutating func arithmetic(
        _ operation: Arithmetic, _ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode
    ) -> TypedNode? {
        guard let common = numbers(left, right, node) else { return nil }
        guard case .value(let type) = common else { return .constant(.null, .null) }
        return .arithmetic(operation, TypeRules.widen(left, to: common), TypeRules.widen(right, to: common), type)
    }

    /// `div` of integers truncates toward zero; `divby` never does, so it makes decimals of integers.
    mutating func division(
        _ sign: BinaryOperator, _ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode
    ) -> TypedNode? {
        if let scaled = scaled(.div, left, right, node) { return scaled }
        guard var common = numbers(left, right, node) else { return nil }
        if sign == .divby, common == .value(.int64) { common = .value(.decimal) }
        guard case .value(let type) = common else { return .constant(.null, .null) }
        return .arithmetic(.div, TypeRules.widen(left, to: common), TypeRules.widen(right, to: common), type)
    }

    mutating func remainder(_ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode) -> TypedNode? {
        arithmetic(.mod, left, right, node)
    }

    /// The type that two numbers are computed in; `.null` where both are null.
    private mutating func numbers(_ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode) -> StaticType? {
        for operand in [left, right] where !operand.type.isNumber && operand.type != .null {
            let hint = operand.type == .value(.text) ? "join text with concat(a,b)" : ""
            refuse(.type, node, "arithmetic needs numbers, not \(operand.type.name)", hint: hint)
            return nil
        }
        return TypeRules.common(left.type, right.type)
    }

    /// Casts that have one exact meaning; what does not fit the target exactly yields null.
    mutating func cast(_ operand: SyntaxNode, to name: String, _ node: SyntaxNode) -> TypedNode? {
        guard let (typed, target) = castable(operand, to: name, node) else { return nil }
        if typed.type == .null { return .constant(.null, target.type) }
        return typed.type == target.type && target.isWhole ? typed : .cast(typed, target)
    }

    mutating func isOf(_ operand: SyntaxNode, _ name: String, _ node: SyntaxNode) -> TypedNode? {
        guard let (typed, target) = castable(operand, to: name, node) else { return nil }
        guard typed.type == target.type, target.isWhole else { return .isOf(typed, target) }
        let isThere = TypedNode.compare(.ne, typed, .constant(.null, .null))
        return .choose([(condition: isThere, value: .constant(.bool(true), .value(.bool)))], .value(.bool))
    }

    private mutating func castable(
        _ operand: SyntaxNode, to name: String, _ node: SyntaxNode
    ) -> (node: TypedNode, target: CastTarget)? {
        let typed = check(operand)
        guard let target = CastTarget(name: name) else {
            let known = CastTarget.allCases.map(\.rawValue)
            let reason = CastTarget.refused[name.lowercased()]
            refuse(
                .unsupported, node, "cannot cast to '\(name)'\(reason.map { ": " + $0 } ?? "")",
                hint: reason != nil
                    ? "" : NearestName.hint(name, among: known, otherwise: "types are " + known.joined(separator: ", "))
            )
            return nil
        }
        guard let typed else { return nil }
        guard typed.type == .null || Conversion.canCast(typed.type, to: target) else {
            refuse(.type, node, "cannot cast \(typed.type.name) to \(target.rawValue)")
            return nil
        }
        return (typed, target)
    }
}
