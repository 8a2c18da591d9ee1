internal import LockstepModel

/// Decimals of at most 15 digits, which a double keeps (IEEE 754 binary64), without making texts and digit lists.
/// Whatever is longer goes the general way through ``DecimalText``.
struct PlainDecimal {
    /// The decimal is `mantissa / 10^scale`; the scale is as small as can be.
    var mantissa: Int64
    var scale: Int

    /// Nil for other spellings than a sign, digits and a point, and for more than 15 digits.
    init?(_ text: UnsafeRawBufferPointer) {
        var mantissa: Int64 = 0
        var digits = 0
        var point: Int?
        for (index, byte) in text.enumerated() {
            let digit = byte &- 48
            if digit <= 9 {
                mantissa = mantissa * 10 + Int64(digit)
                digits += 1
                guard digits <= CellFormat.exactDigits else { return nil }
            } else if byte == 46, point == nil {
                point = digits
            } else if index > 0 || byte != 45 {
                return nil
            }
        }
        guard digits > 0 else { return nil }
        var scale = point.map { digits - $0 } ?? 0
        while scale > 0, mantissa % 10 == 0 {
            mantissa /= 10
            scale -= 1
        }
        self.mantissa = text[0] == 45 ? -mantissa : mantissa
        self.scale = scale
    }

    /// The double nearest to the decimal: both operands are exact, so the division rounds once.
    var double: Double { Double(mantissa) / Self.powers[scale] }

    /// Appends a double as the shortest decimal that reads back to it, where that has few digits. No two decimals of
    /// at most 15 digits are the same double, so the first that is found is the shortest.
    ///
    /// - Returns: false, with nothing appended, for all others.
    static func append(_ value: Double, to batch: inout RowBatch) -> Bool {
        for scale in 0...6 {
            let scaled = (value * powers[scale]).rounded()
            guard scaled.magnitude < 1e15 else { return false }
            guard scaled / powers[scale] == value else { continue }
            withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { text in
                let start = write(Int64(scaled), scale: scale, to: text)
                batch.append(.decimal, bytes: UnsafeRawBufferPointer(rebasing: text[start...]))
            }
            return true
        }
        return false
    }

    /// Writes the decimal at the end of the memory, and returns where it begins. An Int64 takes at most 20 bytes.
    static func write(_ mantissa: Int64, scale: Int, to text: UnsafeMutableRawBufferPointer) -> Int {
        var rest = mantissa.magnitude
        var index = text.count
        var digits = 0
        while rest > 0 || digits <= scale {
            if digits == scale, scale > 0 {
                index -= 1
                text[index] = 46
            }
            index -= 1
            text[index] = 48 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            digits += 1
        }
        if mantissa < 0 {
            index -= 1
            text[index] = 45
        }
        return index
    }

    /// Exact as doubles up to 10^22.
    private static let powers: [Double] = (0...CellFormat.exactDigits).map { power in
        (0..<power).reduce(1.0) { product, _ in product * 10 }
    }
}
