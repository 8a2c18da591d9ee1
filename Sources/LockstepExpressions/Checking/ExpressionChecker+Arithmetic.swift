import LockstepModel

extension ExpressionChecker {
    mutating func negation(_ operand: SyntaxNode) -> TypedNode? {
        guard let typed = check(operand) else { return nil }
        if typed.type == .null { return typed }
        guard case .value(let type) = typed.type, typed.type.isNumber else {
            return refuse(.type, operand, "'-' needs a number, not \(typed.type.name)")
        }
        return .negate(typed, type)
    }

    mutating func addition(
        _ sign: BinaryOperator, _ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode
    ) -> TypedNode? {
        if right.type == .duration || (left.type == .duration && sign == .add) {
            let (time, duration) = right.type == .duration ? (left, right) : (right, left)
            switch time.type {
            case .value(.timestamp), .value(.instant):
                let type: ValueType = time.type == .value(.instant) ? .instant : .timestamp
                return .shift(time, duration, type, backwards: sign == .sub)
            case .value(.date):
                return .shift(
                    TypeRules.widen(time, to: .value(.timestamp)), duration, .timestamp, backwards: sign == .sub)
            case .null: return .constant(.null, .null)
            case .duration, .value:
                return refuse(
                    .type, node, "a duration can only be added to a date or a time stamp, not \(time.type.name)")
            }
        }
        return arithmetic(sign == .add ? .add : .sub, left, right, node)
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
        guard var common = numbers(left, right, node) else { return nil }
        if sign == .divby, common == .value(.int64) { common = .value(.decimal) }
        guard case .value(let type) = common else { return .constant(.null, .null) }
        return .arithmetic(.div, TypeRules.widen(left, to: common), TypeRules.widen(right, to: common), type)
    }

    mutating func remainder(_ left: TypedNode, _ right: TypedNode, _ node: SyntaxNode) -> TypedNode? {
        guard let common = numbers(left, right, node) else { return nil }
        guard case .value(let type) = common else { return .constant(.null, .null) }
        guard type == .int64 else {
            return refuse(
                .unsupported, node, "'mod' is supported for integers only, not \(type.name)",
                hint: "use cast(…,Edm.Int64)")
        }
        return .arithmetic(.mod, left, right, .int64)
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

    /// Casts that have one exact meaning; a text that cannot be read as the target yields null.
    mutating func cast(_ operand: SyntaxNode, to name: String, _ node: SyntaxNode) -> TypedNode? {
        guard let typed = check(operand) else { return nil }
        guard let target = TypeRules.castTarget(name) else {
            let known = [
                "Edm.String", "Edm.Int64", "Edm.Decimal", "Edm.Double", "Edm.Boolean", "Edm.Date",
                "Edm.TimeOfDay", "Edm.DateTimeOffset", "Edm.Guid",
            ]
            return refuse(
                .unsupported, node, "cannot cast to '\(name)'",
                hint: NearestName.hint(name, among: known, otherwise: "types are " + known.joined(separator: ", ")))
        }
        if typed.type == .null { return .constant(.null, .value(target)) }
        if typed.type == .value(target) { return typed }
        guard case .value(let source) = typed.type, Conversion.canCast(source, to: target) else {
            return refuse(.type, node, "cannot cast \(typed.type.name) to \(target.name)")
        }
        return .cast(typed, target)
    }
}
