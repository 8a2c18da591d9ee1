/// What to keep: the newest snapshot of each of the last so many hours, days, … that have any. A snapshot stays when one
/// rule keeps it.
public struct RetentionPolicy: Sendable, Hashable {
    /// The newest so many.
    public var last: Int
    public var hourly: Int
    public var daily: Int
    /// Weeks begin on Monday (ISO 8601).
    public var weekly: Int
    public var monthly: Int
    public var yearly: Int
    /// All whose cut is not older than this; nil for no such rule.
    public var withinSeconds: Int64?
    /// An IANA name, `Europe/Berlin`: where days begin and end.
    public var timeZone: String

    public init(
        last: Int = 0, hourly: Int = 0, daily: Int = 0, weekly: Int = 0, monthly: Int = 0, yearly: Int = 0,
        withinSeconds: Int64? = nil, timeZone: String = "UTC"
    ) {
        self.last = last
        self.hourly = hourly
        self.daily = daily
        self.weekly = weekly
        self.monthly = monthly
        self.yearly = yearly
        self.withinSeconds = withinSeconds
        self.timeZone = timeZone
    }

    /// No rule keeps anything: then nothing is dropped either.
    public var isEmpty: Bool {
        [last, hourly, daily, weekly, monthly, yearly].allSatisfy { $0 <= 0 } && withinSeconds == nil
    }
}
