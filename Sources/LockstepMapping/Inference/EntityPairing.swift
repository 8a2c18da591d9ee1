public import LockstepModel

/// Finds which entities of two stores are about the same things.
public enum EntityPairing {
    /// Two entities that may be about the same things.
    public struct Candidate: Sendable, Hashable {
        public var left: Int
        public var right: Int
        /// 0 to 1, by names, fields and keys.
        public var likeness: Double
    }

    /// Candidates of each entity that are looked at closely, with data.
    private static let mostCandidates = 3
    /// Less alike entities are not looked at.
    private static let lowest = 0.22
    /// Drafts below this confidence are not taken for pairs.
    public static let threshold = 0.45

    /// The likeliest counterparts of each left entity, by what the schemas say.
    public static func candidates(_ left: StoreDescription, _ right: StoreDescription) -> [Candidate] {
        let names = [left, right].map { words($0) }
        let fields = [left, right].map { store in store.entities.map { FieldWords($0) } }
        var candidates: [Candidate] = []
        for (index, words) in names[0].enumerated() {
            var own: [Candidate] = []
            for (other, otherWords) in names[1].enumerated() {
                let name = words.similarity(to: otherWords)
                let shared = fields[0][index].similarity(to: fields[1][other])
                let likeness = 0.5 * name + 0.5 * shared
                guard likeness >= lowest else { continue }
                own.append(Candidate(left: index, right: other, likeness: likeness))
            }
            candidates += own.sorted { ($1.likeness, $0.right) < ($0.likeness, $1.right) }.prefix(mostCandidates)
        }
        return candidates
    }

    /// The best pairs overall: each entity in one at most.
    ///
    /// - Parameter confidences: of the candidates' drafts.
    public static func best(_ candidates: [Candidate], confidences: [Double]) -> [Int] {
        let lefts = Array(Set(candidates.map(\.left))).sorted()
        let rights = Array(Set(candidates.map(\.right))).sorted()
        var scores = lefts.map { _ in rights.map { _ in 0.0 } }
        var places = lefts.map { _ in rights.map { _ in -1 } }
        for (index, candidate) in candidates.enumerated() where confidences[index] >= threshold {
            guard let row = lefts.firstIndex(of: candidate.left), let column = rights.firstIndex(of: candidate.right)
            else { continue }
            scores[row][column] = confidences[index]
            places[row][column] = index
        }
        return Assignment.best(scores).enumerated().compactMap { row, column in column.map { places[row][$0] } }
            .filter { $0 >= 0 }
    }

    private static func words(_ store: StoreDescription) -> [NameWords] {
        let names = store.entities.map { entity in
            // Schemas and prefixes tell stores apart, not what a table is about.
            String(entity.name.split(separator: ".").last ?? Substring(entity.name))
        }
        let prefix = NameWords.commonPrefix(of: names)
        return names.map { NameWords($0, withoutPrefix: prefix) }
    }

    /// What an entity's fields are called, for a quick comparison.
    private struct FieldWords {
        var names: [NameWords]

        init(_ entity: EntityDescription) {
            let prefix = NameWords.commonPrefix(of: entity.fields.map(\.name))
            names = entity.fields.map { NameWords($0.name, withoutPrefix: prefix) }
        }

        /// The share of the smaller entity's fields that have a like one in the other.
        func similarity(to other: FieldWords) -> Double {
            let (small, large) = names.count <= other.names.count ? (names, other.names) : (other.names, names)
            guard !small.isEmpty else { return 0 }
            let total = small.reduce(0.0) { sum, name in
                sum + (large.map { name.similarity(to: $0) }.max() ?? 0)
            }
            // Two fields that agree say little: small entities are likened to everything.
            return total / Double(small.count) * min(1, 0.5 + 0.1 * Double(small.count))
        }
    }
}
