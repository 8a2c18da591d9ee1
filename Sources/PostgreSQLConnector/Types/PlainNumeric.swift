import LockstepModel

/// The binary `numeric` of a decimal in plain notation, straight from its text: no digit is kept anywhere between.
enum PlainNumeric {
    /// Longer ones, and those with an exponent, are left to ``NumericFormat``.
    private static let largestLength = 64

    /// Appends length and value as ``NumericFormat`` does.
    ///
    /// - Returns: false, with nothing appended, where the text is not plain.
    @inline(__always)
    static func append(_ text: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) -> Bool {
        guard text.count > 0, text.count <= largestLength else { return false }
        let isNegative = text[0] == 45
        let start = isNegative ? 1 : 0
        var point = text.count
        for index in start..<text.count where text[index] &- 48 > 9 {
            guard text[index] == 46, point == text.count else { return false }
            point = index
        }
        let scale = max(0, text.count - point - 1)
        guard point > start, point == text.count || scale > 0 else { return false }
        return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: largestLength / 2 + 2) { groups in
            let count = group(text, start: start, point: point, into: groups)
            // Groups before the point, less the first's own place.
            var weight = (point - start + 3) / 4 - 1
            var first = 0
            while first < count, groups[first] == 0 {
                first += 1
                weight -= 1
            }
            var last = count
            while last > first, groups[last - 1] == 0 { last -= 1 }
            let isZero = first == last
            buffer.put(Int32(8 + 2 * (last - first)))
            buffer.put(UInt16(last - first))
            buffer.put(Int16(isZero ? 0 : weight))
            buffer.put(UInt16(isNegative && !isZero ? 0x4000 : 0))
            buffer.put(UInt16(scale))
            for index in first..<last { buffer.put(groups[index]) }
            return true
        }
    }

    /// Base-10,000 groups of four digits each, aligned at the point.
    @inline(__always)
    private static func group(
        _ text: UnsafeRawBufferPointer, start: Int, point: Int, into groups: UnsafeMutableBufferPointer<UInt16>
    ) -> Int {
        var count = 0
        var value: UInt16 = 0
        var filled = (4 - (point - start) % 4) % 4
        for index in start..<point {
            value = value * 10 + UInt16(text[index] &- 48)
            filled += 1
            if filled == 4 {
                groups[count] = value
                (value, filled, count) = (0, 0, count + 1)
            }
        }
        guard point < text.count else { return count }
        for index in (point + 1)..<text.count {
            value = value * 10 + UInt16(text[index] &- 48)
            filled += 1
            if filled == 4 {
                groups[count] = value
                (value, filled, count) = (0, 0, count + 1)
            }
        }
        if filled > 0 {
            while filled < 4 {
                value *= 10
                filled += 1
            }
            groups[count] = value
            count += 1
        }
        return count
    }
}
