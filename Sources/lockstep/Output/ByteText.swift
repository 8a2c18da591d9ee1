import Foundation
import LockstepModel

/// Sizes, rates and times of backups, for people.
enum ByteText {
    /// `512 B`, `3.4 MiB`.
    static func size(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : String(format: "%.1f %@", value, units[unit])
    }

    /// `2026-01-31 23:59:59` in UTC.
    static func time(_ microseconds: Int64) -> String {
        ISOText.formatTimestamp(ISOText.floorDivide(microseconds, 1_000_000) * 1_000_000)
    }
}
