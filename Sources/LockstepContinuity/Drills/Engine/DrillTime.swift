import LockstepModel

/// Points in time as reports write them.
enum DrillTime {
    /// `2026-01-31T23:59:59.5Z`.
    static func text(_ microseconds: Int64) -> String {
        ISOText.formatTimestamp(microseconds).replacing(" ", with: "T") + "Z"
    }

    /// Microseconds since 1970; nil where it is no such text.
    static func parse(_ text: String) -> Int64? { ISOText.parseInstant(text.utf8) }

    /// `20260131T235959Z-0123456789ab`.
    static func identifier(_ microseconds: Int64, suffix: String) -> String {
        let text = ISOText.formatTimestamp(microseconds / 1_000_000 * 1_000_000)
        return text.filter { $0.isNumber || $0 == " " }.replacing(" ", with: "T") + "Z-" + suffix
    }

    static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        // To the microsecond: what is beyond is noise, and makes reports long.
        return Double(seconds) + Double(attoseconds / 1_000_000_000_000) / 1_000_000
    }
}
