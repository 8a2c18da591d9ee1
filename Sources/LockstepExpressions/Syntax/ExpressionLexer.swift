import LockstepModel

/// Cuts the text of an expression into tokens.
struct ExpressionLexer {
    private let scalars: [Unicode.Scalar]
    /// Characters before each scalar; nil where both counts agree.
    private let characterOffsets: [Int]?
    private var index = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        if text.utf8.allSatisfy({ $0 < 128 && $0 != 13 }) {
            characterOffsets = nil
        } else {
            var offsets: [Int] = []
            for (number, character) in text.enumerated() {
                for _ in character.unicodeScalars { offsets.append(number) }
            }
            offsets.append(text.count)
            characterOffsets = offsets
        }
    }

    mutating func next() throws(ExpressionProblem) -> Token {
        let start = index
        while index < scalars.count, Self.isSpace(scalars[index]) { index += 1 }
        let followsSpace = index > start
        let offset = characterOffset(index)
        return Token(kind: try kind(), offset: offset, followsSpace: followsSpace)
    }

    private mutating func kind() throws(ExpressionProblem) -> Token.Kind {
        guard index < scalars.count else { return .end }
        if let uuid = uuid() { return .literal(.uuid(uuid)) }
        let scalar = scalars[index]
        switch scalar {
        case "(": return sign(.open)
        case ")": return sign(.close)
        case ",": return sign(.comma)
        case ":": return sign(.colon)
        case "/": return sign(.slash)
        case "-": return sign(.minus)
        case "'": return .literal(.text(try quoted()))
        case "0"..."9": return .literal(try number())
        default: return try word()
        }
    }

    private mutating func sign(_ kind: Token.Kind) -> Token.Kind {
        index += 1
        return kind
    }

    // MARK: Words and text

    private mutating func word() throws(ExpressionProblem) -> Token.Kind {
        let start = index
        guard Self.isNameStart(scalars[index]) else { throw unexpected(scalars[index], at: index) }
        while index < scalars.count {
            let scalar = scalars[index]
            let startsPart = scalar == "." && index + 1 < scalars.count && Self.isNameStart(scalars[index + 1])
            guard Self.isNameContinue(scalar) || startsPart else { break }
            index += 1
        }
        let word = String(String.UnicodeScalarView(scalars[start..<index]))
        if index < scalars.count, scalars[index] == "'" {
            guard word.lowercased() == "duration" else {
                throw problem(
                    .unsupported, at: start, "literals of the type '\(word)' are not supported",
                    hint: "compare with a plain text literal, as in status eq 'Active'")
            }
            let text = try quoted()
            guard let microseconds = DurationText.parse(text) else {
                throw problem(
                    .syntax, at: start, "this is no duration", hint: "write it as in duration'P1DT12H30M5.5S'")
            }
            return .literal(.duration(microseconds))
        }
        return .word(word)
    }

    private mutating func quoted() throws(ExpressionProblem) -> String {
        let start = index
        var content = String.UnicodeScalarView()
        index += 1
        while index < scalars.count {
            if scalars[index] == "'" {
                index += 1
                guard index < scalars.count, scalars[index] == "'" else { return String(content) }
            }
            content.append(scalars[index])
            index += 1
        }
        throw problem(
            .syntax, at: start, "this text literal does not end",
            hint: "close it with a single quote; a quote inside is written twice")
    }

    // MARK: Numbers, dates, times

    private mutating func uuid() -> [UInt8]? {
        guard index + 36 <= scalars.count, scalars[index + 8] == "-", scalars[index + 13] == "-" else { return nil }
        if index + 36 < scalars.count, Self.isNameContinue(scalars[index + 36]) { return nil }
        var bytes: [UInt8] = []
        for scalar in scalars[index..<index + 36] {
            guard scalar.isASCII else { return nil }
            bytes.append(UInt8(scalar.value))
        }
        for place in [8, 13, 18, 23] where bytes[place] != 45 { return nil }
        guard bytes.count(where: { $0 == 45 }) == 4, let uuid = UUIDText.parse(bytes) else { return nil }
        index += 36
        return uuid
    }

    private mutating func number() throws(ExpressionProblem) -> Literal {
        let start = index
        let digits = run { $0 >= "0" && $0 <= "9" }
        if digits == 4, looksLike("-dd-dd", at: index) { return try dateOrTime(from: start) }
        if digits == 2, looksLike(":dd", at: index) { return try timeOfDay(from: start) }
        var isDouble = false
        var isDecimal = false
        if looksLike(".d", at: index) {
            isDecimal = true
            index += 1
            _ = run { $0 >= "0" && $0 <= "9" }
        }
        if index < scalars.count, scalars[index] == "e" || scalars[index] == "E" {
            isDouble = true
            index += 1
            if index < scalars.count, scalars[index] == "-" || scalars[index] == "+" { index += 1 }
            guard run({ $0 >= "0" && $0 <= "9" }) > 0 else {
                throw problem(.syntax, at: start, "the exponent of this number has no digits", hint: "as in 1.5e3")
            }
        }
        if index < scalars.count, Self.isNameContinue(scalars[index]) {
            throw problem(
                .syntax, at: start, "this is neither a number nor a name",
                hint: "numbers have no suffix; names begin with a letter or '_'")
        }
        return try numeric(from: start, isDecimal: isDecimal, isDouble: isDouble)
    }

    private func numeric(from start: Int, isDecimal: Bool, isDouble: Bool) throws(ExpressionProblem) -> Literal {
        let text = slice(from: start)
        if isDouble {
            guard let value = Double(text), value.isFinite else {
                throw problem(.syntax, at: start, "this number is too large for a double", hint: "write INF")
            }
            return .float64(value)
        }
        if !isDecimal, let value = Int64(text) { return .int64(value) }
        guard let value = DecimalText.normalized(text.utf8) else {
            throw problem(.syntax, at: start, "this is no number")
        }
        return .decimal(value)
    }

    private mutating func dateOrTime(from start: Int) throws(ExpressionProblem) -> Literal {
        index += 6
        if index < scalars.count, scalars[index] == "T" || scalars[index] == "t", looksLike("dd:dd", at: index + 1) {
            index += 6
            secondsAndFraction()
            zone()
            let text = Array(slice(from: start).uppercased().utf8)
            if let instant = ISOText.parseInstant(text), TimeRange.holds(instant) { return .instant(instant) }
            if let timestamp = ISOText.parseTimestamp(text), TimeRange.holds(timestamp) { return .timestamp(timestamp) }
        } else if let days = ISOText.parseDate(slice(from: start).utf8) {
            return .date(days)
        }
        throw problem(
            .syntax, at: start, "this is no date of the calendar, or a time finer than a microsecond",
            hint: "as in 2026-01-31, 2026-01-31T08:00:00Z, or without zone 2026-01-31T08:00:00")
    }

    private mutating func timeOfDay(from start: Int) throws(ExpressionProblem) -> Literal {
        index += 3
        secondsAndFraction()
        guard let time = ISOText.parseTime(slice(from: start).utf8) else {
            throw problem(.syntax, at: start, "this is no time of day", hint: "as in 08:30 or 08:30:15.25")
        }
        return .time(time)
    }

    private mutating func secondsAndFraction() {
        guard looksLike(":dd", at: index) else { return }
        index += 3
        guard looksLike(".d", at: index) else { return }
        index += 1
        _ = run { $0 >= "0" && $0 <= "9" }
    }

    private mutating func zone() {
        guard index < scalars.count else { return }
        if scalars[index] == "Z" || scalars[index] == "z" {
            index += 1
        } else if looksLike("-dd:dd", at: index) || looksLike("+dd:dd", at: index) {
            index += 6
        }
    }

    // MARK: Looking

    /// Whether the text goes on like the pattern, where `d` stands for a digit.
    private func looksLike(_ pattern: String, at place: Int) -> Bool {
        var place = place
        for wanted in pattern.unicodeScalars {
            guard place < scalars.count else { return false }
            let scalar = scalars[place]
            guard wanted == "d" ? scalar >= "0" && scalar <= "9" : scalar == wanted else { return false }
            place += 1
        }
        return true
    }

    private mutating func run(_ isPart: (Unicode.Scalar) -> Bool) -> Int {
        let start = index
        while index < scalars.count, isPart(scalars[index]) { index += 1 }
        return index - start
    }

    private func slice(from start: Int) -> String { String(String.UnicodeScalarView(scalars[start..<index])) }

    private func characterOffset(_ index: Int) -> Int { characterOffsets?[index] ?? index }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
    }

    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || (scalar.isASCII ? scalar.properties.isAlphabetic : scalar.properties.isIDStart)
    }

    private static func isNameContinue(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isIDContinue
    }

    // MARK: Problems

    private func problem(
        _ code: ExpressionProblem.Code, at index: Int, _ message: String, hint: String = ""
    ) -> ExpressionProblem {
        ExpressionProblem(code, at: characterOffset(index), message, hint: hint)
    }

    private func unexpected(_ scalar: Unicode.Scalar, at index: Int) -> ExpressionProblem {
        let hint =
            switch scalar {
            case "=", "!", "<", ">": "comparisons are written eq, ne, gt, ge, lt, le"
            case "+", "*", "%": "arithmetic is written add, sub, mul, div, divby, mod"
            case "&", "|": "conditions are joined with 'and' and 'or'"
            case "\"": "text stands in single quotes"
            case "$", "@": "variables such as $it and parameter aliases are not supported"
            default: ""
            }
        let shown = scalar.isASCII && scalar.value >= 32 ? "'\(scalar)' " : ""
        return problem(.syntax, at: index, "the character \(shown)has no meaning here", hint: hint)
    }
}
