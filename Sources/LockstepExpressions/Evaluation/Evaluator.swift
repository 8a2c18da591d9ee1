import LockstepModel

/// One record to evaluate on.
struct RecordView {
    var batch: RowBatch
    var row: Int
    var columnOffset: Int
    /// Where the image before begins, for fields that the image after has as unchanged.
    var unchangedOffset: Int?

    /// For what reads no field.
    static let none = RecordView(batch: RowBatch(columnCount: 1), row: 0, columnOffset: 0, unchangedOffset: nil)
}

/// Turns any expression into closures that compute it: the definition of every answer.
struct Evaluator {
    typealias Computation = @Sendable (RecordView) throws(EvaluationFailure) -> Operand

    /// Columns of the expression's fields, by ``FieldReference/index``.
    var columns: [Int]
    var context: EvaluationContext

    /// The value of an expression that reads no field.
    static func constant(_ node: TypedNode, context: EvaluationContext) throws(EvaluationFailure) -> Operand {
        try Evaluator(columns: [], context: context).make(node)(RecordView.none)
    }

    func make(_ node: TypedNode) -> Computation {
        switch node {
        case .constant(let operand, _): return { _ in operand }
        case .field(let field):
            guard columns.indices.contains(field.index) else { return { _ in .null } }
            let reader = FieldReader(field.description, column: columns[field.index])
            return { record throws(EvaluationFailure) in try reader.operand(record) }
        case .widen(let operand, let type): return map(operand) { Conversion.widen($0, to: type) }
        case .all(let terms): return junction(terms, dominant: false)
        case .any(let terms): return junction(terms, dominant: true)
        case .not(let operand):
            return map(operand) { if case .bool(let value) = $0 { .bool(!value) } else { .null } }
        case .compare(let comparison, let left, let right):
            return combine(left, right) { left, right throws(EvaluationFailure) in .bool(comparison.holds(left, right))
            }
        case .isIn(let operand, let members): return membership(operand, members)
        case .arithmetic(let operation, let left, let right, _):
            return combine(left, right) { left, right throws(EvaluationFailure) in
                try ArithmeticRules.evaluate(operation, left, right)
            }
        case .negate(let operand, _):
            let operand = make(operand)
            return { record throws(EvaluationFailure) in try ArithmeticRules.negate(try operand(record)) }
        case .shift(let time, let duration, _, let backwards):
            return combine(time, duration) { time, duration throws(EvaluationFailure) in
                try ArithmeticRules.shift(time, duration, backwards: backwards)
            }
        case .duration(let operation, let left, let right):
            return combine(left, right) { left, right throws(EvaluationFailure) in
                try DurationRules.evaluate(operation, left, right)
            }
        case .call(let function, let arguments, _): return call(function, arguments)
        case .matches(let operand, let pattern):
            return map(operand) { if case .text(let text) = $0 { .bool(pattern.matches(text)) } else { .null } }
        case .cast(let operand, let target): return map(operand) { Conversion.cast($0, to: target) }
        case .isOf(let operand, let target):
            return map(operand) { $0.isNull ? .null : .bool(!Conversion.cast($0, to: target).isNull) }
        case .choose(let choices, _): return choose(choices)
        }
    }

    func map(_ operand: TypedNode, _ body: @escaping @Sendable (Operand) -> Operand) -> Computation {
        let operand = make(operand)
        return { record throws(EvaluationFailure) in body(try operand(record)) }
    }

    private func combine(
        _ left: TypedNode, _ right: TypedNode,
        _ body: @escaping @Sendable (Operand, Operand) throws(EvaluationFailure) -> Operand
    ) -> Computation {
        let (left, right) = (make(left), make(right))
        return { record throws(EvaluationFailure) in try body(try left(record), try right(record)) }
    }

    /// `and` (dominant: false) and `or` (dominant: true), whatever the order of their terms: one dominant term decides,
    /// even beside a term that fails; then a failure, then null.
    private func junction(_ terms: [TypedNode], dominant: Bool) -> Computation {
        let terms = terms.map(make)
        return { record throws(EvaluationFailure) in
            var result = Operand.bool(!dominant)
            var failure: EvaluationFailure?
            for term in terms {
                do throws(EvaluationFailure) {
                    let operand = try term(record)
                    if case .bool(dominant) = operand { return operand }
                    if operand.isNull { result = .null }
                } catch {
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
            return result
        }
    }

    private func membership(_ operand: TypedNode, _ members: [TypedNode]) -> Computation {
        let operand = make(operand)
        let members = members.map(make)
        return { record throws(EvaluationFailure) in
            let wanted = try operand(record)
            var isMember = false
            for member in members {
                if Comparison.eq.holds(wanted, try member(record)) { isMember = true }
            }
            return .bool(isMember)
        }
    }

    /// Only the chosen value is computed, so a condition may guard it.
    private func choose(_ choices: [(condition: TypedNode, value: TypedNode)]) -> Computation {
        let decide = decide(choices.map(\.condition))
        let values = choices.map { make($0.value) }
        return { record throws(EvaluationFailure) in
            guard let choice = try decide(record) else { return .null }
            return try values[choice](record)
        }
    }

    /// The first condition that is true; nil where none is.
    func decide(_ conditions: [TypedNode]) -> @Sendable (RecordView) throws(EvaluationFailure) -> Int? {
        let kernels = conditions.map { ConditionKernel.make($0, columns: columns, context: context) }
        let computations = conditions.map(make)
        return { record throws(EvaluationFailure) in
            for index in kernels.indices {
                switch kernels[index](record.batch, record.row, record.columnOffset, record.unchangedOffset) {
                case .isTrue: return index
                case .isFalse, .isNull: continue
                case .failed: _ = try computations[index](record)
                }
            }
            return nil
        }
    }
}
