import LockstepModel

/// Arithmetic: null in, null out. What no 64-bit integer or time can hold fails instead of wrapping or rounding.
/// Doubles follow IEEE 754, so they never fail: `1e0 div 0` is INF.
enum ArithmeticRules {
    static func evaluate(
        _ operation: Arithmetic, _ left: Operand, _ right: Operand
    ) throws(EvaluationFailure) -> Operand {
        switch (left, right) {
        case (.int64(let left), .int64(let right)): return .int64(try integers(operation, left, right))
        case (.float64(let left), .float64(let right)):
            if operation == .mod && right == 0 { throw divisionByZero }
            return .float64(doubles(operation, left, right))
        case (.decimal(let left), .decimal(let right)): return .decimal(try decimals(operation, left, right))
        default: return .null
        }
    }

    private static func integers(
        _ operation: Arithmetic, _ left: Int64, _ right: Int64
    ) throws(EvaluationFailure) -> Int64 {
        if right == 0 && (operation == .div || operation == .mod) {
            throw divisionByZero
        }
        // The remainder by -1 is 0 also where the quotient overflows.
        if operation == .mod && right == -1 { return 0 }
        let (result, overflow) =
            switch operation {
            case .add: left.addingReportingOverflow(right)
            case .sub: left.subtractingReportingOverflow(right)
            case .mul: left.multipliedReportingOverflow(by: right)
            case .div: left.dividedReportingOverflow(by: right)
            case .mod: left.remainderReportingOverflow(dividingBy: right)
            }
        guard !overflow else { throw overflowFailure }
        return result
    }

    private static func doubles(_ operation: Arithmetic, _ left: Double, _ right: Double) -> Double {
        switch operation {
        case .add: left + right
        case .sub: left - right
        case .mul: left * right
        case .div: left / right
        case .mod: left.truncatingRemainder(dividingBy: right)
        }
    }

    private static func decimals(
        _ operation: Arithmetic, _ left: DecimalNumber, _ right: DecimalNumber
    ) throws(EvaluationFailure) -> DecimalNumber {
        switch operation {
        case .add: try DecimalNumber.add(left, right)
        case .sub: try DecimalNumber.add(left, right.negated)
        case .mul: try DecimalNumber.multiply(left, right)
        case .div: try DecimalNumber.divide(left, right)
        case .mod: try DecimalNumber.remainder(left, right)
        }
    }

    static func negate(_ operand: Operand) throws(EvaluationFailure) -> Operand {
        switch operand {
        case .int64(let value):
            guard value != .min else { throw overflowFailure }
            return .int64(-value)
        case .float64(let value): return .float64(-value)
        case .decimal(let number): return .decimal(number.negated)
        default: return .null
        }
    }

    static func shift(
        _ time: Operand, _ duration: Operand, backwards: Bool
    ) throws(EvaluationFailure) -> Operand {
        guard case .duration(let length) = duration else { return .null }
        switch time {
        case .date(let days):
            // The day of its midnight that much later (XML Schema 1.0, Part 2, appendix E).
            let moment = try shifted(days * ISOText.microsecondsPerDay, length, backwards)
            return .date(ISOText.floorDivide(moment, ISOText.microsecondsPerDay))
        case .timestamp(let microseconds): return .timestamp(try shifted(microseconds, length, backwards))
        case .instant(let microseconds): return .instant(try shifted(microseconds, length, backwards))
        default: return .null
        }
    }

    /// Cannot overflow: a duration is bounded (``DurationText/largest``).
    private static func shifted(
        _ time: Int64, _ length: Int64, _ backwards: Bool
    ) throws(EvaluationFailure) -> Int64 {
        let (result, overflow) = time.addingReportingOverflow(backwards ? -length : length)
        guard !overflow, TimeRange.holds(result) else {
            throw EvaluationFailure(.outOfRange, "a time outside the years 1 to 9999 came out of a computation")
        }
        return result
    }

    static func round(_ operand: Operand, _ function: Function) -> Operand {
        switch operand {
        case .decimal(let number): return .decimal(number.rounded(function))
        case .float64(let value):
            let rule: FloatingPointRoundingRule =
                function == .floor ? .down : function == .ceiling ? .up : .toNearestOrAwayFromZero
            return .float64(value.rounded(rule))
        default: return operand
        }
    }

    private static var divisionByZero: EvaluationFailure { EvaluationFailure(.divisionByZero, "division by zero") }

    private static var overflowFailure: EvaluationFailure {
        EvaluationFailure(
            .outOfRange, "an integer beyond 64 bits came out of a computation; cast(…,Edm.Decimal) avoids it")
    }
}
