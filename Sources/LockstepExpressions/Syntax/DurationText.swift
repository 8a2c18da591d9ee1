import LockstepModel

/// Durations as OData writes them: `[-]P[nD][T[nH][nM][n[.f]S]]` (XML Schema's dayTimeDuration).
enum DurationText {
    /// Durations are bounded by some 29,000 years, so that adding one to any time cannot overflow.
    static let largest: Int64 = 10_600_000 * ISOText.microsecondsPerDay

    /// Microseconds; nil when malformed, finer than a microsecond or too large.
    static func parse(_ text: String) -> Int64? {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest.removeFirst() }
        guard rest.popFirst() == "P", !rest.isEmpty else { return nil }
        var total: Int64 = 0
        var inTime = false
        var units: [(Character, Int64)] = [("D", ISOText.microsecondsPerDay)]
        while !rest.isEmpty {
            if rest.first == "T" {
                guard !inTime else { return nil }
                inTime = true
                rest.removeFirst()
                units = [("H", 3_600_000_000), ("M", 60_000_000), ("S", 1_000_000)]
                guard !rest.isEmpty else { return nil }
            }
            guard let part = part(&rest, units: &units) else { return nil }
            total += part
            guard total <= largest else { return nil }
        }
        return isNegative ? -total : total
    }

    private static func part(_ rest: inout Substring, units: inout [(Character, Int64)]) -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= 15, let whole = Int64(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        var fraction = Substring()
        if rest.first == "." {
            rest.removeFirst()
            fraction = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(fraction.count)
            guard !fraction.isEmpty, rest.first == "S", fraction.count <= 6 else { return nil }
        }
        guard let unit = rest.popFirst(), let place = units.firstIndex(where: { $0.0 == unit }) else { return nil }
        let factor = units[place].1
        units.removeFirst(place + 1)
        let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
        guard !overflow, product <= largest else { return nil }
        let padded = fraction + String(repeating: "0", count: 6 - fraction.count)
        return product + (fraction.isEmpty ? 0 : Int64(padded) ?? 0)
    }

    static func format(_ microseconds: Int64) -> String {
        let magnitude = microseconds.magnitude
        let days = magnitude / UInt64(ISOText.microsecondsPerDay)
        let time = Int64(magnitude % UInt64(ISOText.microsecondsPerDay))
        var text = microseconds < 0 ? "-P" : "P"
        if days > 0 { text += "\(days)D" }
        if time > 0 || days == 0 {
            text += "T"
            if time >= 3_600_000_000 { text += "\(time / 3_600_000_000)H" }
            if time / 60_000_000 % 60 > 0 { text += "\(time / 60_000_000 % 60)M" }
            let seconds = time % 60_000_000
            if seconds > 0 || time == 0 {
                text += "\(seconds / 1_000_000)"
                var fraction = String(String(1_000_000 + seconds % 1_000_000).dropFirst())
                while fraction.last == "0" { fraction.removeLast() }
                if !fraction.isEmpty { text += "." + fraction }
                text += "S"
            }
        }
        return text
    }
}
