import LockstepModel

/// PostgreSQL's binary `numeric`: a count of base-10,000 digits, the weight of the first, a sign, the digits after the
/// point to show, then the digits (`numeric_send` in the server's source).
enum NumericFormat {
    private static let negative: UInt16 = 0x4000
    private static let notANumber: UInt16 = 0xC000
    private static let positiveInfinity: UInt16 = 0xD000
    private static let negativeInfinity: UInt16 = 0xF000

    /// Appends a decimal cell with exactly the digits that the server would print.
    static func append(_ bytes: UnsafeRawBufferPointer, to batch: inout RowBatch) {
        let count = Int(bytes.bigEndian(0, as: UInt16.self))
        let weight = Int(bytes.bigEndian(2, as: Int16.self))
        let sign = bytes.bigEndian(4, as: UInt16.self)
        let scale = Int(bytes.bigEndian(6, as: UInt16.self))
        switch sign {
        case notANumber: return batch.append(.decimal, bytes: "NaN".utf8)
        case positiveInfinity: return batch.append(.decimal, bytes: "Infinity".utf8)
        case negativeInfinity: return batch.append(.decimal, bytes: "-Infinity".utf8)
        default: break
        }
        guard bytes.count == 8 + 2 * count else { return batch.appendInvalid(BinaryDecoder.malformed) }
        let capacity = 2 + max(1, (weight + 1) * 4) + scale + 4
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { text in
            var length = 0
            func put(_ byte: UInt8) {
                text[length] = byte
                length += 1
            }
            func group(_ index: Int) -> UInt16 {
                index >= 0 && index < count ? bytes.bigEndian(8 + 2 * index, as: UInt16.self) : 0
            }
            if sign == negative { put(45) }
            if weight < 0 { put(48) } else { putInteger(weight: weight, group: group, put: put) }
            if scale > 0 {
                put(46)
                var left = scale
                var index = weight + 1
                while left > 0 {
                    let value = group(index)
                    var divisor: UInt16 = 1000
                    for _ in 0..<min(4, left) {
                        put(48 + UInt8(truncatingIfNeeded: value / divisor % 10))
                        divisor /= 10
                    }
                    left -= 4
                    index += 1
                }
            }
            batch.append(.decimal, bytes: UnsafeRawBufferPointer(start: text.baseAddress, count: length))
        }
    }

    @inline(__always)
    private static func putInteger(weight: Int, group: (Int) -> UInt16, put: (UInt8) -> Void) {
        for index in 0...weight {
            let value = group(index)
            var divisor: UInt16 = 1000
            while divisor > 0 {
                // The first group is written without leading zeros.
                if index > 0 || value >= divisor || divisor == 1 {
                    put(48 + UInt8(truncatingIfNeeded: value / divisor % 10))
                }
                divisor /= 10
            }
        }
    }

    /// Appends the binary form of a decimal's text, keeping as many digits after the point as the text shows.
    ///
    /// - Returns: false where the text is no decimal, or one that `numeric` cannot hold.
    static func append(_ text: some Collection<UInt8>, to buffer: inout [UInt8]) -> Bool {
        guard let parts = DecimalText.parts(text) else { return false }
        func put(_ value: UInt16) {
            buffer.append(UInt8(value >> 8))
            buffer.append(UInt8(value & 0xFF))
        }
        func special(_ sign: UInt16) -> Bool {
            put(0)
            put(0)
            put(sign)
            put(0)
            return true
        }
        switch parts.kind {
        case .notANumber: return special(notANumber)
        case .positiveInfinity: return special(positiveInfinity)
        case .negativeInfinity: return special(negativeInfinity)
        case .finite: break
        }
        let shown = max(parts.scale, shownScale(text))
        // What `numeric` holds: 131,072 digits before the point, 16,383 after it.
        guard parts.exponent <= 131_072, shown <= 16_383 else { return false }
        let groups = groups(parts)
        put(UInt16(groups.values.count))
        put(UInt16(bitPattern: Int16(groups.weight)))
        put(parts.isNegative ? negative : 0)
        put(UInt16(shown))
        for value in groups.values { put(value) }
        return true
    }

    /// Digits after the point as written, trailing zeros included; with an exponent only those that count.
    private static func shownScale(_ text: some Collection<UInt8>) -> Int {
        var scale = 0
        var isAfterPoint = false
        for byte in text {
            if byte == 69 || byte == 101 { return 0 }
            if isAfterPoint { scale += 1 }
            if byte == 46 { isAfterPoint = true }
        }
        return scale
    }

    private static func groups(_ parts: DecimalText.Parts) -> (weight: Int, values: [UInt16]) {
        if parts.digits.isEmpty { return (0, []) }
        // `0.digits × 10^exponent`: the first group's weight is that of the digit before position `exponent`.
        let weight = Int(ISOText.floorDivide(Int64(parts.exponent) - 1, 4))
        let lead = (weight + 1) * 4 - parts.exponent
        var values: [UInt16] = []
        var value: UInt16 = 0
        var filled = lead
        for digit in parts.digits {
            value = value * 10 + UInt16(digit - 48)
            filled += 1
            if filled == 4 {
                values.append(value)
                value = 0
                filled = 0
            }
        }
        if filled > 0 {
            for _ in filled..<4 { value *= 10 }
            values.append(value)
        }
        return (weight, values)
    }
}
