internal import LockstepModel

/// One line of an allowed signers file (ssh-keygen(1), "ALLOWED SIGNERS"): whose key it is, and what it may sign.
public struct AllowedSigner: Sendable, Hashable {
    /// Who holds the key, as the file names them.
    public var principals: [String]
    public var key: VerifyingKey
    /// Patterns of what it may sign; nil for everything.
    public var namespaces: [String]?
    /// From when on it may sign, microseconds since 1970-01-01T00:00:00Z.
    public var validAfter: Int64?
    /// Until when it may sign, that moment left out.
    public var validBefore: Int64?

    public init(
        principals: [String], key: VerifyingKey, namespaces: [String]? = nil, validAfter: Int64? = nil,
        validBefore: Int64? = nil
    ) {
        self.principals = principals
        self.key = key
        self.namespaces = namespaces
        self.validAfter = validAfter
        self.validBefore = validBefore
    }

    /// - Parameter line: `principal[,principal…] [options] ssh-ed25519 AAAA… [comment]`. Options that are not known are
    ///   refused: they might forbid what would be let through. So is a time without `Z`, which would mean another moment
    ///   on another machine.
    /// - Throws: ``ContinuityError`` with code `badKey`.
    public init(_ line: String) throws {
        var words = try Self.words(line)
        guard words.count >= 3 else { throw Self.bad("it is no line of an allowed signers file") }
        principals = words.removeFirst().split(separator: ",").map(String.init)
        namespaces = nil
        validAfter = nil
        validBefore = nil
        let options = words[0] == VerifyingKey.kind ? "" : words.removeFirst()
        guard !principals.isEmpty else { throw Self.bad("it names nobody") }
        key = try VerifyingKey(words.joined(separator: " "))
        for option in Self.split(options, at: ",") { try apply(option) }
    }

    func allows(namespace: String) -> Bool {
        guard let namespaces else { return true }
        // As in ssh: a pattern that begins with ! forbids, whatever else would allow.
        let refused = namespaces.contains { $0.hasPrefix("!") && Self.matches(namespace, pattern: $0.dropFirst()) }
        return !refused && namespaces.contains { !$0.hasPrefix("!") && Self.matches(namespace, pattern: $0[...]) }
    }

    func isValid(at time: Int64) -> Bool {
        (validAfter.map { time >= $0 } ?? true) && (validBefore.map { time < $0 } ?? true)
    }

    // MARK: Reading

    private mutating func apply(_ option: String) throws {
        let name = option.prefix { $0 != "=" }.lowercased()
        let quoted = option.dropFirst(name.count + 1)
        let hasQuotes = quoted.count >= 2 && quoted.hasPrefix("\"") && quoted.hasSuffix("\"")
        let value = String(hasQuotes ? quoted.dropFirst().dropLast() : quoted)
        switch name {
        case "namespaces" where namespaces == nil && !value.isEmpty:
            namespaces = value.split(separator: ",").map(String.init)
        case "valid-after" where validAfter == nil: validAfter = try Self.time(value)
        case "valid-before" where validBefore == nil: validBefore = try Self.time(value)
        case "namespaces", "valid-after", "valid-before": throw Self.bad("an option is empty or comes twice")
        default: throw Self.bad("it has an option that is not known here")
        }
    }

    /// `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`.
    private static func time(_ text: String) throws -> Int64 {
        let digits = Array(text.utf8.dropLast())
        guard text.hasSuffix("Z"), [8, 12, 14].contains(digits.count), digits.allSatisfy({ (48...57).contains($0) })
        else {
            throw bad("a time is not written as YYYYMMDDHHMMZ, in UTC")
        }
        let padded = String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: 14 - digits.count)
        let parts = [4, 2, 2, 2, 2, 2].reduce(into: (rest: padded[...], parts: [String]())) { state, count in
            state.parts.append(String(state.rest.prefix(count)))
            state.rest = state.rest.dropFirst(count)
        }.parts
        let iso = parts[..<3].joined(separator: "-") + " " + parts[3...].joined(separator: ":")
        guard let time = ISOText.parseTimestamp(iso.utf8) else { throw bad("there is no such time") }
        return time
    }

    /// Words, with quoted ones whole.
    private static func words(_ line: String) throws -> [String] {
        guard line.count(where: { $0 == "\"" }).isMultiple(of: 2) else { throw bad("a quotation mark is missing") }
        return split(line, at: " \t")
    }

    private static func split(_ text: String, at separators: String) -> [String] {
        var isQuoted = false
        return text.split { character in
            if character == "\"" { isQuoted.toggle() }
            return !isQuoted && separators.contains(character)
        }.map(String.init)
    }

    /// `*` stands for anything, `?` for one character.
    private static func matches(_ text: String, pattern: Substring) -> Bool {
        // The reachable places in the pattern after each character: no backtracking, whatever the pattern.
        let pattern = Array(pattern)
        func skippingStars(_ places: Set<Int>) -> Set<Int> {
            var all = places
            for place in places.sorted() {
                var next = place
                while next < pattern.count, pattern[next] == "*" {
                    next += 1
                    all.insert(next)
                }
            }
            return all
        }
        var places = skippingStars([0])
        for character in text {
            var following: Set<Int> = []
            for place in places where place < pattern.count {
                if pattern[place] == "*" {
                    following.insert(place)
                } else if pattern[place] == "?" || pattern[place] == character {
                    following.insert(place + 1)
                }
            }
            places = skippingStars(following)
        }
        return places.contains(pattern.count)
    }

    private static func bad(_ message: String) -> ContinuityError {
        ContinuityError(
            .badKey, doing: "reading an allowed signer", message: message,
            hint: "a line is: name namespaces=\"lockstep-snapshot\" ssh-ed25519 AAAA…")
    }
}
