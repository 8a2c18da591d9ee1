/// "Did you mean": the known word nearest to one that people wrote.
enum Suggestion {
    /// Words longer than this are not compared: nobody mistypes them, and comparing costs the product of both lengths.
    private static let longestWord = 64

    /// ` — did you mean …?` as a hint, or the list of what is known where nothing is near.
    static func hint(for word: String, among known: some Sequence<String>) -> String {
        let words = known.sorted()
        if let nearest = nearest(to: word, among: words) { return "did you mean `\(nearest)`?" }
        guard !words.isEmpty else { return "" }
        let listed = words.prefix(24).map { "`\($0)`" }.joined(separator: ", ")
        return "known are \(listed)\(words.count > 24 ? " and \(words.count - 24) more" : "")"
    }

    /// The nearest word within a third of the word's length; nil where none is.
    static func nearest(to word: String, among known: [String]) -> String? {
        let limit = max(1, word.count / 3)
        var best: (word: String, distance: Int)?
        for candidate in known {
            let distance = distance(word.lowercased(), candidate.lowercased())
            if distance <= limit && distance < (best?.distance ?? .max) { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Insertions, deletions and substitutions that lead from one word to the other (Levenshtein 1966).
    private static func distance(_ left: String, _ right: String) -> Int {
        let (left, right) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        guard left.count <= longestWord, right.count <= longestWord else { return .max }
        var previous = Array(0...right.count)
        for (row, leftScalar) in left.enumerated() {
            var current = [row + 1]
            for (column, rightScalar) in right.enumerated() {
                let substitution = previous[column] + (leftScalar == rightScalar ? 0 : 1)
                current.append(min(substitution, previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
