import LockstepModel

/// Reads the one form that PostgreSQL prints common values in, straight from a buffer.
///
/// The model's own parsers accept every form, but as generic code of another module they cost some ten times as much
/// per value; they take over wherever these give up.
enum FixedFormText {
    /// Days of `YYYY-MM-DD` at the start of the bytes.
    static func days(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count >= 10, bytes[4] == 45, bytes[7] == 45, let century = twoDigits(bytes, 0),
            let yearOfCentury = twoDigits(bytes, 2), let month = twoDigits(bytes, 5), let day = twoDigits(bytes, 8)
        else { return nil }
        let year = century * 100 + yearOfCentury
        guard year >= 1, month >= 1, month <= 12, day >= 1, day <= ISOText.daysInMonth(year: year, month: month) else {
            return nil
        }
        return ISOText.days(year: year, month: month, day: day)
    }

    /// Microseconds of `YYYY-MM-DD HH:MM:SS[.ffffff][+00]`; nil for any other form (BC, other zones, long years).
    static func microseconds(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard bytes.count >= 19, bytes[10] == 32, bytes[13] == 58, bytes[16] == 58, let days = days(bytes),
            let hour = twoDigits(bytes, 11), let minute = twoDigits(bytes, 14), let second = twoDigits(bytes, 17),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if index < bytes.count, bytes[index] == 46 {
            index += 1
            var unit: Int64 = 100_000
            while index < bytes.count, bytes[index] >= 48, bytes[index] <= 57 {
                guard unit > 0 else { return nil }
                fraction += Int64(bytes[index] - 48) * unit
                unit /= 10
                index += 1
            }
        }
        if index + 3 == bytes.count, bytes[index] == 43, bytes[index + 1] == 48, bytes[index + 2] == 48 { index += 3 }
        guard index == bytes.count else { return nil }
        return days * ISOText.microsecondsPerDay + ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    }

    /// The bytes of `\x…`, appended to a buffer; false where the text has another form.
    static func appendHexadecimal(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) -> Bool {
        guard text.count >= 2, text.count % 2 == 0, text[0] == 92, text[1] == 120 else { return false }
        bytes.reserveCapacity(text.count / 2)
        var index = 2
        while index < text.count {
            guard let high = nibble(text[index]), let low = nibble(text[index + 1]) else { return false }
            bytes.append(high << 4 | low)
            index += 2
        }
        return true
    }

    @inline(__always)
    private static func twoDigits(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int64? {
        let (high, low) = (bytes[index], bytes[index + 1])
        guard high >= 48, high <= 57, low >= 48, low <= 57 else { return nil }
        return Int64(high - 48) * 10 + Int64(low - 48)
    }

    @inline(__always)
    private static func nibble(_ character: UInt8) -> UInt8? {
        switch character {
        case 48...57: character - 48
        case 97...102: character - 87
        case 65...70: character - 55
        default: nil
        }
    }
}
