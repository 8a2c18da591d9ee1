import LockstepModel

/// A decimal to compute with: as one integer where it fits, as nearly all that people keep do, and digit by digit beyond.
///
/// Both forms give the same answers: the integer is only faster.
enum DecimalNumber: Sendable {
    /// `coefficient × 10^-scale`; the scale is 0 to ``largestScale``.
    case small(coefficient: Int64, scale: Int)
    case large(DecimalText.Parts)

    private static let largestScale = 18
    private static let powers: [Int64] = (0...18).reduce(into: []) {
        $0.append(($0.last ?? 0) == 0 ? 1 : $0[$1 - 1] * 10)
    }

    init(_ value: Int64) { self = .small(coefficient: value, scale: 0) }

    /// Nil where the text is no decimal.
    init?(_ text: some Collection<UInt8>) {
        if let small = text.withContiguousStorageIfAvailable(Self.parseSmall), let small {
            self = small
        } else if let parts = DecimalText.parts(text) {
            self = .large(parts)
        } else {
            return nil
        }
    }

    /// Up to 18 digits with an optional sign and point; nil for anything else.
    private static func parseSmall(_ text: UnsafeBufferPointer<UInt8>) -> DecimalNumber? {
        var index = 0
        let isNegative = text.first == 45
        if isNegative { index = 1 }
        guard index < text.count, text.count - index <= largestScale + 1 else { return nil }
        var coefficient: Int64 = 0
        var digits = 0
        var point: Int?
        while index < text.count {
            let byte = text[index]
            if byte >= 48, byte <= 57 {
                coefficient = coefficient &* 10 &+ Int64(byte &- 48)
                digits += 1
            } else if byte == 46, point == nil {
                point = digits
            } else {
                return nil
            }
            index += 1
        }
        guard digits > 0, digits <= largestScale else { return nil }
        return .small(coefficient: isNegative ? -coefficient : coefficient, scale: digits - (point ?? digits))
    }

    var parts: DecimalText.Parts {
        switch self {
        case .large(let parts): return parts
        case .small(let coefficient, let scale):
            var digits = Self.digits(coefficient.magnitude)
            guard coefficient != 0 else { return DecimalArithmetic.zero }
            let exponent = digits.count - scale
            while digits.last == 48 { digits.removeLast() }
            return DecimalText.Parts(kind: .finite, isNegative: coefficient < 0, digits: digits, exponent: exponent)
        }
    }

    /// Plain notation without needless zeros, as ``DecimalText/format(_:)`` writes it.
    var text: String {
        switch self {
        case .large(let parts): return DecimalText.format(parts)
        case .small(var coefficient, var scale):
            while scale > 0, coefficient % 10 == 0 {
                coefficient /= 10
                scale -= 1
            }
            if scale == 0 { return String(coefficient) }
            // The sign, 19 digits, a zero and the point.
            return String(unsafeUninitializedCapacity: 24) { buffer in
                var magnitude = coefficient.magnitude
                var length = 0
                // From the last digit to the first, then turned around.
                while magnitude > 0 || length <= scale {
                    if length == scale {
                        buffer[length] = 46
                    } else {
                        buffer[length] = UInt8(truncatingIfNeeded: magnitude % 10) + 48
                        magnitude /= 10
                    }
                    length += 1
                }
                if buffer[length - 1] == 46 {
                    buffer[length] = 48
                    length += 1
                }
                if coefficient < 0 {
                    buffer[length] = 45
                    length += 1
                }
                for place in 0..<length / 2 { buffer.swapAt(place, length - 1 - place) }
                return length
            }
        }
    }

    /// The nearest double.
    var double: Double {
        // Both are doubles exactly, so their quotient is rounded once.
        if case .small(let coefficient, let scale) = self, coefficient.magnitude < 1 << 53, coefficient != 0 {
            return Double(coefficient) / Double(Self.powers[scale])
        }
        return Conversion.double(parts)
    }

    /// Nil where it is no whole number of 64 bits.
    var integer: Int64? {
        switch self {
        case .small(let coefficient, let scale):
            return coefficient % Self.powers[scale] == 0 ? coefficient / Self.powers[scale] : nil
        case .large(let parts):
            guard parts.kind == .finite, parts.exponent < 20 else { return nil }
            return Int64(DecimalText.format(parts))
        }
    }

    var isNotANumber: Bool { if case .large(let parts) = self { parts.kind == .notANumber } else { false } }

    /// Finite, and not zero.
    var isUsualDivisor: Bool {
        switch self {
        case .small(let coefficient, _): coefficient != 0
        case .large(let parts): parts.kind == .finite && !parts.digits.isEmpty
        }
    }

    /// -1, 0 or 1; nil where one is NaN.
    static func order(_ left: DecimalNumber, _ right: DecimalNumber) -> Int? {
        if let (left, right, _) = aligned(left, right) { return left == right ? 0 : left < right ? -1 : 1 }
        return left.isNotANumber || right.isNotANumber ? nil : DecimalText.compare(left.parts, right.parts)
    }

    // MARK: Arithmetic

    static func add(_ left: DecimalNumber, _ right: DecimalNumber) throws(EvaluationFailure) -> DecimalNumber {
        if let (left, right, scale) = aligned(left, right) {
            let (sum, overflow) = left.addingReportingOverflow(right)
            if !overflow { return .small(coefficient: sum, scale: scale) }
        }
        return .large(try DecimalArithmetic.add(left.parts, right.parts))
    }

    static func multiply(_ left: DecimalNumber, _ right: DecimalNumber) throws(EvaluationFailure) -> DecimalNumber {
        if case .small(let leftCoefficient, let leftScale) = left,
            case .small(let rightCoefficient, let rightScale) = right, leftScale + rightScale <= largestScale
        {
            let (product, overflow) = leftCoefficient.multipliedReportingOverflow(by: rightCoefficient)
            if !overflow { return .small(coefficient: product, scale: leftScale + rightScale) }
        }
        return .large(try DecimalArithmetic.multiply(left.parts, right.parts))
    }

    static func divide(_ left: DecimalNumber, _ right: DecimalNumber) throws(EvaluationFailure) -> DecimalNumber {
        if case .small(let dividend, let dividendScale) = left, case .small(let divisor, let divisorScale) = right,
            divisor != 0, dividend != 0
        {
            return .large(
                DecimalArithmetic.divide(
                    dividend.magnitude, by: divisor.magnitude, scale: dividendScale - divisorScale,
                    isNegative: (dividend < 0) != (divisor < 0)))
        }
        return .large(try DecimalArithmetic.divide(left.parts, right.parts))
    }

    static func remainder(_ left: DecimalNumber, _ right: DecimalNumber) throws(EvaluationFailure) -> DecimalNumber {
        if let (left, right, scale) = aligned(left, right), right != 0, right != -1 {
            return .small(coefficient: left % right, scale: scale)
        }
        return .large(try DecimalArithmetic.remainder(left.parts, right.parts))
    }

    var negated: DecimalNumber {
        if case .small(let coefficient, let scale) = self, coefficient != .min {
            return .small(coefficient: -coefficient, scale: scale)
        }
        return .large(DecimalArithmetic.negate(parts))
    }

    /// To a whole number: `round` goes away from zero at a half.
    func rounded(_ function: Function) -> DecimalNumber {
        guard case .small(let coefficient, let scale) = self else {
            return .large(DecimalArithmetic.round(parts, function))
        }
        let power = Self.powers[scale]
        let (whole, rest) = coefficient.quotientAndRemainder(dividingBy: power)
        let step: Int64 =
            switch function {
            case .floor: rest < 0 ? -1 : 0
            case .ceiling: rest > 0 ? 1 : 0
            default: rest.magnitude >= UInt64(power) - rest.magnitude && rest != 0 ? rest.signum() : 0
            }
        return .small(coefficient: whole + step, scale: 0)
    }

    /// Both coefficients at one scale; nil where one of them does not fit.
    @inline(__always)
    private static func aligned(_ left: DecimalNumber, _ right: DecimalNumber) -> (Int64, Int64, scale: Int)? {
        guard case .small(let leftCoefficient, let leftScale) = left,
            case .small(let rightCoefficient, let rightScale) = right
        else { return nil }
        if leftScale == rightScale { return (leftCoefficient, rightCoefficient, leftScale) }
        let isLeftShorter = leftScale < rightScale
        let (shorter, power) =
            isLeftShorter
            ? (leftCoefficient, powers[rightScale - leftScale]) : (rightCoefficient, powers[leftScale - rightScale])
        let (stretched, overflow) = shorter.multipliedReportingOverflow(by: power)
        if overflow { return nil }
        return isLeftShorter
            ? (stretched, rightCoefficient, rightScale) : (leftCoefficient, stretched, leftScale)
    }

    private static func digits(_ magnitude: UInt64) -> [UInt8] { Array(String(magnitude).utf8) }
}
