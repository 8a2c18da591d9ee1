/// Text that came from outside, made safe to show: nothing in it moves a cursor, turns its direction round or looks like
/// other text.
package enum SafeText {
    /// What becomes of line feeds and tabs.
    package enum Breaks: Sendable {
        /// `\\n` and `\\t`: a stored value is shown exactly.
        case shown
        /// Blanks: words that people wrote run on.
        case blank
    }

    /// Escapes control characters, and marks that turn the direction of text.
    package static func escaped(_ text: String, breaks: Breaks = .shown) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch (scalar, breaks) {
            case ("\n", .shown): result += "\\n"
            case ("\t", .shown): result += "\\t"
            case ("\r", .shown): result += "\\r"
            case ("\n", .blank), ("\t", .blank): result += " "
            case _ where isUnsafe(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
