import LockstepModel

/// Words and figures of a drill's page, safe for HTML and SVG.
enum DrillHTML {
    /// For text and for attributes in double quotes.
    static func escaped(_ text: String) -> String { HTMLText.escaped(text, breaks: .blank) }

    static func number(_ number: Int64) -> String { HTMLText.number(Int(number)) }

    static func count(_ number: Int, _ word: String) -> String { HTMLText.count(number, word) }

    /// `<0.01 s`, `0.41 s`, `12.3 s`, `6 min 52 s`, `3 h 12 min`, `4 d 3 h`.
    static func duration(_ seconds: Double) -> String {
        guard seconds >= 0 else { return "−" + duration(-seconds) }
        if seconds == 0 { return "0 s" }
        if seconds < 0.005 { return "<0.01 s" }
        if seconds < 10 { return "\((seconds * 100).rounded() / 100) s" }
        if seconds < 60 { return "\((seconds * 10).rounded() / 10) s" }
        let whole = Int64(seconds.rounded())
        let (large, small, names): (Int64, Int64, (String, String)) =
            whole < 3600
            ? (whole / 60, whole % 60, ("min", "s"))
            : whole < 86_400
                ? (whole / 3600, whole % 3600 / 60, ("h", "min")) : (whole / 86_400, whole % 86_400 / 3600, ("d", "h"))
        return "\(large) \(names.0)" + (small == 0 ? "" : " \(small) \(names.1)")
    }

    /// `4.2 MB`.
    static func bytes(_ count: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        var value = Double(count)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\((value * 10).rounded() / 10) \(units[unit])"
    }

    /// `2026-01-31 23:59:59 UTC`.
    static func time(_ iso: String) -> String {
        escaped(iso.utf8.count >= 19 ? iso.prefix(19).replacing("T", with: " ") + " UTC" : iso)
    }

    /// A coordinate, to a hundredth.
    static func coordinate(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
