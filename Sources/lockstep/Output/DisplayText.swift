import LockstepModel

/// Text as a terminal shows it: how wide it is, and without what could take the terminal over.
enum DisplayText {
    /// Escapes control characters and marks that turn the direction of text: a stored value must not move the cursor,
    /// change colours or show as something else.
    static func safe(_ text: String) -> String { SafeText.escaped(text) }

    /// Columns that the text takes on a terminal.
    static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    /// The text within a number of columns, its end cut off with `…` where it is longer.
    static func cut(_ text: String, to columns: Int) -> String {
        guard width(text) > columns else { return text }
        var result = ""
        var used = 0
        for character in text {
            let next = width(character)
            guard used + next <= columns - 1 else { break }
            result.append(character)
            used += next
        }
        return result + "…"
    }

    /// The text in lines of a number of columns at most, broken at blanks.
    static func wrapped(_ text: String, width columns: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, width(last) + 1 + width(String(word)) <= columns {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    /// `1 conflict`, `2 conflicts`.
    static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(number) \(number == 1 ? singular : plural ?? singular + "s")"
    }

    /// A time as people read it: to the second, the `T` a space.
    static func time(_ iso: String) -> String {
        guard iso.utf8.count >= 19 else { return iso.isEmpty ? "-" : iso }
        return iso.prefix(19).replacing("T", with: " ") + "Z"
    }

    /// After Unicode Standard Annex 11: wide and full-width characters take two columns, marks that stand over others
    /// none.
    private static func width(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if first.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}") { return 2 }
        return isWide(first.value) ? 2 : 1
    }

    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
