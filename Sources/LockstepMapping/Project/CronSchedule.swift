/// A cron schedule: minute, hour, day of month, month, day of week, as in POSIX `crontab`, with `/` steps and names.
public struct CronSchedule: Sendable, Hashable {
    /// As the file has it.
    public var text: String

    private struct Unit {
        var name: String
        var range: ClosedRange<Int>
        var names: [String] = []
    }

    private static let units = [
        Unit(name: "minute", range: 0...59),
        Unit(name: "hour", range: 0...23),
        Unit(name: "day of month", range: 1...31),
        Unit(
            name: "month", range: 1...12,
            names: ["", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        Unit(name: "day of week", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    /// What is wrong with a schedule; nil when it can be read.
    static func problem(in text: String) -> String? {
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == units.count else { return "a cron schedule has five parts, this one \(parts.count)" }
        for (part, unit) in zip(parts, units) {
            for item in part.split(separator: ",", omittingEmptySubsequences: false) where !isValid(item, unit) {
                return "its \(unit.name) cannot be read"
            }
        }
        return nil
    }

    private static func isValid(_ item: Substring, _ unit: Unit) -> Bool {
        let steps = item.split(separator: "/", omittingEmptySubsequences: false)
        guard steps.count <= 2, let span = steps.first else { return false }
        if steps.count == 2 {
            guard let step = Int(steps[1]), step >= 1, step <= unit.range.upperBound else { return false }
        }
        if span == "*" { return true }
        let ends = span.split(separator: "-", omittingEmptySubsequences: false).map { value($0, unit) }
        switch ends.count {
        case 1: return ends[0] != nil
        case 2:
            guard let first = ends[0], let last = ends[1] else { return false }
            return first <= last
        default: return false
        }
    }

    private static func value(_ text: Substring, _ unit: Unit) -> Int? {
        let named = text.isEmpty ? nil : unit.names.firstIndex(of: text.lowercased())
        guard let value = named ?? (text.allSatisfy(\.isASCII) ? Int(text) : nil) else { return nil }
        return unit.range.contains(value) && text.first != "+" ? value : nil
    }
}
