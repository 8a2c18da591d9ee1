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
            return try rounded(DecimalArithmetic.multiply(Conversion.decimal(length), number))
        case (.div, .duration(let length), .decimal(let number)):
            return try rounded(DecimalArithmetic.divide(Conversion.decimal(length), number))
        case (.mul, .duration(let length), .float64(let number)): return try rounded(Double(length) * number)
        case (.div, .duration(let length), .float64(let number)):
            if number == 0 { throw EvaluationFailure(.divisionByZero, "division by zero") }
            return try rounded(Double(length) / number)
        default: return .null
        }
    }

    static func totalSeconds(_ operand: Operand) -> Operand {
        guard case .duration(let microseconds) = operand else { return .null }
        var parts = Conversion.decimal(microseconds)
        if !parts.digits.isEmpty { parts.exponent -= 6 }
        return .decimal(parts)
    }

    private static func bounded(_ result: (partialValue: Int64, overflow: Bool)) throws(EvaluationFailure) -> Operand {
        guard !result.overflow, result.partialValue.magnitude <= DurationText.largest.magnitude else { throw tooLong }
        return .duration(result.partialValue)
    }

    /// To the nearest microsecond, away from zero at a half.
    private static func rounded(_ microseconds: DecimalText.Parts) throws(EvaluationFailure) -> Operand {
        guard microseconds.kind == .finite, microseconds.exponent < 20,
            let whole = Int64(DecimalText.format(DecimalArithmetic.round(microseconds, .round)))
        else { throw tooLong }
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
