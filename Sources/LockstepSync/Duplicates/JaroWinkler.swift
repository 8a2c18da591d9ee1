/// How near two texts are, from 0 to 1: the measure of Jaro (1989) as Winkler (1990) extended it for names. It counts
/// letters that both have in about the same place, and forgives those that changed places.
enum JaroWinkler {
    /// A common beginning counts for more, up to this many letters.
    private static let longestPrefix = 4
    private static let prefixWeight = 0.1
    /// Longer texts are compared by their beginnings: the time grows with the square of the length.
    static let longestText = 200

    static func similarity(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Double {
        let jaro = jaro(left, right)
        var prefix = 0
        while prefix < min(longestPrefix, left.count, right.count), left[prefix] == right[prefix] { prefix += 1 }
        return jaro + Double(prefix) * prefixWeight * (1 - jaro)
    }

    private static func jaro(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Double {
        if left == right { return 1 }
        guard !left.isEmpty, !right.isEmpty else { return 0 }
        let window = max(0, max(left.count, right.count) / 2 - 1)
        var isTaken = [Bool](repeating: false, count: right.count)
        var matched: [Unicode.Scalar] = []
        for (place, letter) in left.enumerated() {
            let places = max(0, place - window)..<max(max(0, place - window), min(right.count, place + window + 1))
            guard let other = places.first(where: { !isTaken[$0] && right[$0] == letter }) else { continue }
            isTaken[other] = true
            matched.append(letter)
        }
        guard !matched.isEmpty else { return 0 }
        var transposed = 0
        var next = 0
        for place in right.indices where isTaken[place] {
            if right[place] != matched[next] { transposed += 1 }
            next += 1
        }
        let count = Double(matched.count)
        return (count / Double(left.count) + count / Double(right.count) + (count - Double(transposed / 2)) / count) / 3
    }
}
