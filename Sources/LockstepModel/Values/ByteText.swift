/// What the inner loops of connectors and comparisons do with bytes in memory.
///
/// The generic forms beside these take any collection; a loop in another module would pay for that with a dynamic call
/// per byte.
public enum ByteText {
    /// Whether two pieces of memory hold the same bytes.
    public static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        var index = 0
        while index + 8 <= left.count {
            guard
                left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    == right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            else { return false }
            index += 8
        }
        while index < left.count {
            guard left[index] == right[index] else { return false }
            index += 1
        }
        return true
    }
}

extension DecimalText {
    /// Takes a decimal apart; nil when the text is no decimal.
    public static func parts(_ text: UnsafeRawBufferPointer) -> Parts? { takeApart(text) }

    /// Whether the text is a decimal; plain digits are looked at without taking them apart.
    public static func isValid(_ text: UnsafeRawBufferPointer) -> Bool {
        var digits = 0
        var points = 0
        for (index, byte) in text.enumerated() {
            if byte >= 48 && byte <= 57 {
                digits += 1
            } else if byte == 46 {
                points += 1
            } else if index > 0 || (byte != 45 && byte != 43) {
                return takeApart(text) != nil
            }
        }
        return digits > 0 && points <= 1
    }
}

extension ISOText {
    /// A timestamp with an optional zone, from bytes in memory: local microseconds, and the zone's offset in
    /// microseconds where there is one.
    public static func parseDateTime(_ text: UnsafeRawBufferPointer) -> (microseconds: Int64, offset: Int64?)? {
        if let plain = plainTimestamp(text) { return (plain, nil) }
        return scanDateTime(text)
    }

    /// Days since 1970-01-01 of `YYYY-MM-DD` in memory; nil when malformed or outside years 1 to 9999.
    public static func parseDate(_ text: UnsafeRawBufferPointer) -> Int64? { text.count == 10 ? plainDate(text) : nil }

    /// `YYYY-MM-DD HH:MM:SS[.ffffff]`, the spelling that connectors write themselves; nil for every other.
    private static func plainTimestamp(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text.count == 19 || (text.count >= 21 && text.count <= 26), text[10] == 32, text[13] == 58,
            text[16] == 58, let days = plainDate(text)
        else { return nil }
        let (hour, minute, second) = (pair(text, 11), pair(text, 14), pair(text, 17))
        guard hour >= 0, hour <= 23, minute >= 0, minute <= 59, second >= 0, second <= 59 else { return nil }
        var fraction: Int64 = 0
        if text.count > 19 {
            guard text[19] == 46 else { return nil }
            for index in 20..<26 {
                var digit: UInt8 = 0
                if index < text.count {
                    digit = text[index] &- 48
                    guard digit <= 9 else { return nil }
                }
                fraction = fraction * 10 + Int64(digit)
            }
        }
        return days * microsecondsPerDay + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    }

    private static func plainDate(_ text: UnsafeRawBufferPointer) -> Int64? {
        let (century, years, month, day) = (pair(text, 0), pair(text, 2), pair(text, 5), pair(text, 8))
        guard text[4] == 45, text[7] == 45, century >= 0, years >= 0, month >= 1, month <= 12, day >= 1 else {
            return nil
        }
        let year = century * 100 + years
        guard year >= 1, day <= daysInMonth(year: year, month: month) else { return nil }
        return days(year: year, month: month, day: day)
    }

    /// Two digits as a number, -1 where they are none.
    @inline(__always)
    private static func pair(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int64 {
        let (tens, ones) = (text[index] &- 48, text[index + 1] &- 48)
        return tens <= 9 && ones <= 9 ? Int64(tens) * 10 + Int64(ones) : -1
    }

    // MARK: Writing into memory

    /// Writes `YYYY-MM-DD` and returns the number of bytes.
    ///
    /// - Precondition: the date is in the years 1 to 9999, and there is room for 10 bytes.
    public static func writeDate(_ days: Int64, to text: UnsafeMutableRawBufferPointer) -> Int {
        let (year, month, day) = civil(days: days)
        write(year / 100, to: text, at: 0)
        write(year % 100, to: text, at: 2)
        text[4] = 45
        write(month, to: text, at: 5)
        text[7] = 45
        write(day, to: text, at: 8)
        return 10
    }

    /// Writes `HH:MM:SS[.ffffff]`, the fraction as short as can be, and returns the number of bytes.
    ///
    /// - Precondition: 0 to 24:00:00, and there is room for 15 bytes.
    public static func writeTime(_ microseconds: Int64, to text: UnsafeMutableRawBufferPointer) -> Int {
        let seconds = microseconds / 1_000_000
        write(seconds / 3600, to: text, at: 0)
        text[2] = 58
        write(seconds / 60 % 60, to: text, at: 3)
        text[5] = 58
        write(seconds % 60, to: text, at: 6)
        let fraction = microseconds % 1_000_000
        guard fraction != 0 else { return 8 }
        text[8] = 46
        write(fraction / 10_000, to: text, at: 9)
        write(fraction / 100 % 100, to: text, at: 11)
        write(fraction % 100, to: text, at: 13)
        var count = 15
        while text[count - 1] == 48 { count -= 1 }
        return count
    }

    /// Writes `YYYY-MM-DD HH:MM:SS[.ffffff]` and returns the number of bytes.
    ///
    /// - Precondition: the timestamp is in the years 1 to 9999, and there is room for 26 bytes.
    public static func writeTimestamp(_ microseconds: Int64, to text: UnsafeMutableRawBufferPointer) -> Int {
        let days = floorDivide(microseconds, microsecondsPerDay)
        _ = writeDate(days, to: text)
        text[10] = 32
        let rest = UnsafeMutableRawBufferPointer(rebasing: text[11...])
        return 11 + writeTime(microseconds - days * microsecondsPerDay, to: rest)
    }

    @inline(__always)
    private static func write(_ pair: Int64, to text: UnsafeMutableRawBufferPointer, at index: Int) {
        text[index] = 48 + UInt8(truncatingIfNeeded: pair / 10)
        text[index + 1] = 48 + UInt8(truncatingIfNeeded: pair % 10)
    }
}
