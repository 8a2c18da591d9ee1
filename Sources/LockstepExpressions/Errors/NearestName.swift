/// Finds the name that somebody probably meant.
enum NearestName {
    /// Names longer than this are compared only for equal letters: the distance costs length × length.
    private static let longestName = 64

    /// `did you mean 'name'?`, or the fallback where nothing is near.
    static func hint(_ name: String, among candidates: [String], otherwise: String = "") -> String {
        nearest(name, among: candidates).map { "did you mean '\($0)'?" } ?? otherwise
    }

    static func nearest(_ name: String, among candidates: [String]) -> String? {
        let wanted = Array(name.lowercased().unicodeScalars)
        guard wanted.count <= longestName else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().unicodeScalars)
            guard letters.count <= longestName else { continue }
            let distance = distance(wanted, letters)
            if distance <= max(1, min(wanted.count, letters.count) / 3), distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for (row, leftLetter) in left.enumerated() {
            var current = [row + 1]
            for (column, rightLetter) in right.enumerated() {
                let replaced = previous[column] + (leftLetter == rightLetter ? 0 : 1)
                var cost = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, leftLetter == right[column - 1], left[row - 1] == rightLetter {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
