/// Dates and times as ISO 8601 text, exact to the microsecond, in the proleptic Gregorian calendar.
///
/// Works on UTF-8 bytes so that connectors can parse what a C library hands them without making a `String`.
public enum ISOText {
    public static let microsecondsPerDay: Int64 = 86_400_000_000
    /// 0001-01-01, as days since 1970-01-01.
    public static let firstDay: Int64 = -719_162
    /// 9999-12-31, as days since 1970-01-01.
    public static let lastDay: Int64 = 2_932_896

    // MARK: Calendar (after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013)

    /// Days since 1970-01-01 of a date that is known to be valid.
    public static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Year, month and day of a number of days since 1970-01-01.
    public static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    public static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // MARK: Formatting

    /// `YYYY-MM-DD`.
    public static func formatDate(_ days: Int64) -> String {
        var text: [UInt8] = []
        appendDate(days, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// `HH:MM:SS` with up to six digits of fraction, none when it is zero.
    public static func formatTime(_ microseconds: Int64) -> String {
        var text: [UInt8] = []
        appendTime(microseconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// `YYYY-MM-DD HH:MM:SS` with up to six digits of fraction, none when it is zero.
    public static func formatTimestamp(_ microseconds: Int64) -> String {
        var text: [UInt8] = []
        appendTimestamp(microseconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    public static func appendDate(_ days: Int64, to text: inout [UInt8]) {
        let (year, month, day) = civil(days: days)
        appendDigits(year, width: 4, to: &text)
        text.append(45)
        appendDigits(month, width: 2, to: &text)
        text.append(45)
        appendDigits(day, width: 2, to: &text)
    }

    public static func appendTime(_ microseconds: Int64, to text: inout [UInt8]) {
        let seconds = microseconds / 1_000_000
        appendDigits(seconds / 3600, width: 2, to: &text)
        text.append(58)
        appendDigits(seconds / 60 % 60, width: 2, to: &text)
        text.append(58)
        appendDigits(seconds % 60, width: 2, to: &text)
        var fraction = microseconds % 1_000_000
        guard fraction != 0 else { return }
        text.append(46)
        var width = 6
        while fraction % 10 == 0 {
            fraction /= 10
            width -= 1
        }
        appendDigits(fraction, width: width, to: &text)
    }

    public static func appendTimestamp(_ microseconds: Int64, to text: inout [UInt8]) {
        let days = floorDivide(microseconds, microsecondsPerDay)
        appendDate(days, to: &text)
        text.append(32)
        appendTime(microseconds - days * microsecondsPerDay, to: &text)
    }

    // MARK: Parsing

    /// Days since 1970-01-01 of `YYYY-MM-DD`; nil when malformed or outside years 1 to 9999.
    public static func parseDate(_ text: some Collection<UInt8>) -> Int64? {
        var scanner = Scanner(text)
        guard let days = scanner.date(), scanner.isAtEnd else { return nil }
        return days
    }

    /// Microseconds since midnight of `HH:MM[:SS[.ffffff]]`; nil when malformed or finer than a microsecond.
    public static func parseTime(_ text: some Collection<UInt8>) -> Int64? {
        var scanner = Scanner(text)
        guard let time = scanner.time(), scanner.isAtEnd else { return nil }
        return time
    }

    /// Microseconds of `YYYY-MM-DD[( |T)HH:MM[:SS[.ffffff]]]` without zone; nil when malformed or with a zone.
    public static func parseTimestamp(_ text: some Collection<UInt8>) -> Int64? {
        guard let (microseconds, offset) = parseDateTime(text), offset == nil else { return nil }
        return microseconds
    }

    /// Microseconds in UTC of a timestamp with a zone (`Z`, `+HH`, `+HH:MM`, `+HHMM`, `+HH:MM:SS`); nil without one.
    public static func parseInstant(_ text: some Collection<UInt8>) -> Int64? {
        guard let (microseconds, offset) = parseDateTime(text), let offset else { return nil }
        return microseconds - offset
    }

    /// A timestamp with an optional zone: local microseconds, and the zone's offset in microseconds where there is one.
    public static func parseDateTime(_ text: some Collection<UInt8>) -> (microseconds: Int64, offset: Int64?)? {
        scanDateTime(text)
    }

    static func scanDateTime(_ text: some Collection<UInt8>) -> (microseconds: Int64, offset: Int64?)? {
        var scanner = Scanner(text)
        guard let days = scanner.date() else { return nil }
        if scanner.isAtEnd { return (days * microsecondsPerDay, nil) }
        guard scanner.skip(32) || scanner.skip(84) || scanner.skip(116), let time = scanner.time() else { return nil }
        let local = days * microsecondsPerDay + time
        if scanner.isAtEnd { return (local, nil) }
        guard let offset = scanner.zone(), scanner.isAtEnd else { return nil }
        return (local, offset)
    }

    @inline(__always)
    public static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    private static func appendDigits(_ value: Int64, width: Int, to text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<max(width, 1) { divisor *= 10 }
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            text.append(48 + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }

    /// Reads the parts of a date and time from UTF-8 bytes.
    private struct Scanner<Bytes: Collection<UInt8>> {
        private let bytes: Bytes
        private var index: Bytes.Index

        init(_ bytes: Bytes) {
            self.bytes = bytes
            self.index = bytes.startIndex
        }

        var isAtEnd: Bool { index == bytes.endIndex }

        mutating func skip(_ character: UInt8) -> Bool {
            guard index < bytes.endIndex, bytes[index] == character else { return false }
            index = bytes.index(after: index)
            return true
        }

        mutating func digits(_ count: Int) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<count {
                guard index < bytes.endIndex, bytes[index] >= 48, bytes[index] <= 57 else { return nil }
                value = value * 10 + Int64(bytes[index] - 48)
                index = bytes.index(after: index)
            }
            return value
        }

        mutating func date() -> Int64? {
            guard let year = digits(4), skip(45), let month = digits(2), skip(45), let day = digits(2),
                year >= 1, month >= 1, month <= 12, day >= 1, day <= ISOText.daysInMonth(year: year, month: month)
            else { return nil }
            return ISOText.days(year: year, month: month, day: day)
        }

        mutating func time() -> Int64? {
            guard let hour = digits(2), skip(58), let minute = digits(2), hour <= 24, minute <= 59 else { return nil }
            var second: Int64 = 0
            var fraction: Int64 = 0
            if skip(58) {
                guard let value = digits(2), value <= 59 else { return nil }
                second = value
                if skip(46) {
                    guard let value = self.fraction() else { return nil }
                    fraction = value
                }
            }
            let microseconds = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
            return microseconds <= ISOText.microsecondsPerDay ? microseconds : nil
        }

        mutating func fraction() -> Int64? {
            var value: Int64 = 0
            var count = 0
            while index < bytes.endIndex, bytes[index] >= 48, bytes[index] <= 57 {
                if count < 6 {
                    value = value * 10 + Int64(bytes[index] - 48)
                } else if bytes[index] != 48 {
                    return nil
                }
                count += 1
                index = bytes.index(after: index)
            }
            guard count > 0 else { return nil }
            while count < 6 {
                value *= 10
                count += 1
            }
            return value
        }

        mutating func zone() -> Int64? {
            if skip(90) || skip(122) { return 0 }
            let sign: Int64
            if skip(43) { sign = 1 } else if skip(45) { sign = -1 } else { return nil }
            guard let hours = digits(2), hours <= 18 else { return nil }
            var seconds = hours * 3600
            if !isAtEnd {
                _ = skip(58)
                guard let minutes = digits(2), minutes <= 59 else { return nil }
                seconds += minutes * 60
                if skip(58) {
                    guard let rest = digits(2), rest <= 59 else { return nil }
                    seconds += rest
                }
            }
            return sign * seconds * 1_000_000
        }
    }
}
