import LockstepModel

/// Durations: null in, null out; exact to the microsecond, and bounded by ``DurationText/largest``.
enum DurationRules {
    static func evaluate(
        _ operation: DurationOperation, _ left: Operand, _ right: Operand
    ) throws(EvaluationFailure) -> Operand {
        switch (operation, left, right) {
        case (.between, .date(let left), .date(let right)):
            return .duration((left - right) * ISOText.microsecondsPerDay)
        case (.between, .timestamp(let left), .timestamp(let right)),
            (.between, .instant(let left), .instant(let right)):
            return try bounded(left.subtractingReportingOverflow(right))
        case (.add, .duration(let left), .duration(let right)):
            return try bounded(left.addingReportingOverflow(right))
        case (.sub, .duration(let left), .duration(let right)):
            return try bounded(left.subtractingReportingOverflow(right))
        case (.mul, .duration(let length), .decimal(let number)):
            return try rounded(DecimalNumber.multiply(DecimalNumber(length), number))
        case (.div, .duration(let length), .decimal(let number)):
            return try rounded(DecimalNumber.divide(DecimalNumber(length), number))
        case (.mul, .duration(let length), .float64(let number)): return try rounded(Double(length) * number)
        case (.div, .duration(let length), .float64(let number)):
            if number == 0 { throw EvaluationFailure(.divisionByZero, "division by zero") }
            return try rounded(Double(length) / number)
        default: return .null
        }
    }

    static func totalSeconds(_ operand: Operand) -> Operand {
        guard case .duration(let microseconds) = operand else { return .null }
        return .decimal(.small(coefficient: microseconds, scale: 6))
    }

    private static func bounded(_ result: (partialValue: Int64, overflow: Bool)) throws(EvaluationFailure) -> Operand {
        guard !result.overflow, result.partialValue.magnitude <= DurationText.largest.magnitude else { throw tooLong }
        return .duration(result.partialValue)
    }

    /// To the nearest microsecond, away from zero at a half.
    private static func rounded(_ microseconds: DecimalNumber) throws(EvaluationFailure) -> Operand {
        guard let whole = microseconds.rounded(.round).integer else { throw tooLong }
        return try bounded((whole, false))
    }

    private static func rounded(_ microseconds: Double) throws(EvaluationFailure) -> Operand {
        guard let whole = Int64(exactly: microseconds.rounded(.toNearestOrAwayFromZero)) else { throw tooLong }
        return try bounded((whole, false))
    }

    private static var tooLong: EvaluationFailure {
        EvaluationFailure(.outOfRange, "a duration of more than 29,000 years came out of a computation")
    }
}
