import LockstepModel

/// Drafts a map between two entities from their names, types and keys, and from sampled records: what records that both
/// have agree in says more than any name.
public struct MapInference {
    let stores: [String]
    let samples: [EntitySample]

    /// - Parameters:
    ///   - stores: store names by ``Side``.
    ///   - left: a sample, which may be empty.
    ///   - right: a sample; with the counterparts of the left one's records, where a key candidate found them.
    public init(stores: [String], left: EntitySample, right: EntitySample) {
        self.stores = stores
        samples = [left, right]
    }

    /// Pairs at or above stand; the field pairs of a draft below it are comments.
    static let threshold = 0.5
    /// Pairs below are not worth a comment.
    static let lowest = 0.34
    /// Alternatives that are this much less likely than what was chosen are named.
    static let nearness = 0.15
    /// At most this many alternatives are named.
    static let mostAlternatives = 2

    /// - Parameter name: of the map.
    public func draft(name: String) -> MapDraft {
        var comparison = SampleComparison(samples)
        let key = comparison.chooseKey()
        var work = DraftWork(stores: stores, samples: samples, comparison: comparison, key: key)
        work.pairFields()
        return work.draft(name: name)
    }

    /// A name for a map of an entity, as mapping files allow it.
    public static func mapName(_ entity: String) -> String {
        let text = String(
            entity.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "-" }.prefix(63))
        guard let first = text.first, first.isLetter else { return "map-" + text.prefix(59) }
        return text
    }
}

/// Two samples beside each other.
struct SampleComparison {
    let samples: [EntitySample]
    /// By side and field.
    let profiles: [[ColumnProfile]]
    let values: ValueIndex
    /// How much words tell, by how many names have them.
    let rarity: [String: Double]
    /// Rows of records that are the same.
    private(set) var joined: [(left: Int, right: Int)] = []

    init(_ samples: [EntitySample]) {
        self.samples = samples
        var values = ValueIndex()
        let vocabulary = Set(samples.flatMap { $0.fields.flatMap { NameWords.parts($0.name) } }.filter { $0.count > 2 })
        var profiles: [[ColumnProfile]] = []
        for sample in samples {
            let prefix = NameWords.commonPrefix(of: sample.fields.map(\.name))
            profiles.append(
                sample.fields.indices.map { index in
                    let words = NameWords(
                        sample.fields[index].name, withoutPrefix: prefix, vocabulary: vocabulary)
                    return ColumnProfile(
                        sample.fields[index], words: words, values: sample.columns[index], index: &values)
                })
        }
        self.profiles = profiles
        self.values = values
        var rarity = Self.rarity(profiles)
        // What the entity itself is called says little of one of its fields.
        for word in Set(samples.flatMap { NameWords($0.entity.name).words }) { rarity[word, default: 1] *= 0.35 }
        self.rarity = rarity
    }

    private static func rarity(_ profiles: [[ColumnProfile]]) -> [String: Double] {
        var counts: [String: Int] = [:]
        for profile in profiles.joined() { for word in profile.words.words { counts[word, default: 0] += 1 } }
        return counts.mapValues { 1 / (1 + 0.12 * Double(max(0, $0 - 2))) }
    }

    // MARK: Key

    struct ChosenKey {
        var candidate: KeyCandidate
        /// Records that both samples have by it.
        var joinedCount: Int
        /// How well the other fields of those records agree; nil where there are too few.
        var proof: Double?
        /// Numbers that a store gives its records itself.
        var isGivenOut = false
    }

    /// Keys of less like names are not taken where no record speaks for them.
    private static let leastLikeness = 0.2

    /// Whether a key is one number on both sides, as stores give them out themselves.
    private func isGivenOut(_ candidate: KeyCandidate) -> Bool {
        samples.indices.allSatisfy { side in
            guard candidate.fields[side].count == 1, let name = candidate.fields[side].first,
                let field = samples[side].entity.field(name)
            else { return false }
            return field.type == .int64 && samples[side].entity.keys.contains { $0.isPrimary && $0.fields == [name] }
        }
    }

    /// The key by which most records meet and agree; then the likeliest by name. Joins the samples by it.
    mutating func chooseKey() -> ChosenKey? {
        var best: (key: ChosenKey, score: Double, rows: [(left: Int, right: Int)])?
        for candidate in KeyCandidate.all(samples[0].entity, samples[1].entity) {
            let rows = join(candidate)
            let smaller = min(samples[0].rowCount, samples[1].rowCount)
            let share = smaller == 0 ? 0 : Double(rows.count) / Double(smaller)
            let proof = rows.count >= PairEvidence.enoughRows ? proof(rows, without: candidate) : nil
            var score = candidate.likeness
            if let proof { score += 2 * proof + min(1, share) / 2 }
            // Numbers that meet by accident prove nothing: records of one number that agree in nothing else.
            if let proof, proof < 0.1 { score -= 1 }
            if proof == nil && isGivenOut(candidate) { score -= 0.6 }
            // Unlike names without any record are no reason at all.
            if proof == nil && rows.isEmpty && candidate.likeness < Self.leastLikeness { continue }
            if proof == nil && samples.allSatisfy({ $0.rowCount >= 20 }) { score -= 0.3 }
            guard score > best?.score ?? -.infinity else { continue }
            var key = ChosenKey(candidate: candidate, joinedCount: rows.count, proof: proof)
            key.isGivenOut = isGivenOut(candidate)
            best = (key, score, rows)
        }
        guard let best else { return nil }
        if best.key.proof.map({ $0 >= 0.1 }) ?? (best.key.candidate.likeness >= 0.5) { joined = best.rows }
        return best.key
    }

    private func join(_ candidate: KeyCandidate) -> [(left: Int, right: Int)] {
        let columns = samples.indices.map { side in candidate.fields[side].compactMap { samples[side].column($0) } }
        guard columns.allSatisfy({ $0.count == candidate.fields[0].count }) else { return [] }
        let right = samples[1].rows(by: columns[1])
        return samples[0].rows(by: columns[0]).compactMap { key, row in right[key].map { (row, $0) } }
            .sorted { $0.0 < $1.0 }
    }

    /// How well the likeliest field pairs agree over joined rows.
    private func proof(_ rows: [(left: Int, right: Int)], without candidate: KeyCandidate) -> Double? {
        let sides = samples.indices.map { side in
            profiles[side].indices.filter {
                profiles[side][$0].counts.count >= 2 && !candidate.fields[side].contains(samples[side].fields[$0].name)
            }
        }
        let some = Array(rows.prefix(100))
        var best: [Double] = []
        for left in sides[0] {
            let scores = sides[1].map { right -> Double in
                let evidence = PairEvidence(profiles[0][left], profiles[1][right], rows: some, rarity: rarity)
                return evidence.hasJoin ? evidence.agreement : 0
            }
            best.append(scores.max() ?? 0)
        }
        guard !best.isEmpty, !sides[1].isEmpty else { return nil }
        let counted = best.sorted(by: >).prefix(max(1, min(sides[0].count, sides[1].count) / 2))
        return counted.reduce(0, +) / Double(counted.count)
    }

    func evidence(_ left: Int, _ right: Int) -> PairEvidence {
        PairEvidence(profiles[0][left], profiles[1][right], rows: joined, rarity: rarity)
    }
}
