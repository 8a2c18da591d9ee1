import LockstepModel

/// The dates and times that expressions know: years 1 to 9999, as OData's `mindatetime` and `maxdatetime`.
enum TimeRange {
    static let first = ISOText.firstDay * ISOText.microsecondsPerDay
    static let last = (ISOText.lastDay + 1) * ISOText.microsecondsPerDay - 1

    /// Microseconds since 1970 of a timestamp or an instant.
    static func holds(_ microseconds: Int64) -> Bool { microseconds >= first && microseconds <= last }

    /// Days since 1970.
    static func holds(day: Int64) -> Bool { day >= ISOText.firstDay && day <= ISOText.lastDay }
}
