import LockstepModel

/// The calendar periods of the rules, in the local time of a zone.
enum RetentionPeriod: String, CaseIterable {
    case hourly, daily, weekly, monthly, yearly

    func count(in policy: RetentionPolicy) -> Int {
        switch self {
        case .hourly: policy.hourly
        case .daily: policy.daily
        case .weekly: policy.weekly
        case .monthly: policy.monthly
        case .yearly: policy.yearly
        }
    }

    /// The period that an instant is in, as people write it. Where clocks are set back the hour before and the hour after
    /// are two.
    ///
    /// - Parameters:
    ///   - time: microseconds since 1970-01-01T00:00:00Z.
    ///   - offset: seconds east of Greenwich at that instant.
    func label(_ time: Int64, offset: Int) -> String {
        // A hostile record may say any time; the calendar has none before the year 1.
        let first = (ISOText.firstDay + 1) * ISOText.microsecondsPerDay
        let last = (ISOText.lastDay - 1) * ISOText.microsecondsPerDay
        let local = min(max(time, first), last) + Int64(offset) * 1_000_000
        let days = ISOText.floorDivide(local, ISOText.microsecondsPerDay)
        let date = ISOText.formatDate(days)
        switch self {
        case .hourly:
            let hour = (local - days * ISOText.microsecondsPerDay) / 3_600_000_000
            return "\(date) \(hour < 10 ? "0" : "")\(hour):00 \(Self.zone(offset))"
        case .daily: return date
        case .weekly: return Self.week(days)
        case .monthly: return String(date.prefix(7))
        case .yearly: return String(date.prefix(4))
        }
    }

    /// `2026-W01`: the week is of the year that its Thursday is in (ISO 8601).
    private static func week(_ days: Int64) -> String {
        // 1970-01-01 was a Thursday: day 3 of a week that begins on Monday.
        let weekday = days + 3 - ISOText.floorDivide(days + 3, 7) * 7
        let thursday = days - weekday + 3
        let year = ISOText.civil(days: thursday).year
        let number = (thursday - ISOText.days(year: year, month: 1, day: 1)) / 7 + 1
        return "\(year)-W\(number < 10 ? "0" : "")\(number)"
    }

    private static func zone(_ offset: Int) -> String {
        let minutes = abs(offset) / 60
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }
}
