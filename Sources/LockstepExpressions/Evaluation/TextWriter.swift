import LockstepModel

/// Computations of text that write it where the whole text is being made, instead of handing pieces on: what mapping
/// expressions mostly do is to join, cut and trim.
///
/// Gives the same answers as ``Evaluator``; what has no shape here, is computed by that.
struct TextWriter {
    /// Appends a text; false, with nothing appended, where it is null.
    typealias Computation = @Sendable (RecordView, inout [UInt8]) throws(EvaluationFailure) -> Bool

    var evaluator: Evaluator

    /// Bytes that a text is expected to have: one allocation for nearly all.
    static let expectedBytes = 64

    func make(_ node: TypedNode) -> Computation {
        switch node {
        case .field(let field) where evaluator.columns.indices.contains(field.index):
            let reader = FieldReader(field.description, column: evaluator.columns[field.index])
            return { record, text throws(EvaluationFailure) in try reader.append(record, to: &text) }
        case .constant(.text(let bytes), _):
            return { _, text in
                text.append(contentsOf: bytes)
                return true
            }
        case .call(.concat, let arguments, _): return concat(arguments)
        case .call(.trim, let arguments, _): return changed(arguments[0]) { TextFunctions.trim(&$0, from: $1) }
        case .call(.tolower, let arguments, _):
            return changed(arguments[0]) { TextFunctions.changeCase(&$0, from: $1, first: 65) }
        case .call(.toupper, let arguments, _):
            return changed(arguments[0]) { TextFunctions.changeCase(&$0, from: $1, first: 97) }
        case .cast(let operand, .text) where operand.type == .value(.int64): return integer(operand)
        case .choose(let choices, _): return choose(choices)
        default:
            let computation = evaluator.make(node)
            return { record, text throws(EvaluationFailure) in
                guard case .text(let bytes) = try computation(record) else { return false }
                text.append(contentsOf: bytes)
                return true
            }
        }
    }

    /// All parts are computed, so that what fails, fails beside null, too.
    private func concat(_ arguments: [TypedNode]) -> Computation {
        var parts: [Computation] = []
        func collect(_ node: TypedNode) {
            if case .call(.concat, let arguments, _) = node {
                for argument in arguments { collect(argument) }
            } else {
                parts.append(make(node))
            }
        }
        for argument in arguments { collect(argument) }
        let computations = parts
        return { record, text throws(EvaluationFailure) in
            let start = text.count
            var isWhole = true
            for computation in computations where try !computation(record, &text) { isWhole = false }
            if !isWhole { text.removeLast(text.count - start) }
            return isWhole
        }
    }

    /// What was written from the place on is changed where it stands.
    private func changed(
        _ operand: TypedNode, _ change: @escaping @Sendable (inout [UInt8], Int) -> Void
    ) -> Computation {
        let computation = make(operand)
        return { record, text throws(EvaluationFailure) in
            let start = text.count
            guard try computation(record, &text) else { return false }
            change(&text, start)
            return true
        }
    }

    private func integer(_ operand: TypedNode) -> Computation {
        let computation = evaluator.make(operand)
        return { record, text throws(EvaluationFailure) in
            guard case .int64(let value) = try computation(record) else { return false }
            var digits = String(value)
            digits.withUTF8 { text.append(contentsOf: $0) }
            return true
        }
    }

    private func choose(_ choices: [(condition: TypedNode, value: TypedNode)]) -> Computation {
        let decide = evaluator.decide(choices.map(\.condition))
        let values = choices.map { make($0.value) }
        return { record, text throws(EvaluationFailure) in
            guard let choice = try decide(record) else { return false }
            return try values[choice](record, &text)
        }
    }
}
