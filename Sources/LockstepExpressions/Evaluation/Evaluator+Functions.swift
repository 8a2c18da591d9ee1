import LockstepModel

/// Functions: null in, null out.
extension Evaluator {
    func call(_ function: Function, _ arguments: [TypedNode]) -> Computation {
        switch function {
        case .now:
            let now = context.now
            return { _ throws(EvaluationFailure) in
                guard let now else { throw EvaluationFailure(.noTime, "now() is not available here") }
                return .instant(now)
            }
        case .concat: return concat(arguments)
        case .contains: return texts(arguments) { .bool(TextFunctions.contains($0, $1)) }
        case .startswith: return texts(arguments) { .bool(TextFunctions.startsWith($0, $1)) }
        case .endswith: return texts(arguments) { .bool(TextFunctions.endsWith($0, $1)) }
        case .indexof: return texts(arguments) { .int64(TextFunctions.index(of: $1, in: $0)) }
        case .length: return text(arguments) { .int64(TextFunctions.length($0)) }
        case .tolower: return text(arguments) { .text(TextFunctions.lowered($0)) }
        case .toupper: return text(arguments) { .text(TextFunctions.raised($0)) }
        case .trim: return text(arguments) { .text(TextFunctions.trimmed($0)) }
        case .substring: return substring(arguments)
        case .round, .floor, .ceiling: return map(arguments[0]) { ArithmeticRules.round($0, function) }
        case .year, .month, .day, .hour, .minute, .second, .fractionalseconds, .date, .time:
            return map(arguments[0]) { CalendarFunctions.evaluate(function, $0) }
        case .totalseconds: return map(arguments[0]) { DurationRules.totalSeconds($0) }
        // The checker makes other nodes of these.
        case .mindatetime, .maxdatetime, .matchespattern: return { _ in .null }
        }
    }

    private func text(
        _ arguments: [TypedNode], _ body: @escaping @Sendable (TextFunctions.Text) -> Operand
    ) -> Computation {
        map(arguments[0]) { if case .text(let text) = $0 { body(text) } else { .null } }
    }

    /// Both are computed before either decides, so that what fails, fails beside null, too.
    private func texts(
        _ arguments: [TypedNode], _ body: @escaping @Sendable (TextFunctions.Text, TextFunctions.Text) -> Operand
    ) -> Computation {
        let (left, right) = (make(arguments[0]), make(arguments[1]))
        return { record throws(EvaluationFailure) in
            let (left, right) = (try left(record), try right(record))
            guard case .text(let text) = left, case .text(let part) = right else { return .null }
            return body(text, part)
        }
    }

    private func concat(_ arguments: [TypedNode]) -> Computation {
        let computation = TextWriter(evaluator: self).make(.call(.concat, arguments, .text))
        return { record throws(EvaluationFailure) in
            var text: [UInt8] = []
            text.reserveCapacity(TextWriter.expectedBytes)
            return try computation(record, &text) ? .text(text[...]) : .null
        }
    }

    private func substring(_ arguments: [TypedNode]) -> Computation {
        let text = make(arguments[0])
        let start = make(arguments[1])
        let count = arguments.count > 2 ? make(arguments[2]) : nil
        return { record throws(EvaluationFailure) in
            let (text, start) = (try text(record), try start(record))
            let limit = try count?(record)
            guard case .text(let text) = text, case .int64(let start) = start else { return .null }
            guard let limit else { return .text(TextFunctions.substring(text, from: start, count: nil)) }
            guard case .int64(let limit) = limit else { return .null }
            guard limit >= 0 else {
                throw EvaluationFailure(.argument, "'substring' got a negative number of characters")
            }
            return .text(TextFunctions.substring(text, from: start, count: limit))
        }
    }
}
