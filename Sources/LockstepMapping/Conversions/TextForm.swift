/// What happens to text on its way, before anything else looks at it.
struct TextForm: Sendable, Hashable {
    /// White space (Unicode's White_Space property) at both ends is taken off.
    var trims = false
    /// By Unicode's full case mapping, without a language: `ß` becomes `SS` in upper case, in every country.
    var letterCase: PairDefinition.LetterCase?

    var isEmpty: Bool { !trims && letterCase == nil }

    /// The text in this form; applied twice it is the same.
    func callAsFunction(_ text: String) -> String {
        var result = text
        if trims {
            let scalars = text.unicodeScalars
            let start = scalars.firstIndex { !$0.properties.isWhitespace }
            let end = scalars.lastIndex { !$0.properties.isWhitespace }
            result = if let start, let end { String(scalars[start...end]) } else { "" }
        }
        switch letterCase {
        case .upper: return result.uppercased()
        case .lower: return result.lowercased()
        case nil: return result
        }
    }

    /// Whether ASCII bytes are in this form as they are; false where a closer look is needed.
    func isKept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if trims, let first = bytes.first, let last = bytes.last, first <= 32 || last <= 32 { return false }
        let changed: ClosedRange<UInt8>? =
            switch letterCase {
            case .upper: 97...122
            case .lower: 65...90
            case nil: nil
            }
        return bytes.allSatisfy { $0 < 128 && changed?.contains($0) != true }
    }
}
