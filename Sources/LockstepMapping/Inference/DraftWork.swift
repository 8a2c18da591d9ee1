import LockstepModel

/// A draft in the making: which field is paired with which, and what is left.
struct DraftWork {
    let stores: [String]
    let samples: [EntitySample]
    let comparison: SampleComparison
    let key: SampleComparison.ChosenKey?
    /// What each chosen pair of fields (by index) rests on, in the order of the left entity.
    private(set) var chosen: [(left: Int, right: Int, evidence: PairEvidence)] = []
    /// Less likely ones for fields that stayed alone.
    private(set) var doubtful: [(left: Int, right: Int, evidence: PairEvidence)] = []
    /// By side: fields that are made of two of the other side's.
    private(set) var composed: [[Filled]] = [[], []]
    private var table: [[PairEvidence?]] = []
    /// Fields of the key and of the modification times, by side.
    private var reserved: [Set<Int>] = [[], []]
    private(set) var stamps: [Int]?

    init(
        stores: [String], samples: [EntitySample], comparison: SampleComparison, key: SampleComparison.ChosenKey?
    ) {
        self.stores = stores
        self.samples = samples
        self.comparison = comparison
        self.key = key
    }

    var profiles: [[ColumnProfile]] { comparison.profiles }
    func field(_ side: Side, _ index: Int) -> FieldDescription { samples[side.rawValue].fields[index] }

    // MARK: Pairing

    mutating func pairFields() {
        for side in Side.allCases {
            let names = key?.candidate.fields[side.rawValue] ?? []
            reserved[side.rawValue] = Set(names.compactMap { samples[side.rawValue].column($0) })
        }
        findStamps()
        table = samples[0].fields.indices.map { left in
            samples[1].fields.indices.map { right in
                reserved[0].contains(left) || reserved[1].contains(right) ? nil : weighed(left, right)
            }
        }
        for side in Side.allCases { takeCompositions(side) }
        let slots = Side.allCases.map { self.slots($0) }
        // A field that refers and the fields behind it are one: only one of them can be written.
        let best = slots[0].map { leftSlot in slots[1].map { strongest(leftSlot, $0) } }
        let assigned = Assignment.best(best.map { $0.map { $0.map { usable($0.evidence.score) } ?? 0 } })
        for (row, column) in assigned.enumerated() {
            guard let column, let pair = best[row][column] else { continue }
            if pair.evidence.score >= MapInference.threshold {
                chosen.append(pair)
            } else {
                doubtful.append(pair)
            }
        }
        chosen.sort { $0.left < $1.left }
    }

    /// A field that holds two fields of the other side is a counterpart of neither.
    private mutating func takeCompositions(_ side: Side) {
        let open = samples[side.rawValue].fields.indices.filter { index in
            !reserved[side.rawValue].contains(index)
                && !samples[side.opposite.rawValue].fields.indices.contains { other in
                    (evidence(side, index, other)?.agreement ?? 0) >= 0.5
                }
        }
        let found = compositions(side, among: open)
        composed[side.rawValue] = found
        for item in found {
            for other in samples[side.opposite.rawValue].fields.indices {
                if side == .left { table[item.index][other] = nil } else { table[other][item.index] = nil }
            }
        }
    }

    private func evidence(_ side: Side, _ index: Int, _ other: Int) -> PairEvidence? {
        side == .left ? table[index][other] : table[other][index]
    }

    /// Scores below the lowest are none, so that they do not push stronger pairs apart.
    private func usable(_ score: Double) -> Double { score < MapInference.lowest ? 0 : score * score }

    private func weighed(_ left: Int, _ right: Int) -> PairEvidence {
        var evidence = comparison.evidence(left, right)
        guard !evidence.hasJoin || evidence.agreement < 0.9 else { return evidence }
        // Numbers that a store gives its own records are nobody else's business: such a pair is a comment at most.
        if isSurrogate(.left, left) || isSurrogate(.right, right) {
            evidence.score = min(evidence.score * 0.5, MapInference.threshold - 0.01)
        }
        // What tells records apart on one side only is not the same as what does not.
        if isUnique(.left, left) != isUnique(.right, right) { evidence.score *= 0.85 }
        return evidence
    }

    private func isSurrogate(_ side: Side, _ index: Int) -> Bool {
        let sample = samples[side.rawValue]
        let field = sample.fields[index]
        guard [.int64, .uuid].contains(field.type), field.path == nil else { return false }
        return isUnique(side, index) || sample.entity.references.contains { $0.fields == [field.name] }
            || NameWords.parts(field.name).last == "id"
    }

    private func isUnique(_ side: Side, _ index: Int) -> Bool {
        let sample = samples[side.rawValue]
        return sample.entity.keys.contains { $0.fields == [sample.fields[index].name] }
    }

    /// Indexes of fields that exclude each other: a field that refers, and those behind it.
    private func slots(_ side: Side) -> [[Int]] {
        var slots: [[Int]] = []
        var places: [[String]: Int] = [:]
        for (index, field) in samples[side.rawValue].fields.enumerated() {
            let root = field.path?.root.fields ?? [field.name]
            if let place = places[root] {
                slots[place].append(index)
            } else {
                places[root] = slots.count
                slots.append([index])
            }
        }
        return slots
    }

    private func strongest(_ left: [Int], _ right: [Int]) -> (left: Int, right: Int, evidence: PairEvidence)? {
        var best: (left: Int, right: Int, evidence: PairEvidence)?
        for first in left {
            for second in right {
                guard let evidence = table[first][second], evidence.score > best?.evidence.score ?? 0 else { continue }
                best = (first, second, evidence)
            }
        }
        return best
    }

    /// The times of the last modification are what overlaps are decided by, not records' contents.
    private mutating func findStamps() {
        let found = Side.allCases.map { side in
            samples[side.rawValue].fields.indices.first { index in
                let field = field(side, index)
                return [.timestamp, .instant].contains(field.type) && field.path == nil
                    && profiles[side.rawValue][index].words.words.contains("modified")
            }
        }
        guard let left = found[0], let right = found[1], field(.left, left).type == field(.right, right).type else {
            return
        }
        stamps = [left, right]
        // A copy of the same entity has its times, too.
        guard samples[0].entity.fields.map(\.name) != samples[1].entity.fields.map(\.name) else { return }
        reserved[0].insert(left)
        reserved[1].insert(right)
    }

    // MARK: What is told of pairs

    /// Other fields of either side that were nearly as likely.
    func alternatives(_ pair: (left: Int, right: Int, evidence: PairEvidence)) -> [String] {
        var others: [(text: String, score: Double)] = []
        for right in samples[1].fields.indices where right != pair.right {
            guard let score = table[pair.left][right]?.score else { continue }
            others.append(("\(stores[1]): \(field(.right, right).name)", score))
        }
        for left in samples[0].fields.indices where left != pair.left {
            guard let score = table[left][pair.right]?.score else { continue }
            others.append(("\(stores[0]): \(field(.left, left).name)", score))
        }
        return others.filter {
            $0.score > pair.evidence.score - MapInference.nearness && $0.score >= MapInference.lowest
        }
        .sorted { $0.score > $1.score }.prefix(MapInference.mostAlternatives)
        .map { "\($0.text) (\(Int(($0.score * 100).rounded()))%)" }
    }

    /// Fields of a side that are neither paired nor part of the key; paths aside.
    func free(_ side: Side) -> [Int] {
        let used = Set(chosen.map { side == .left ? $0.left : $0.right })
        let roots = Set(used.flatMap { field(side, $0).path?.root.fields ?? [] })
        return samples[side.rawValue].fields.indices.filter { index in
            let field = field(side, index)
            return field.path == nil && !used.contains(index) && !reserved[side.rawValue].contains(index)
                && !roots.contains(field.name)
        }
    }
}
