import LockstepExpressions
import LockstepModel

/// An expression that was checked against the fields of a side.
struct CheckedFormula: Sendable {
    struct Problem {
        var location: SourceLocation
        var message: String
        var hint: String
    }

    var fieldNames: [String]
    var resultType: ValueType?

    static func check(_ text: Located<String>, fields: [FieldDescription], isCondition: Bool) -> (
        formula: CheckedFormula?, problems: [Problem]
    ) {
        (nil, [Problem(location: text.location, message: "expressions", hint: "")])
    }

    func bound(to columns: [String]) -> Formula { Formula(columns: []) }
}

/// An expression over the fields of one side, bound to the columns of its batches.
struct Formula: Sendable {
    /// The columns that the expression reads.
    let columns: [Int]

    func value(_ rows: RowBatch, row: Int, offset: Int) throws(ValueProblem) -> Value {
        throw ValueProblem(.notAvailable, "")
    }

    func matches(_ rows: RowBatch, row: Int, offset: Int) throws(ValueProblem) -> Bool {
        throw ValueProblem(.notAvailable, "")
    }

    func predicate(_ dialect: Dialect) -> Predicate? { nil }
}
