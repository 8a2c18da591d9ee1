/// Doubles as text that reads back to the same bits (NaN aside): shortest round-trip form.
public enum FloatText {
    public static func format(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    /// Accepts what ``format(_:)`` writes and every decimal or exponent form; nil for anything else.
    public static func parse(_ text: String) -> Double? {
        switch text.lowercased() {
        case "nan": .nan
        case "infinity", "inf", "+infinity", "+inf": .infinity
        case "-infinity", "-inf": -.infinity
        default: text.contains(where: { $0 == "x" || $0 == "X" }) ? nil : Double(text)
        }
    }
}
