internal import Foundation

/// Texts as match rules compare them.
enum MatchText {
    /// Stands between the fields of a rule: no text that people write holds it.
    static let separator: UInt8 = 0x1F

    /// Without case, accents and width, each run of blanks and punctuation one blank, none at the ends: `Müller & Sons,
    /// Inc.` and `MULLER  SONS INC` are one text.
    ///
    /// Compatibility forms are unified first (Unicode Standard Annex 15, NFKC); letters that have no accent to lose but
    /// are often written without (ß, ø, ł, æ …) become those that people write instead.
    static func normalised(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            // Letters and digits of ASCII, in lower case; all other ASCII separates.
            switch byte {
            case 0x61...0x7A, 0x30...0x39: bytes.append(byte)
            case 0x41...0x5A: bytes.append(byte + 0x20)
            case 0x80...: return folded(text)
            default: if let last = bytes.last, last != 0x20 { bytes.append(0x20) }
            }
        }
        if bytes.last == 0x20 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func folded(_ text: String) -> String {
        let plain = text.precomposedStringWithCompatibilityMapping
            .folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
        var result = String.UnicodeScalarView()
        for scalar in plain.unicodeScalars {
            if let letters = unaccented[scalar] {
                result.append(contentsOf: letters.unicodeScalars)
            } else if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            } else if !isMark(scalar), let last = result.last, last != " " {
                result.append(" ")
            }
        }
        if result.last == " " { result.removeLast() }
        return String(result)
    }

    private static let unaccented: [Unicode.Scalar: String] = [
        "ß": "ss", "ẞ": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "æ": "ae", "Æ": "ae",
        "œ": "oe", "Œ": "oe", "þ": "th", "Þ": "th", "ı": "i",
    ]

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .format: true
        default: false
        }
    }

    /// The words in alphabetical order: `john smith` and `smith john` sort side by side.
    static func sortedWords(_ text: String) -> String {
        text.split(whereSeparator: { $0 == " " || $0 == "\u{1F}" }).sorted().joined(separator: " ")
    }

    /// The consonants of the sorted words, each run of one letter once: what is left of a text when vowels and doubled
    /// letters are typed wrong.
    static func skeleton(_ sortedWords: String) -> String {
        var result: [Character] = []
        for character in sortedWords where !"aeiouy ".contains(character) && result.last != character {
            result.append(character)
        }
        return String(result)
    }

    /// The numbers in a text, in order: texts with other numbers are never near (`Store 12` and `Store 13`).
    static func numbers(_ text: String) -> String {
        text.split(whereSeparator: { !$0.isNumber }).sorted().joined(separator: " ")
    }
}
