/// Text made safe for HTML and SVG. Everything in a page that does not come from this program goes through here.
package enum HTMLText {
    /// For text and for attributes in double quotes. Control characters and marks that turn the direction of text are
    /// shown: a stored value must not look like another.
    package static func escaped(_ text: String) -> String { escaped(text, breaks: .shown) }

    package static func escaped(_ text: String, breaks: SafeText.Breaks) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for character in SafeText.escaped(text, breaks: breaks).unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    /// `1 204`, with thin spaces that do not break.
    package static func number(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var groups: [Substring] = []
        var rest = digits[...]
        while rest.count > 3 {
            groups.insert(rest.suffix(3), at: 0)
            rest = rest.dropLast(3)
        }
        groups.insert(rest, at: 0)
        return (number < 0 ? "-" : "") + groups.joined(separator: "\u{202F}")
    }

    /// `1 record`, `1 204 records`.
    package static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(self.number(number)) \(number == 1 ? singular : plural ?? singular + "s")"
    }
}
