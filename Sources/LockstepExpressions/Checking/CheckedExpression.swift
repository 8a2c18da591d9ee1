public import LockstepModel

/// What an expression is told from outside: nothing is taken from the machine it runs on.
public struct EvaluationContext: Sendable, Hashable {
    /// What `now()` yields, in microseconds since 1970-01-01T00:00:00Z; nil where there is no such moment, so that
    /// expressions with `now()` fail.
    public var now: Int64?

    public init(now: Int64? = nil) { self.now = now }
}

/// An expression that fits an entity: every field exists, every operand has the right type.
///
/// Numbers are promoted from `int64` to `decimal` to `float64`: integers are compared with decimals exactly; beside a
/// double, the other operand is first rounded to the nearest double. A `date` beside a `timestamp` is its midnight.
/// Text is compared by its UTF-8 bytes.
public struct CheckedExpression: Sendable {
    public let expression: Expression
    /// What it yields; nil for the literal `null`, which fits every type.
    public let resultType: ValueType?
    /// The fields it reads, each once, in the order of their first use.
    public let fieldNames: [String]
    let root: TypedNode

    /// Whether it can be a filter: it yields true, false or null.
    public var isCondition: Bool { resultType == .bool || resultType == nil }

    /// Whether it needs ``EvaluationContext/now``.
    public var usesNow: Bool { root.usesNow }
}

extension Expression {
    /// Checks the expression against the fields of an entity.
    ///
    /// - Throws: all problems at once, in the order of their places.
    public func check(fields: [FieldDescription]) throws(ExpressionError) -> CheckedExpression {
        var checker = ExpressionChecker(fields: fields)
        let typed = checker.check(root)
        guard let typed, checker.problems.isEmpty else {
            throw ExpressionError(checker.problems.sorted { $0.offset < $1.offset })
        }
        guard typed.type != .duration else {
            throw ExpressionError([
                ExpressionProblem(
                    .type, at: root.offset, "this yields a duration, which no field holds",
                    hint: "take totalseconds(…) of it, or cast(…,Edm.String)")
            ])
        }
        let resultType: ValueType? = if case .value(let type) = typed.type { type } else { nil }
        return CheckedExpression(
            expression: self, resultType: resultType, fieldNames: checker.used.map(\.name), root: typed)
    }

    /// As ``check(fields:)``, and the expression must be a condition: a filter.
    public func checkCondition(fields: [FieldDescription]) throws(ExpressionError) -> CheckedExpression {
        let checked = try check(fields: fields)
        guard checked.isCondition else {
            throw ExpressionError([
                ExpressionProblem(
                    .type, at: root.offset,
                    "a condition is expected here, but this yields \(checked.resultType?.name ?? "null")",
                    hint: "compare it with something, as in status eq 'Active'")
            ])
        }
        return checked
    }
}
