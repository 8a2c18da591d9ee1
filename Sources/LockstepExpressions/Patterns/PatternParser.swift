/// Reads the regular expressions of ECMA-262 (section 22.2.1, as with the flag `u`), without what looks back or around.
struct PatternParser {
    static let longestPattern = 1_000
    /// Groups inside one another.
    private static let deepestGroups = 40
    /// The largest number in `{n,m}`.
    private static let largestCount = 1_000

    private let scalars: [UInt32]
    private var index = 0
    private var depth = 0

    private init(_ text: String) { scalars = text.unicodeScalars.map(\.value) }

    static func parse(_ text: String) throws(PatternProblem) -> PatternNode {
        var parser = PatternParser(text)
        guard parser.scalars.count <= longestPattern else {
            throw PatternProblem(message: "it is longer than \(longestPattern) characters", offset: 0)
        }
        let node = try parser.alternatives()
        guard parser.index == parser.scalars.count else { throw parser.problem("a ')' closes nothing") }
        return node
    }

    // MARK: Structure

    private mutating func alternatives() throws(PatternProblem) -> PatternNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(PatternProblem) -> PatternNode {
        var nodes: [PatternNode] = []
        while let next = peek, next != "|", next != ")" { nodes.append(try term()) }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func term() throws(PatternProblem) -> PatternNode {
        let node = try atom()
        let place = index
        guard let (minimum, maximum) = try quantifier() else { return node }
        if case .assertion = node { throw problem("there is nothing to repeat", at: place) }
        // A quantifier that takes as little as it can changes what is captured, never whether anything matches.
        _ = take("?")
        if let next = peek, "*+?{".unicodeScalars.contains(next) { throw problem("there is nothing to repeat") }
        return .repeated(node, minimum: minimum, maximum: maximum)
    }

    private mutating func quantifier() throws(PatternProblem) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{") else { return nil }
        let minimum = try count()
        var maximum: Int? = minimum
        if take(",") { maximum = peek == "}" ? nil : try count() }
        guard take("}") else { throw problem("'{' is not followed by '}'; a brace as such is written \\{") }
        if let maximum, maximum < minimum { throw problem("the numbers in braces are the wrong way round") }
        return (minimum, maximum)
    }

    private mutating func count() throws(PatternProblem) -> Int {
        var value = 0
        let start = index
        while let next = peek, next >= "0", next <= "9" {
            value = value * 10 + Int(next.value - 48)
            guard value <= Self.largestCount else {
                throw problem("nothing is repeated more than \(Self.largestCount) times")
            }
            index += 1
        }
        guard index > start else { throw problem("a number is missing; a brace as such is written \\{") }
        return value
    }

    private mutating func atom() throws(PatternProblem) -> PatternNode {
        guard let next = peek else { throw problem("something is missing") }
        switch next {
        case "^":
            index += 1
            return .assertion(.start)
        case "$":
            index += 1
            return .assertion(.end)
        case ".":
            index += 1
            return .character(ScalarSet.lineEnds.inverted)
        case "(": return try group()
        case "[": return .character(try characterClass())
        case "\\": return try escape()
        case "*", "+", "?": throw problem("there is nothing to repeat")
        case "{", "}", "]": throw problem("'\(next)' as such is written \\\(next)")
        default:
            index += 1
            return .character(ScalarSet(next.value))
        }
    }

    private mutating func group() throws(PatternProblem) -> PatternNode {
        let start = index
        index += 1
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepestGroups else { throw problem("groups are nested deeper than \(Self.deepestGroups)") }
        if take("?") {
            if take("<"), peek != "=", peek != "!" {
                while let next = peek, next != ">", next != ")" { index += 1 }
                guard take(">") else { throw problem("the name of a group does not end", at: start) }
            } else if !take(":") {
                let isLooking = peek == "=" || peek == "!"
                throw problem(
                    isLooking ? "looking ahead or behind is not supported" : "options in groups are not supported",
                    at: start)
            }
        }
        let inner = try alternatives()
        guard take(")") else { throw problem("a ')' is missing", at: start) }
        return inner
    }

    // MARK: Escapes

    private mutating func escape() throws(PatternProblem) -> PatternNode {
        let start = index
        index += 1
        guard let next = peek else { throw problem("nothing follows the '\\'", at: start) }
        if next == "b" || next == "B" {
            index += 1
            return .assertion(next == "b" ? .wordBoundary : .noWordBoundary)
        }
        if let set = classEscape() { return .character(set) }
        if next >= "1" && next <= "9" || next == "k" {
            throw problem("references back to a group are not supported", at: start)
        }
        return .character(ScalarSet(try characterEscape(from: start)))
    }

    /// `\d`, `\w`, `\s` and their opposites, after the backslash.
    private mutating func classEscape() -> ScalarSet? {
        let set: ScalarSet
        switch peek {
        case "d": set = .digits
        case "D": set = ScalarSet.digits.inverted
        case "w": set = .wordCharacters
        case "W": set = ScalarSet.wordCharacters.inverted
        case "s": set = .whiteSpace
        case "S": set = ScalarSet.whiteSpace.inverted
        default: return nil
        }
        index += 1
        return set
    }

    /// One character, after the backslash.
    private mutating func characterEscape(from start: Int, inClass: Bool = false) throws(PatternProblem) -> UInt32 {
        guard let next = peek else { throw problem("nothing follows the '\\'", at: start) }
        index += 1
        switch next {
        case "t": return 9
        case "n": return 10
        case "v": return 11
        case "f": return 12
        case "r": return 13
        case "x": return try hexadecimal(2, from: start)
        case "u": return try unicode(from: start)
        case "0":
            if let digit = peek, digit >= "0", digit <= "9" {
                throw problem("octal numbers are not supported", at: start)
            }
            return 0
        case "c":
            guard let letter = peek, letter.isASCII, letter.properties.isAlphabetic else {
                throw problem("a letter is missing after \\c", at: start)
            }
            index += 1
            return letter.value % 32
        case "^", "$", "\\", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|", "/": return next.value
        case "-" where inClass: return next.value
        case "b" where inClass: return 8
        case "p", "P": throw problem("properties of characters (\\p) are not supported", at: start)
        default: throw problem("'\\\(next)' has no meaning", at: start)
        }
    }

    private mutating func hexadecimal(_ digits: Int, from start: Int) throws(PatternProblem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = peek.flatMap({ Character($0).hexDigitValue }) else {
                throw problem("\(digits) hexadecimal digits are missing", at: start)
            }
            value = value * 16 + UInt32(digit)
            index += 1
        }
        return value
    }

    /// `\uHHHH`, a pair of them for a character beyond U+FFFF, or `\u{H…}`, after the `u`.
    private mutating func unicode(from start: Int) throws(PatternProblem) -> UInt32 {
        var value: UInt32 = 0
        if take("{") {
            while let digit = peek.flatMap({ Character($0).hexDigitValue }), value <= ScalarSet.last {
                value = value * 16 + UInt32(digit)
                index += 1
            }
            guard take("}") else { throw problem("'\\u{' does not end", at: start) }
        } else {
            value = try hexadecimal(4, from: start)
            if value >= 0xD800, value < 0xDC00, take("\\"), take("u") {
                let low = try hexadecimal(4, from: start)
                guard low >= 0xDC00, low < 0xE000 else { throw problem("this is no character", at: start) }
                value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
            }
        }
        guard Unicode.Scalar(value) != nil else { throw problem("this is no character", at: start) }
        return value
    }

    // MARK: Classes

    private mutating func characterClass() throws(PatternProblem) -> ScalarSet {
        let start = index
        index += 1
        let isInverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while peek != "]" {
            guard peek != nil else { throw problem("a ']' is missing", at: start) }
            let place = index
            let first = try classMember()
            guard peek == "-", index + 1 < scalars.count, scalars[index + 1] != 93 else {
                ranges += first.ranges
                continue
            }
            index += 1
            guard let low = first.single, let high = try classMember().single, low <= high else {
                throw problem("this is no range of characters", at: place)
            }
            ranges.append(low...high)
        }
        index += 1
        let set = ScalarSet(ranges)
        return isInverted ? set.inverted : set
    }

    private mutating func classMember() throws(PatternProblem) -> ScalarSet {
        let start = index
        guard let next = peek else { throw problem("a ']' is missing") }
        index += 1
        guard next == "\\" else { return ScalarSet(next.value) }
        if let set = classEscape() { return set }
        return ScalarSet(try characterEscape(from: start, inClass: true))
    }

    // MARK: Characters

    private var peek: Unicode.Scalar? { index < scalars.count ? Unicode.Scalar(scalars[index]) : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        index += 1
        return true
    }

    private func problem(_ message: String, at offset: Int? = nil) -> PatternProblem {
        PatternProblem(message: message, offset: offset ?? index)
    }
}
