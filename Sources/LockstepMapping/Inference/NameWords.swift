/// A name taken apart into what its words mean: `msdyn_CustAcctNo` is customer, account, number.
struct NameWords: Sendable, Hashable {
    /// In the order of the name, each once.
    private(set) var words: [String]
    /// Letters and digits of the name, lower case.
    let compact: String

    /// - Parameters:
    ///   - name: in snake case, camel case, or with its words run together.
    ///   - prefix: what all names beside it begin with, and that says nothing for that reason.
    ///   - vocabulary: words that run-together names are taken apart by, beside the built-in ones.
    init(_ name: String, withoutPrefix prefix: String = "", vocabulary: Set<String> = []) {
        let own = !prefix.isEmpty && name.hasPrefix(prefix) && name.count > prefix.count
        let text = own ? String(name.dropFirst(prefix.count)) : name
        compact = String(text.lowercased().filter { $0.isLetter || $0.isNumber })
        var words: [String] = []
        for part in Self.parts(text) {
            for word in Self.segments(part, vocabulary) {
                for meaning in Vocabulary.meaning(of: word) where !words.contains(meaning) { words.append(meaning) }
            }
        }
        self.words = Self.joined(words)
    }

    /// The parts that separators, capitals and digits divide a name into, lower case.
    static func parts(_ name: String) -> [String] {
        var parts: [String] = []
        var current = ""
        let characters = Array(name)
        func kind(_ character: Character) -> Int {
            character.isNumber ? 0 : character.isUppercase ? 1 : character.isLetter ? 2 : 3
        }
        for (index, character) in characters.enumerated() {
            let own = kind(character)
            let before = index > 0 ? kind(characters[index - 1]) : 3
            let after = index + 1 < characters.count ? kind(characters[index + 1]) : 3
            let startsWord =
                (own == 1 && before == 2) || (own == 1 && before == 1 && after == 2) || (own == 0) != (before == 0)
            if startsWord || own == 3, !current.isEmpty {
                parts.append(current)
                current = ""
            }
            if own != 3 { current += character.lowercased() }
        }
        if !current.isEmpty { parts.append(current) }
        return parts
    }

    /// Longest name part that is taken apart; longer ones stay whole.
    private static let longestPart = 64

    /// The fewest known words that a part is made of; the part itself where it cannot be taken apart whole.
    private static func segments(_ part: String, _ vocabulary: Set<String>) -> [String] {
        let letters = Array(part)
        if Vocabulary.known.contains(part) || letters.count < 5 || letters.count > longestPart { return [part] }
        var best: [[String]?] = Array(repeating: nil, count: letters.count + 1)
        best[0] = []
        for end in 1...letters.count {
            for start in 0..<end {
                guard let before = best[start], before.count + 1 < best[end]?.count ?? .max else { continue }
                let word = String(letters[start..<end])
                guard word != part, isWord(word, vocabulary) else { continue }
                best[end] = before + [word]
            }
        }
        return best[letters.count] ?? [part]
    }

    private static func isWord(_ word: String, _ vocabulary: Set<String>) -> Bool {
        if Vocabulary.known.contains(word) { return true }
        return word.count > 2 && (vocabulary.contains(word) || Vocabulary.known.contains(Vocabulary.stem(word)))
    }

    /// Words that only together mean something.
    private static func joined(_ words: [String]) -> [String] {
        var words = words
        func replace(_ pair: [String], _ by: [String]) {
            guard let index = words.indices.dropLast().first(where: { Array(words[$0...$0 + 1]) == pair }) else {
                return
            }
            words.replaceSubrange(index...index + 1, with: by.filter { !words.contains($0) || pair.contains($0) })
        }
        replace(["postal", "code"], ["postal"])
        replace(["post", "code"], ["postal"])
        replace(["email", "code"], ["postal"])
        replace(["street", "1"], ["street"])
        replace(["street", "2"], ["street2"])
        replace(["street", "3"], ["street3"])
        if words.last == "2", words.dropLast().last == "address" { words[words.count - 1] = "street2" }
        if words.last == "1", words.dropLast().last == "address" { words[words.count - 1] = "street" }
        replace(["email", "address"], ["email"])
        replace(["last", "modified"], ["modified"])
        replace(["time", "zone"], ["timezone"])
        replace(["web", "site"], ["website"])
        replace(["mobile", "phone"], ["mobile"])
        return words
    }

    /// How alike two names are, from 0 to 1.
    ///
    /// - Parameter rarity: how much a word tells, by how many fields share it; 1 where a word is not listed.
    func similarity(to other: NameWords, rarity: [String: Double] = [:]) -> Double {
        if compact == other.compact { return 1 }
        if Set(words) == Set(other.words), !words.isEmpty { return 0.97 }
        func weight(_ word: String) -> Double { Vocabulary.weight(of: word) * (rarity[word] ?? 1) }
        var rest = other.words
        var common = 0.0
        for word in words {
            if let index = rest.firstIndex(of: word) {
                common += 2 * weight(word)
                rest.remove(at: index)
            } else if let index = rest.firstIndex(where: { Self.areNear(word, $0) }) {
                common += 0.8 * (weight(word) + weight(rest[index]))
                rest.remove(at: index)
            }
        }
        let all = (words + other.words).reduce(0) { $0 + weight($1) }
        return all > 0 ? min(0.95, common / all) : 0
    }

    /// One word is the beginning of the other, or they differ in a letter.
    private static func areNear(_ left: String, _ right: String) -> Bool {
        let (short, long) = left.count < right.count ? (left, right) : (right, left)
        guard short.count >= 3, !short.allSatisfy(\.isNumber) else { return false }
        if long.hasPrefix(short) { return short.count * 3 >= long.count }
        guard short.count >= 5, long.count - short.count <= 1 else { return false }
        return Suggestion.nearest(to: short, among: [long]) != nil && short.first == long.first
    }

    /// What at least two thirds of the names begin with, up to and with a separator (`msdyn_`, `cr12a_`); empty where
    /// there is no such thing.
    static func commonPrefix(of names: [String]) -> String {
        var counts: [String: Int] = [:]
        for name in names {
            guard let end = name.firstIndex(of: "_"), end != name.startIndex else { continue }
            counts[String(name[...end]), default: 0] += 1
        }
        let best = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
        guard let best, names.count >= 4, best.value * 3 >= names.count * 2 else { return "" }
        return best.key
    }
}
