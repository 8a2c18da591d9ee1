import LockstepModel

/// Exact arithmetic of decimals, digit by digit as by hand: rare in filters, and never wrong by rounding.
enum DecimalArithmetic {
    typealias Parts = DecimalText.Parts

    static let zero = Parts(kind: .finite, isNegative: false, digits: [], exponent: 0)
    private static let notANumber = Parts(kind: .notANumber, isNegative: false, digits: [], exponent: 0)

    /// Digits that an operand or a result may span: far above what people keep, far below what would exhaust memory.
    private static let largestSpan = 4_000
    /// Significant digits of a quotient that does not end, as IEEE 754's decimal128 has.
    private static let quotientDigits = 34

    static func negate(_ value: Parts) -> Parts {
        switch value.kind {
        case .finite:
            return value.digits.isEmpty
                ? value
                : Parts(kind: .finite, isNegative: !value.isNegative, digits: value.digits, exponent: value.exponent)
        case .notANumber: return value
        case .positiveInfinity, .negativeInfinity: return infinity(isNegative: value.kind == .positiveInfinity)
        }
    }

    static func add(_ left: Parts, _ right: Parts) throws(EvaluationFailure) -> Parts {
        if left.kind != .finite || right.kind != .finite {
            if left.kind == .notANumber || right.kind == .notANumber { return notANumber }
            if left.kind == .finite { return right }
            if right.kind == .finite || left.kind == right.kind { return left }
            return notANumber
        }
        let scale = max(lastPlace(left), lastPlace(right))
        let (leftDigits, rightDigits) = (try integer(left, scale: scale), try integer(right, scale: scale))
        if left.isNegative == right.isNegative {
            return make(sum(leftDigits, rightDigits), scale: scale, isNegative: left.isNegative)
        }
        let order = order(leftDigits, rightDigits)
        if order == 0 { return zero }
        return order > 0
            ? make(difference(leftDigits, rightDigits), scale: scale, isNegative: left.isNegative)
            : make(difference(rightDigits, leftDigits), scale: scale, isNegative: right.isNegative)
    }

    static func multiply(_ left: Parts, _ right: Parts) throws(EvaluationFailure) -> Parts {
        let isNegative = isNegative(left) != self.isNegative(right)
        if left.kind != .finite || right.kind != .finite {
            if left.kind == .notANumber || right.kind == .notANumber { return notANumber }
            let hasZero =
                (left.kind == .finite && left.digits.isEmpty) || (right.kind == .finite && right.digits.isEmpty)
            return hasZero ? notANumber : infinity(isNegative: isNegative)
        }
        guard left.digits.count + right.digits.count <= largestSpan else { throw tooLarge }
        var product = [Int](repeating: 0, count: left.digits.count + right.digits.count)
        for (row, leftDigit) in left.digits.enumerated() {
            for (column, rightDigit) in right.digits.enumerated() {
                product[row + column + 1] += Int(leftDigit - 48) * Int(rightDigit - 48)
            }
        }
        for place in stride(from: product.count - 1, to: 0, by: -1) {
            product[place - 1] += product[place] / 10
            product[place] %= 10
        }
        return make(product, scale: lastPlace(left) + lastPlace(right), isNegative: isNegative)
    }

    /// Exact where the quotient ends within 34 digits, else rounded to them, half to even.
    static func divide(_ left: Parts, _ right: Parts) throws(EvaluationFailure) -> Parts {
        let isNegative = isNegative(left) != self.isNegative(right)
        if left.kind == .notANumber || right.kind == .notANumber { return notANumber }
        if right.kind == .finite, right.digits.isEmpty {
            throw EvaluationFailure(.divisionByZero, "division by zero")
        }
        if left.kind != .finite { return right.kind == .finite ? infinity(isNegative: isNegative) : notANumber }
        if right.kind != .finite || left.digits.isEmpty { return zero }
        guard left.digits.count <= largestSpan, right.digits.count <= largestSpan else { throw tooLarge }
        let divisor = right.digits.map { Int($0 - 48) }
        var remainder: [Int] = []
        var quotient: [Int] = []
        var significant = 0
        var place = 0
        while place < left.digits.count || (!remainder.isEmpty && significant <= quotientDigits) {
            let digit = place < left.digits.count ? Int(left.digits[place] - 48) : 0
            if !(remainder.isEmpty && digit == 0) { remainder.append(digit) }
            var count = 0
            while order(remainder, divisor) >= 0 {
                remainder = difference(remainder, divisor)
                count += 1
            }
            quotient.append(count)
            if significant > 0 || count > 0 { significant += 1 }
            place += 1
        }
        let scale = quotient.count - left.exponent + right.exponent - right.digits.count
        return rounded(quotient, scale: scale, isNegative: isNegative, isInexact: !remainder.isEmpty)
    }

    /// As above, of two integers that are not zero; the scale is that of the whole quotient.
    static func divide(_ dividend: UInt64, by divisor: UInt64, scale: Int, isNegative: Bool) -> Parts {
        let digitsAtOnce = 18
        let step: UInt64 = 1_000_000_000_000_000_000
        var (whole, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        var quotient = String(whole).utf8.map { Int($0 - 48) }
        var significant = whole == 0 ? 0 : quotient.count
        var fractionDigits = 0
        while remainder != 0, significant <= quotientDigits {
            // Smaller than the divisor times the step, so the quotient fits.
            (whole, remainder) = divisor.dividingFullWidth(remainder.multipliedFullWidth(by: step))
            let digits = String(whole).utf8.map { Int($0 - 48) }
            quotient += [Int](repeating: 0, count: digitsAtOnce - digits.count) + digits
            significant = significant > 0 ? significant + digitsAtOnce : whole == 0 ? 0 : digits.count
            fractionDigits += digitsAtOnce
        }
        return rounded(
            quotient, scale: scale + fractionDigits, isNegative: isNegative, isInexact: remainder != 0)
    }

    /// What is left when the left is divided by the right a whole number of times: exact, with the left's sign.
    static func remainder(_ left: Parts, _ right: Parts) throws(EvaluationFailure) -> Parts {
        if left.kind == .notANumber || right.kind == .notANumber { return notANumber }
        if right.kind == .finite, right.digits.isEmpty {
            throw EvaluationFailure(.divisionByZero, "division by zero")
        }
        if left.kind != .finite { return notANumber }
        if right.kind != .finite || left.digits.isEmpty { return left }
        let scale = max(lastPlace(left), lastPlace(right))
        let (dividend, divisor) = (try integer(left, scale: scale), try integer(right, scale: scale))
        var remainder: [Int] = []
        for digit in dividend {
            if !(remainder.isEmpty && digit == 0) { remainder.append(digit) }
            while order(remainder, divisor) >= 0 { remainder = difference(remainder, divisor) }
        }
        return make(remainder, scale: scale, isNegative: left.isNegative)
    }

    /// To a whole number: `round` goes away from zero at a half.
    static func round(_ value: Parts, _ function: Function) -> Parts {
        guard value.kind == .finite, value.scale > 0 else { return value }
        let whole = value.exponent > 0 ? value.digits.prefix(value.exponent).map { Int($0 - 48) } : []
        let firstDropped = value.exponent >= 0 ? value.digits[value.exponent] - 48 : 0
        let goesUp =
            switch function {
            case .floor: value.isNegative
            case .ceiling: !value.isNegative
            default: firstDropped >= 5
            }
        return make(goesUp ? sum(whole, [1]) : whole, scale: 0, isNegative: value.isNegative)
    }

    // MARK: Whole numbers as digits, most significant first

    /// Digits after the point; negative where whole tens are left out.
    private static func lastPlace(_ value: Parts) -> Int {
        value.digits.isEmpty ? 0 : value.digits.count - value.exponent
    }

    private static func integer(_ value: Parts, scale: Int) throws(EvaluationFailure) -> [Int] {
        guard !value.digits.isEmpty else { return [] }
        let zeros = scale - lastPlace(value)
        guard zeros + value.digits.count <= largestSpan else { throw tooLarge }
        return value.digits.map { Int($0 - 48) } + [Int](repeating: 0, count: zeros)
    }

    private static func make(_ digits: some Collection<Int>, scale: Int, isNegative: Bool) -> Parts {
        let significant = digits.drop { $0 == 0 }
        var text = significant.map { UInt8($0) + 48 }
        guard !text.isEmpty else { return zero }
        let exponent = text.count - scale
        while text.last == 48 { text.removeLast() }
        return Parts(kind: .finite, isNegative: isNegative, digits: text, exponent: exponent)
    }

    private static func rounded(_ quotient: [Int], scale: Int, isNegative: Bool, isInexact: Bool) -> Parts {
        let digits = Array(quotient.drop { $0 == 0 })
        guard digits.count > quotientDigits else { return make(digits, scale: scale, isNegative: isNegative) }
        let kept = Array(digits[..<quotientDigits])
        let dropped = digits[quotientDigits...]
        let isAboveHalf = dropped.first.map { $0 > 5 } ?? false
        let isHalf = dropped.first == 5
        let hasRest = isInexact || dropped.dropFirst().contains { $0 != 0 }
        let goesUp = isAboveHalf || (isHalf && (hasRest || (kept.last ?? 0) % 2 == 1))
        return make(goesUp ? sum(kept, [1]) : kept, scale: scale - dropped.count, isNegative: isNegative)
    }

    private static func sum(_ left: [Int], _ right: [Int]) -> [Int] {
        var result: [Int] = []
        var carry = 0
        for place in 0..<max(left.count, right.count) {
            let leftDigit = place < left.count ? left[left.count - 1 - place] : 0
            let rightDigit = place < right.count ? right[right.count - 1 - place] : 0
            let digit = leftDigit + rightDigit + carry
            result.append(digit % 10)
            carry = digit / 10
        }
        if carry > 0 { result.append(carry) }
        return result.reversed()
    }

    /// The left is not smaller than the right. Without leading zeros.
    private static func difference(_ left: [Int], _ right: [Int]) -> [Int] {
        var result: [Int] = []
        var borrow = 0
        for place in 0..<left.count {
            let rightDigit = place < right.count ? right[right.count - 1 - place] : 0
            var digit = left[left.count - 1 - place] - rightDigit - borrow
            borrow = digit < 0 ? 1 : 0
            if digit < 0 { digit += 10 }
            result.append(digit)
        }
        while result.last == 0 { result.removeLast() }
        return result.reversed()
    }

    private static func order(_ left: [Int], _ right: [Int]) -> Int {
        if left.count != right.count { return left.count < right.count ? -1 : 1 }
        for (leftDigit, rightDigit) in zip(left, right) where leftDigit != rightDigit {
            return leftDigit < rightDigit ? -1 : 1
        }
        return 0
    }

    private static func isNegative(_ value: Parts) -> Bool { value.kind == .negativeInfinity || value.isNegative }

    private static func infinity(isNegative: Bool) -> Parts {
        Parts(kind: isNegative ? .negativeInfinity : .positiveInfinity, isNegative: isNegative, digits: [], exponent: 0)
    }

    private static var tooLarge: EvaluationFailure {
        EvaluationFailure(.outOfRange, "a decimal of more than \(largestSpan) digits came out of a computation")
    }
}
