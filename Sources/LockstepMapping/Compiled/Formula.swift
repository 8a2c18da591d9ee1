import LockstepExpressions
import LockstepModel

/// An expression that was checked against the fields of a side.
struct CheckedFormula: Sendable {
    struct Problem {
        var location: SourceLocation
        var message: String
        var hint: String
    }

    private let checked: CheckedExpression

    var fieldNames: [String] { checked.fieldNames }
    /// Nil for the literal `null`.
    var resultType: ValueType? { checked.resultType }

    /// Reads an expression: either it is one, or there is a problem, with its place in the file.
    static func read(_ text: Located<String>) -> (expression: Expression?, problem: Problem?) {
        do throws(ExpressionError) {
            return (try Expression.parse(text.value), nil)
        } catch {
            return (nil, problems(error, at: text.location).first)
        }
    }

    /// Checks an expression: either it fits the fields, or there are problems, each with its place in the file.
    static func check(
        _ expression: Expression, _ text: Located<String>, fields: [FieldDescription], isCondition: Bool
    ) -> (formula: CheckedFormula?, problems: [Problem]) {
        do throws(ExpressionError) {
            let checked =
                isCondition ? try expression.checkCondition(fields: fields) : try expression.check(fields: fields)
            guard !checked.usesNow else {
                let problem = Problem(
                    location: text.location, message: "`now()` gives another record each time it is mapped",
                    hint: "compare with a field, or with a fixed time")
                return (nil, [problem])
            }
            return (CheckedFormula(checked: checked), [])
        } catch {
            return (nil, problems(error, at: text.location))
        }
    }

    private static func problems(_ error: ExpressionError, at start: SourceLocation) -> [Problem] {
        error.problems.map { problem in
            var location = start
            location.column += problem.offset
            return Problem(location: location, message: problem.message, hint: problem.hint)
        }
    }

    func bound(to columns: [String]) -> Formula {
        Formula(
            checked: checked, compiled: checked.compile(columns: columns),
            columns: fieldNames.compactMap { columns.firstIndex(of: $0) })
    }
}

/// An expression over the fields of one side, bound to the columns of its batches.
struct Formula: Sendable {
    fileprivate let checked: CheckedExpression
    fileprivate let compiled: CompiledExpression
    /// The columns that the expression reads.
    let columns: [Int]

    func value(_ rows: RowBatch, row: Int, offset: Int) throws(ValueProblem) -> Value {
        do throws(EvaluationFailure) {
            return try compiled.evaluate(rows, row: row, columnOffset: offset)
        } catch {
            throw Self.problem(error)
        }
    }

    func matches(_ rows: RowBatch, row: Int, offset: Int) throws(ValueProblem) -> Bool {
        do throws(EvaluationFailure) {
            return try compiled.matches(rows, row: row, columnOffset: offset)
        } catch {
            throw Self.problem(error)
        }
    }

    /// Whether a field that the expression reads is unchanged: then its value is not known, nor that of the whole.
    func isUnchanged(_ rows: RowBatch, row: Int, offset: Int) -> Bool {
        columns.contains { rows[row, offset + $0].kind == .unchanged }
    }

    func predicate(_ dialect: Dialect) -> Predicate? { checked.predicate(dialect: dialect) }

    private static func problem(_ failure: EvaluationFailure) -> ValueProblem {
        switch failure.code {
        case .invalidField: ValueProblem(.unreadableValue, failure.message)
        case .unchangedField: ValueProblem(.notAvailable, failure.message)
        case .outOfRange, .divisionByZero, .argument, .noTime: ValueProblem(.outOfRange, failure.message)
        }
    }
}
