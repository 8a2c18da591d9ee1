import LockstepModel

/// What speaks for two fields being one and the same.
struct PairEvidence: Sendable {
    /// 0 to 1.
    var score = 0.0
    var name = 0.0
    /// Rows of joined records in which both have a value.
    var comparedRows = 0
    /// The share of them in which the values agree, whatever their type, case and padding.
    var agreement = 0.0
    /// Each value of one side stands for one of the other, in nearly all compared rows: left and right numbers of a
    /// ``ValueIndex``, the commonest first.
    var code: [(left: Int, right: Int, rows: Int)] = []
    /// The share of the smaller set of distinct values that the other one has, without a join.
    var overlap: Double?

    /// Agreement by the rows of records that are known to be the same counts from here on.
    static let enoughRows = 4
    /// Sets of values of this size may be codes.
    static let mostCodes = 24

    var hasJoin: Bool { comparedRows >= Self.enoughRows }

    init(_ left: ColumnProfile, _ right: ColumnProfile, rows: [(left: Int, right: Int)], rarity: [String: Double]) {
        let type = Self.typeScore(left, right)
        name = left.words.similarity(to: right.words, rarity: rarity)
        guard type > 0 else { return }
        let informative = look(left, right, rows)
        if hasJoin, let informative {
            let share = min(0.65, 0.3 + 0.035 * Double(comparedRows))
            score = share * informative + (1 - share) * (0.8 * name + 0.2 * type)
            // What contradicts itself in many rows is another thing under the same name.
            if comparedRows >= 20 && informative < 0.1 { score = min(score, name >= 0.97 ? 0.45 : 0.25) }
        } else if let data = dataScore(left, right) {
            score = 0.62 * name + 0.13 * type + 0.25 * data
        } else {
            score = 0.82 * name + 0.18 * type
        }
    }

    /// Compares joined records.
    ///
    /// - Returns: how much the values speak for the pair, 0 to 1; nil where they say nothing.
    private mutating func look(
        _ left: ColumnProfile, _ right: ColumnProfile, _ rows: [(left: Int, right: Int)]
    ) -> Double? {
        var equal = 0
        var leftCounts: [Int: Int] = [:]
        var rightCounts: [Int: Int] = [:]
        var together: [[Int]: Int] = [:]
        let mayBeCode = left.counts.count <= Self.mostCodes && right.counts.count <= Self.mostCodes
        for row in rows {
            let (a, b) = (left.numbers[row.left], right.numbers[row.right])
            guard a != ValueIndex.null, b != ValueIndex.null else { continue }
            comparedRows += 1
            if a == b { equal += 1 }
            leftCounts[a, default: 0] += 1
            rightCounts[b, default: 0] += 1
            if mayBeCode { together[[a, b], default: 0] += 1 }
        }
        guard comparedRows >= Self.enoughRows else { return nil }
        let total = Double(comparedRows)
        agreement = Double(equal) / total
        let chance = leftCounts.reduce(0.0) { $0 + Double($1.value) / total * Double(rightCounts[$1.key] ?? 0) / total }
        if leftCounts.count == 1 || rightCounts.count == 1 {
            // A constant column agrees with every other one of the same value.
            if leftCounts.count != rightCounts.count { return nil }
            // Two constants that differ may be anything, and in many records most likely two things.
            return equal == comparedRows ? 0.5 + name / 2 : comparedRows >= 20 ? 0 : nil
        }
        let lift = max(0, (agreement - chance) / max(0.05, 1 - chance))
        guard lift < 0.5, mayBeCode, let coded = codes(together, total) else { return lift }
        return max(lift, coded)
    }

    /// Whether the values of one side stand for those of the other, one for one.
    private mutating func codes(_ together: [[Int]: Int], _ total: Double) -> Double? {
        var usedLeft: Set<Int> = []
        var usedRight: Set<Int> = []
        var found: [(left: Int, right: Int, rows: Int)] = []
        for (pair, count) in together.sorted(by: { ($1.value, $0.key[0], $0.key[1]) < ($0.value, $1.key[0], $1.key[1]) }
        )
        where !usedLeft.contains(pair[0]) && !usedRight.contains(pair[1]) {
            usedLeft.insert(pair[0])
            usedRight.insert(pair[1])
            found.append((pair[0], pair[1], count))
        }
        guard found.count >= 2, let most = found.first else { return nil }
        let explained = Double(found.reduce(0) { $0 + $1.rows }) / total
        let largest = Double(most.rows) / total
        // Beyond what always guessing the commonest value would explain.
        let lift = (explained - largest) / max(0.02, 1 - largest)
        guard explained >= 0.9, lift >= 0.7 else { return nil }
        code = found
        return 0.9 * lift * min(1, total / 12)
    }

    /// Distinct values and forms, where no joined records say more.
    private mutating func dataScore(_ left: ColumnProfile, _ right: ColumnProfile) -> Double? {
        guard left.counts.count >= 2, right.counts.count >= 2 else { return nil }
        let smaller = min(left.counts.count, right.counts.count)
        let common = left.counts.keys.count { right.counts[$0] != nil }
        let share = Double(common) / Double(smaller)
        overlap = share
        var score = share
        if let form = left.form, form == right.form { score = max(score, 0.6) }
        if left.form != right.form, left.form != nil, right.form != nil { return score * 0.5 }
        if score == 0, left.field.type == .text, right.field.type == .text {
            let ratio = min(left.averageLength, right.averageLength) / max(1, left.averageLength, right.averageLength)
            return 0.4 * ratio
        }
        return score
    }

    /// How well the types go together.
    static func typeScore(_ left: ColumnProfile, _ right: ColumnProfile) -> Double {
        let (a, b) = (left.field.type, right.field.type)
        if a == b { return 1 }
        switch (a, b) {
        case (.int64, .decimal), (.decimal, .int64), (.float64, .decimal), (.decimal, .float64), (.int64, .float64),
            (.float64, .int64), (.date, .timestamp), (.timestamp, .date), (.timestamp, .instant),
            (.instant, .timestamp):
            return 0.9
        case (.bool, .int64), (.int64, .bool): return 0.8
        case (.bool, .text), (.text, .bool), (.int64, .text), (.text, .int64), (.uuid, .text), (.text, .uuid),
            (.decimal, .text), (.text, .decimal), (.json, .text), (.text, .json), (.date, .text), (.text, .date),
            (.timestamp, .text), (.text, .timestamp), (.instant, .text), (.text, .instant):
            return 0.5
        default: return 0
        }
    }
}
