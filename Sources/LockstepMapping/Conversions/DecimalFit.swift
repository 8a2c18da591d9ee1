import LockstepModel

/// Whether a decimal goes into a field as it is, and what it becomes where the map allows loss.
enum DecimalFit {
    /// The decimal as the field can hold it: unchanged where it fits.
    static func fit(
        _ parts: DecimalText.Parts, in field: FieldDescription, loss: PairDefinition.Loss?
    ) throws(ValueProblem) -> DecimalText.Parts {
        guard parts.kind == .finite else {
            guard field.holdsNaN, parts.kind == .notANumber || field.precision == nil else {
                throw ValueProblem(.outOfRange, "`\(field.name)` (\(field.nativeType)) holds finite numbers only")
            }
            return parts
        }
        var result = parts
        // A scale may be negative: the field then keeps no units below its power of ten.
        if let scale = field.scale, !result.digits.isEmpty, result.digits.count - result.exponent > scale {
            result = try shorten(result, toScale: scale, in: field, loss: loss)
        }
        if let digits = field.exactDigits {
            if result.digits.count > digits {
                result = try shorten(result, toScale: digits - result.exponent, in: field, loss: loss)
            }
            // The store keeps a double, whose exponent ends near 10^308.
            guard abs(result.exponent) <= 300 else { throw outOfRange(field) }
        }
        if let precision = field.precision {
            if let scale = field.scale {
                guard result.digits.isEmpty || result.exponent <= precision - scale else { throw outOfRange(field) }
            } else {
                guard max(result.digits.count, result.exponent) <= precision else { throw outOfRange(field) }
            }
        }
        return result
    }

    /// Rounded or cut to some digits after the point (before it, where negative); halves go away from zero.
    static func shorten(_ parts: DecimalText.Parts, toScale scale: Int, loss: PairDefinition.Loss) -> DecimalText.Parts
    {
        let kept = parts.exponent + scale
        guard kept < parts.digits.count else { return parts }
        var result = parts
        result.digits = kept > 0 ? Array(parts.digits[..<kept]) : []
        if loss == .round && kept >= 0 && parts.digits[kept] >= 53 { increment(&result, unitExponent: -scale) }
        while result.digits.last == 48 { result.digits.removeLast() }
        if result.digits.isEmpty {
            result.isNegative = false
            result.exponent = 0
        }
        return result
    }

    private static func shorten(
        _ parts: DecimalText.Parts, toScale scale: Int, in field: FieldDescription, loss: PairDefinition.Loss?
    ) throws(ValueProblem) -> DecimalText.Parts {
        guard let loss else {
            throw ValueProblem(
                .notExact, "the number has more digits than `\(field.name)` (\(field.nativeType)) keeps")
        }
        return shorten(parts, toScale: scale, loss: loss)
    }

    /// Adds one unit in the last kept place.
    private static func increment(_ parts: inout DecimalText.Parts, unitExponent: Int) {
        var index = parts.digits.count - 1
        while index >= 0, parts.digits[index] == 57 {
            parts.digits[index] = 48
            index -= 1
        }
        if index >= 0 {
            parts.digits[index] += 1
        } else if parts.digits.isEmpty {
            parts.digits = [49]
            parts.exponent = unitExponent + 1
        } else {
            parts.digits.insert(49, at: 0)
            parts.exponent += 1
        }
    }

    private static func outOfRange(_ field: FieldDescription) -> ValueProblem {
        ValueProblem(.outOfRange, "the number is larger than `\(field.name)` (\(field.nativeType)) holds")
    }
}
