/// Decimals of any precision, kept as text. Exactness is the point: no arithmetic happens here.
///
/// The form is an optional sign, digits with an optional point, and an optional exponent; or `NaN`, `Infinity`,
/// `-Infinity` (what PostgreSQL's `numeric` can hold). Two texts are equal when they stand for the same number,
/// whatever their trailing zeros.
public enum DecimalText {
    /// A decimal taken apart: `0.digits × 10^exponent`, digits without leading and trailing zeros.
    public struct Parts: Sendable, Hashable {
        public enum Kind: Sendable, Hashable { case finite, notANumber, positiveInfinity, negativeInfinity }
        public var kind: Kind
        public var isNegative: Bool
        /// ASCII digits without leading or trailing zeros; empty for zero.
        public var digits: [UInt8]
        /// The power of ten that `0.digits` is multiplied by; 0 for zero.
        public var exponent: Int

        /// - Precondition: `digits` and `exponent` are as described above.
        public init(kind: Kind, isNegative: Bool, digits: [UInt8], exponent: Int) {
            self.kind = kind
            self.isNegative = isNegative
            self.digits = digits
            self.exponent = exponent
        }

        /// Digits after the point in plain notation.
        public var scale: Int { max(0, digits.count - exponent) }
        /// Digits before the point in plain notation, without leading zeros.
        public var integerDigits: Int { max(0, exponent) }
    }

    /// Exponents beyond this are refused as malformed: no store holds them, and expanding them would exhaust memory.
    public static let largestExponent = 200_000

    /// Takes a decimal apart; nil when the text is no decimal.
    public static func parts(_ text: some Collection<UInt8>) -> Parts? { takeApart(text) }

    static func takeApart(_ text: some Collection<UInt8>) -> Parts? {
        var iterator = text.makeIterator()
        var next = iterator.next()
        var negative = false
        if next == 45 || next == 43 {
            negative = next == 45
            next = iterator.next()
        }
        if let first = next, first > 57 { return special(text, negative: negative) }
        var digits: [UInt8] = []
        var seenDigit = false
        var pointAt: Int?
        var leadingFractionZeros = 0
        while let character = next {
            if character >= 48 && character <= 57 {
                seenDigit = true
                if digits.isEmpty && character == 48 {
                    if pointAt != nil { leadingFractionZeros += 1 }
                } else {
                    digits.append(character)
                }
            } else if character == 46 && pointAt == nil {
                pointAt = digits.count
            } else {
                break
            }
            next = iterator.next()
        }
        guard seenDigit else { return nil }
        var exponent = (pointAt ?? digits.count) - leadingFractionZeros
        if let character = next {
            guard character == 69 || character == 101, let power = exponentValue(&iterator) else { return nil }
            exponent += power
        }
        while digits.last == 48 { digits.removeLast() }
        if digits.isEmpty { return Parts(kind: .finite, isNegative: false, digits: [], exponent: 0) }
        return Parts(kind: .finite, isNegative: negative, digits: digits, exponent: exponent)
    }

    public static func isValid(_ text: some Collection<UInt8>) -> Bool { parts(text) != nil }

    /// Whether both texts stand for the same number; texts that are no decimals are equal only byte for byte.
    public static func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        if left.elementsEqual(right) { return true }
        guard let leftParts = parts(left), let rightParts = parts(right) else { return false }
        return leftParts == rightParts
    }

    /// Plain notation without exponent, needless zeros or a negative zero; nil when the text is no decimal.
    public static func normalized(_ text: some Collection<UInt8>) -> String? {
        parts(text).map(format)
    }

    /// Plain notation of a decimal that was taken apart.
    public static func format(_ parts: Parts) -> String {
        switch parts.kind {
        case .notANumber: return "NaN"
        case .positiveInfinity: return "Infinity"
        case .negativeInfinity: return "-Infinity"
        case .finite: break
        }
        if parts.digits.isEmpty { return "0" }
        var text: [UInt8] = parts.isNegative ? [45] : []
        if parts.exponent <= 0 {
            text += [48, 46]
            text += [UInt8](repeating: 48, count: -parts.exponent)
            text += parts.digits
        } else if parts.exponent >= parts.digits.count {
            text += parts.digits
            text += [UInt8](repeating: 48, count: parts.exponent - parts.digits.count)
        } else {
            text += parts.digits[..<parts.exponent]
            text.append(46)
            text += parts.digits[parts.exponent...]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// -1, 0 or 1 as numbers; NaN equals itself and is greater than everything (PostgreSQL's order of `numeric`).
    public static func compare(_ left: Parts, _ right: Parts) -> Int {
        func rank(_ parts: Parts) -> Int {
            switch parts.kind {
            case .negativeInfinity: -2
            case .finite: parts.digits.isEmpty ? 0 : (parts.isNegative ? -1 : 1)
            case .positiveInfinity: 2
            case .notANumber: 3
            }
        }
        let (leftRank, rightRank) = (rank(left), rank(right))
        if leftRank != rightRank { return leftRank < rightRank ? -1 : 1 }
        guard left.kind == .finite, !left.digits.isEmpty else { return 0 }
        let sign = left.isNegative ? -1 : 1
        if left.exponent != right.exponent { return left.exponent < right.exponent ? -sign : sign }
        if left.digits == right.digits { return 0 }
        return left.digits.lexicographicallyPrecedes(right.digits) ? -sign : sign
    }

    private static func special(_ text: some Collection<UInt8>, negative: Bool) -> Parts? {
        switch String(decoding: text, as: UTF8.self).lowercased() {
        case "nan": Parts(kind: .notANumber, isNegative: false, digits: [], exponent: 0)
        case "infinity", "inf", "+infinity", "+inf":
            Parts(kind: .positiveInfinity, isNegative: false, digits: [], exponent: 0)
        case "-infinity", "-inf": Parts(kind: .negativeInfinity, isNegative: true, digits: [], exponent: 0)
        default: nil
        }
    }

    private static func exponentValue(_ iterator: inout some IteratorProtocol<UInt8>) -> Int? {
        var next = iterator.next()
        var negative = false
        if next == 45 || next == 43 {
            negative = next == 45
            next = iterator.next()
        }
        var value = 0
        var seenDigit = false
        while let character = next {
            guard character >= 48, character <= 57 else { return nil }
            seenDigit = true
            value = value * 10 + Int(character - 48)
            guard value <= largestExponent else { return nil }
            next = iterator.next()
        }
        return seenDigit ? (negative ? -value : value) : nil
    }
}
