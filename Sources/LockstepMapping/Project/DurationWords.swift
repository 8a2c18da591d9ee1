/// Lengths of time as people write them: `90s`, `15m`, `1h30m`, `90d`, `2w`.
public enum DurationWords {
    private static let units: [(letter: Character, seconds: Int64)] = [
        ("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]
    /// A century: what is longer is a slip of the pen, and would not stay a number.
    private static let longest: Int64 = 100 * 366 * 86_400

    /// Seconds; nil where the text is no length of time, or none at all.
    public static func parse(_ text: String) -> Int64? {
        var rest = text[...]
        var total: Int64 = 0
        var known = units[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let count = Int64(digits), count <= longest, let letter = rest.popFirst(),
                let unit = known.firstIndex(where: { $0.letter == letter })
            else { return nil }
            total += count * known[unit].seconds
            guard total <= longest else { return nil }
            known = known[(unit + 1)...]
        }
        return total > 0 ? total : nil
    }

    /// The shortest spelling that ``parse(_:)`` gives back.
    public static func format(_ seconds: Int64) -> String {
        var rest = seconds
        var text = ""
        for unit in units.dropFirst() where rest >= unit.seconds {
            text += "\(rest / unit.seconds)\(unit.letter)"
            rest %= unit.seconds
        }
        return text.isEmpty ? "0s" : text
    }
}
