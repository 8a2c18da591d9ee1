/// Spans of time as people write them: `90s`, `15m`, `36h`, `7d`, `4w`.
public enum SpanText {
    /// A word for error hints.
    public static let examples = "write `90s`, `15m`, `36h`, `7d` or `4w`"

    /// - Returns: seconds; nil where the text is no such span.
    public static func seconds(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let last = text.last, let unit = units[last], text.count > 1,
            text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text.dropLast())
        else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : seconds
    }
}
