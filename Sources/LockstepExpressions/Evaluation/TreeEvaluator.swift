import LockstepModel

/// One record to evaluate on.
struct RecordView {
    var batch: RowBatch
    var row: Int
    var columnOffset: Int
    /// Where the image before begins, for fields that the image after has as unchanged.
    var unchangedOffset: Int?
    /// Columns of the expression's fields, by ``FieldReference/index``.
    var columns: [Int]
}

/// Computes any expression by walking its tree: the definition of every answer. Speed is ``ConditionKernel``'s task.
struct TreeEvaluator {
    var record: RecordView?
    var context: EvaluationContext

    /// The value of an expression that reads no field.
    static func constant(_ node: TypedNode, context: EvaluationContext) throws(EvaluationFailure) -> Operand {
        try TreeEvaluator(record: nil, context: context).evaluate(node)
    }

    func evaluate(_ node: TypedNode) throws(EvaluationFailure) -> Operand {
        switch node {
        case .constant(let operand, _): return operand
        case .field(let field): return try read(field)
        case .widen(let operand, let type): return Conversion.widen(try evaluate(operand), to: type)
        case .all(let terms): return try junction(terms, dominant: false)
        case .any(let terms): return try junction(terms, dominant: true)
        case .not(let operand):
            guard case .bool(let value) = try evaluate(operand) else { return .null }
            return .bool(!value)
        case .compare(let comparison, let left, let right):
            return .bool(comparison.holds(try evaluate(left), try evaluate(right)))
        case .isIn(let operand, let members): return try membership(operand, members)
        case .arithmetic(let operation, let left, let right, _):
            return try ArithmeticRules.evaluate(operation, try evaluate(left), try evaluate(right))
        case .negate(let operand, _): return try ArithmeticRules.negate(try evaluate(operand))
        case .shift(let time, let duration, _, let backwards):
            return try ArithmeticRules.shift(try evaluate(time), try evaluate(duration), backwards: backwards)
        case .call(let function, let arguments, _): return try call(function, arguments)
        case .duration(let operation, let left, let right):
            return try DurationRules.evaluate(operation, try evaluate(left), try evaluate(right))
        case .matches(let operand, let pattern):
            guard case .text(let text) = try evaluate(operand) else { return .null }
            return .bool(pattern.matches(text))
        case .cast(let operand, let target): return Conversion.cast(try evaluate(operand), to: target)
        case .isOf(let operand, let target):
            let value = try evaluate(operand)
            return value.isNull ? .null : .bool(!Conversion.cast(value, to: target).isNull)
        case .choose(let choices, _): return try choose(choices)
        }
    }

    /// `and` (dominant: false) and `or` (dominant: true), whatever the order of their terms: one dominant term decides,
    /// even beside a term that fails; then a failure, then null.
    private func junction(_ terms: [TypedNode], dominant: Bool) throws(EvaluationFailure) -> Operand {
        var result = Operand.bool(!dominant)
        var failure: EvaluationFailure?
        for term in terms {
            do {
                let operand = try evaluate(term)
                if operand == .bool(dominant) { return operand }
                if operand.isNull { result = .null }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return result
    }

    private func membership(_ operand: TypedNode, _ members: [TypedNode]) throws(EvaluationFailure) -> Operand {
        let wanted = try evaluate(operand)
        var isMember = false
        for member in members {
            if Comparison.eq.holds(wanted, try evaluate(member)) { isMember = true }
        }
        return .bool(isMember)
    }

    /// Only the chosen value is computed, so a condition may guard it.
    private func choose(
        _ choices: [(condition: TypedNode, value: TypedNode)]
    ) throws(EvaluationFailure) -> Operand {
        for choice in choices where try evaluate(choice.condition) == .bool(true) {
            return try evaluate(choice.value)
        }
        return .null
    }

    // MARK: Fields

    private func read(_ field: FieldReference) throws(EvaluationFailure) -> Operand {
        guard let record else { return .null }
        return try FieldReader.operand(field, record)
    }

    // MARK: Functions

    private func call(_ function: Function, _ arguments: [TypedNode]) throws(EvaluationFailure) -> Operand {
        if function == .now {
            guard let now = context.now else { throw EvaluationFailure(.noTime, "now() is not available here") }
            return .instant(now)
        }
        var operands: [Operand] = []
        for argument in arguments { operands.append(try evaluate(argument)) }
        if operands.contains(where: \.isNull) { return .null }
        guard let first = operands.first else { return .null }
        switch function {
        case .contains, .startswith, .endswith, .concat, .length, .indexof, .substring, .tolower, .toupper, .trim:
            return try text(function, operands)
        case .round, .floor, .ceiling: return ArithmeticRules.round(first, function)
        case .year, .month, .day, .hour, .minute, .second, .fractionalseconds, .date, .time:
            return CalendarFunctions.evaluate(function, first)
        case .totalseconds: return DurationRules.totalSeconds(first)
        case .now, .mindatetime, .maxdatetime, .matchespattern: return .null
        }
    }

    private func text(_ function: Function, _ operands: [Operand]) throws(EvaluationFailure) -> Operand {
        guard case .text(let text) = operands[0] else { return .null }
        if function == .substring { return try substring(text, Array(operands.dropFirst())) }
        if operands.count == 1 {
            return switch function {
            case .length: .int64(TextFunctions.length(text))
            case .tolower: .text(TextFunctions.lowered(text))
            case .toupper: .text(TextFunctions.raised(text))
            default: .text(TextFunctions.trimmed(text))
            }
        }
        guard case .text(let part) = operands[1] else { return .null }
        return switch function {
        case .contains: .bool(TextFunctions.firstByte(of: part, in: text) != nil)
        case .startswith: .bool(TextFunctions.startsWith(text, part))
        case .endswith: .bool(TextFunctions.endsWith(text, part))
        case .indexof: .int64(TextFunctions.index(of: part, in: text))
        default: .text(text + part)
        }
    }

    private func substring(_ text: [UInt8], _ numbers: [Operand]) throws(EvaluationFailure) -> Operand {
        var values: [Int64] = []
        for number in numbers {
            guard case .int64(let value) = number else { return .null }
            values.append(value)
        }
        let count = values.count > 1 ? values[1] : nil
        guard count ?? 0 >= 0 else {
            throw EvaluationFailure(.argument, "'substring' got a negative number of characters")
        }
        return .text(TextFunctions.substring(text, from: values[0], count: count))
    }
}
