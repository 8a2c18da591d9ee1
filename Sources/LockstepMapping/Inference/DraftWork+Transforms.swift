import LockstepModel

/// What joined records show beside the pairs themselves: value maps, defaults, rounding, sentinels, constants, filters
/// and texts that are put together of several fields.
extension DraftWork {
    /// A value's share of the rows that must hold for something to be written down.
    private static let sure = 0.9
    /// Rows that a default or sentinel is concluded from.
    private static let fewRows = 3
    /// Rows that a filter or constant is concluded from.
    private static let manyRows = 20

    func transform(_ found: (left: Int, right: Int, evidence: PairEvidence), _ pair: inout MapDraft.Pair) {
        let evidence = found.evidence
        if !evidence.code.isEmpty {
            values(found, &pair)
        } else if let labels = impliedValues(found) {
            pair.options.append("values: {\(labels)}")
            pair.reasons.append("the values are guessed from their names")
        }
        guard evidence.code.isEmpty else { return }
        precision(found, &pair)
        spelling(found, &pair)
        for side in Side.allCases { missing(found, side, &pair) }
    }

    private func values(_ found: (left: Int, right: Int, evidence: PairEvidence), _ pair: inout MapDraft.Pair) {
        let entries = found.evidence.code.map { code in
            "\(literal(.left, found.left, code.left)): \(literal(.right, found.right, code.right))"
        }
        pair.options.append("values: {\(entries.joined(separator: ", "))}")
        pair.options.append("unmapped: park")
        for side in Side.allCases {
            let index = side == .left ? found.left : found.right
            let mapped = Set(found.evidence.code.map { side == .left ? $0.left : $0.right })
            let missing = profiles[side.rawValue][index].counts.keys.filter { !mapped.contains($0) }.sorted()
            guard !missing.isEmpty else { continue }
            let shown = missing.prefix(6).map { literal(side, index, $0) }.joined(separator: " ")
            pair.reasons.append("no counterpart seen for \(shown) of \(stores[side.rawValue])")
        }
    }

    /// The value of a field as a mapping file has it, with the case that the store has.
    private func literal(_ side: Side, _ index: Int, _ number: Int) -> String {
        let column = samples[side.rawValue].columns[index]
        guard let row = profiles[side.rawValue][index].numbers.firstIndex(of: number) else { return "\"\"" }
        return Self.literal(column[row])
    }

    private static func literal(_ value: Value) -> String {
        switch value {
        case .text(let text): MapDraft.quoted(text)
        case .bool, .int64, .decimal, .float64, .null: value.displayText
        case .unchanged, .invalid, .bytes, .date, .time, .timestamp, .instant, .uuid, .json:
            MapDraft.quoted(value.displayText)
        }
    }

    /// Yes and no as a number or truth value, where no joined records say so.
    private func impliedValues(_ found: (left: Int, right: Int, evidence: PairEvidence)) -> String? {
        guard !found.evidence.hasJoin else { return nil }
        let sides = [found.left, found.right]
        for text in Side.allCases {
            let other = text.opposite
            let textProfile = profiles[text.rawValue][sides[text.rawValue]]
            let otherField = field(other, sides[other.rawValue])
            guard textProfile.field.type == .text, [.bool, .int64].contains(otherField.type) else { continue }
            let labels =
                textProfile.field.labels
                ?? textProfile.counts.keys.sorted().map { comparison.values.texts[$0] }
            guard labels.count == 2 else { continue }
            let truths = labels.map { Self.truth($0) }
            guard let first = truths[0], let second = truths[1], first != second else { continue }
            let entries = zip(labels, [first, second]).map { label, isTrue -> (String, String) in
                let number = textProfile.counts.keys.first { comparison.values.texts[$0] == label.lowercased() }
                let word = number.map { literal(text, sides[text.rawValue], $0) } ?? MapDraft.quoted(label)
                return (word, otherField.type == .bool ? (isTrue ? "true" : "false") : (isTrue ? "1" : "0"))
            }
            return entries.map { text == .left ? "\($0.0): \($0.1)" : "\($0.1): \($0.0)" }.joined(separator: ", ")
        }
        return nil
    }

    private static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "yes", "y", "true", "t", "on", "1", "ja", "active": true
        case "no", "n", "false", "f", "off", "0", "nein", "inactive": false
        default: nil
        }
    }

    /// One side keeps more digits than the other.
    private func precision(
        _ found: (left: Int, right: Int, evidence: PairEvidence), _ pair: inout MapDraft.Pair
    ) {
        let fields = [field(.left, found.left), field(.right, found.right)]
        guard fields.allSatisfy({ $0.type == .decimal }), let left = fields[0].scale, let right = fields[1].scale,
            left != right
        else { return }
        let narrow = left < right ? Side.left : .right
        pair.options.append("round: true")
        pair.reasons.append("\(stores[narrow.rawValue]) keeps \(min(left, right)) digits after the point")
    }

    /// Values that agree but for spaces around them, or for upper and lower case.
    private func spelling(_ found: (left: Int, right: Int, evidence: PairEvidence), _ pair: inout MapDraft.Pair) {
        guard found.evidence.hasJoin, found.evidence.agreement >= 0.5 else { return }
        var padded = 0
        var cased = [0, 0, 0]
        for row in comparison.joined {
            guard case .text(let left) = samples[0].columns[found.left][row.left],
                case .text(let right) = samples[1].columns[found.right][row.right], left != right
            else { continue }
            let (a, b) = (ValueIndex.trimmed(left), ValueIndex.trimmed(right))
            if a == b {
                padded += 1
            } else if a.lowercased() == b.lowercased() {
                cased[0] += 1
                if a == a.uppercased() || b == b.uppercased() { cased[1] += 1 }
                if a == a.lowercased() || b == b.lowercased() { cased[2] += 1 }
            }
        }
        if padded >= Self.fewRows {
            pair.options.append("trim: true")
            pair.reasons.append("\(padded) records differ by spaces only")
        }
        if cased[0] >= Self.fewRows {
            pair.options.append("case: \(cased[1] >= cased[2] ? "upper" : "lower")")
            pair.reasons.append("\(cased[0]) records differ by upper and lower case only")
        }
    }

    /// What one side holds where the other has nothing: a default, or a value that stands for nothing.
    private func missing(
        _ found: (left: Int, right: Int, evidence: PairEvidence), _ side: Side, _ pair: inout MapDraft.Pair
    ) {
        let own = side == .left ? found.left : found.right
        let other = side == .left ? found.right : found.left
        var counts: [Value: Int] = [:]
        var total = 0
        for row in comparison.joined {
            let (here, there) = side == .left ? (row.left, row.right) : (row.right, row.left)
            guard samples[side.rawValue].columns[own][here] == .null else { continue }
            total += 1
            counts[samples[side.opposite.rawValue].columns[other][there], default: 0] += 1
        }
        let common = counts.max { ($0.value, $1.key.displayText) < ($1.value, $0.key.displayText) }
        guard total >= Self.fewRows, let common, common.key != .null,
            Double(common.value) >= Self.sure * Double(total)
        else { return }
        let opposite = stores[side.opposite.rawValue]
        if Self.isSentinel(common.key) {
            pair.options.append("sentinel: {\(MapDraft.quoted(opposite)): \(Self.literal(common.key))}")
            pair.reasons.append(
                "\(opposite) has \(Self.literal(common.key)) where \(stores[side.rawValue]) has nothing")
        } else if !pair.options.contains(where: { $0.hasPrefix("default:") }) {
            pair.options.append("default: \(Self.literal(common.key))")
            pair.reasons.append(
                "\(opposite) has \(Self.literal(common.key)) where \(stores[side.rawValue]) has nothing")
        }
    }

    /// Values that stores put where there is none.
    private static func isSentinel(_ value: Value) -> Bool {
        switch value {
        case .date, .timestamp, .instant:
            let text = value.displayText
            return ["1900-01-01", "1899-12-30", "1753-01-01", "1970-01-01", "0001-01-01", "9999-12-31"]
                .contains { text.hasPrefix($0) }
        case .text(let text): return text.isEmpty
        case .null, .unchanged, .invalid, .bool, .int64, .float64, .decimal, .bytes, .time, .uuid, .json: return false
        }
    }

    // MARK: Constants and filters

    struct Filled {
        var index: Int
        var pair: MapDraft.Pair
        var filter: String?
        /// Fields of the other side that it is made of.
        var sources: [Int] = []
    }

    /// Fields that always hold the same in records that both sides have.
    func constants(_ side: Side) -> [Filled] {
        let rows = comparison.joined.map { side == .left ? $0.left : $0.right }
        guard rows.count >= Self.manyRows else { return [] }
        let joined = Set(rows)
        var hasFilter = false
        return free(side).compactMap { index -> Filled? in
            let field = field(side, index)
            guard [.text, .int64, .bool].contains(field.type), !field.isGenerated else { return nil }
            let column = samples[side.rawValue].columns[index]
            guard let first = rows.first.map({ column[$0] }), first != .null,
                rows.allSatisfy({ column[$0] == first })
            else { return nil }
            let others = column.indices.filter { !joined.contains($0) && column[$0] != first && column[$0] != .null }
            let mayFilter = !hasFilter && !others.isEmpty && profiles[side.rawValue][index].counts.count <= 12
            let must = !field.isNullable && !field.hasDefault
            guard mayFilter || must else { return nil }
            hasFilter = hasFilter || mayFilter
            var pair = MapDraft.Pair(
                fields: side == .left ? [field.name, nil] : [nil, field.name], confidence: mayFilter ? 0.8 : 0.6,
                reasons: ["always so in the \(rows.count) records that both have"])
            pair.options = ["constant: \(Self.literal(first))"]
            if mayFilter { pair.reasons.append("never in the other \(others.count): see where") }
            return Filled(index: index, pair: pair, filter: mayFilter ? Self.condition(field.name, first) : nil)
        }
    }

    private static func condition(_ field: String, _ value: Value) -> String {
        if case .text(let text) = value { return "\(field) eq '\(text.replacing("'", with: "''"))'" }
        return "\(field) eq \(value.displayText)"
    }

    // MARK: Texts made of several fields

    /// Fields of a side that hold two fields of the other side, one after the other.
    func compositions(_ side: Side, among targets: [Int]) -> [Filled] {
        let other = side.opposite
        let sources = samples[other.rawValue].fields.indices.filter {
            field(other, $0).type == .text && field(other, $0).path == nil && !profiles[other.rawValue][$0].isConstant
        }
        // All pairs of fields are tried: bounded, for wide entities.
        guard comparison.joined.count >= PairEvidence.enoughRows, sources.count <= 60 else { return [] }
        return targets.compactMap { index -> Filled? in
            let target = field(side, index)
            guard target.type == .text, !target.isGenerated, !profiles[side.rawValue][index].isConstant else {
                return nil
            }
            for separator in [" ", ", ", "-", ""] {
                for first in sources {
                    for second in sources where second != first {
                        guard let share = share(side, index, first, second, separator) else { continue }
                        return Filled(
                            index: index, pair: composed(side, target.name, first, second, separator, share),
                            filter: nil, sources: [first, second])
                    }
                }
            }
            return nil
        }
    }

    private func composed(
        _ side: Side, _ name: String, _ first: Int, _ second: Int, _ separator: String, _ share: Double
    ) -> MapDraft.Pair {
        let other = side.opposite
        let names = [field(other, first).name, field(other, second).name]
        let text =
            separator.isEmpty
            ? "concat(\(names[0]),\(names[1]))" : "concat(concat(\(names[0]),'\(separator)'),\(names[1]))"
        var pair = MapDraft.Pair(
            fields: side == .left ? [name, nil] : [nil, name], confidence: min(0.95, share),
            reasons: ["so in \(Int((share * 100).rounded()))% of the records that both have"])
        pair.options = [
            "from: \(MapDraft.quoted(text))",
            "direction: \(MapDraft.quoted("\(stores[other.rawValue])-to-\(stores[side.rawValue])"))",
        ]
        return pair
    }

    /// The share of joined rows that hold two fields one after the other; nil below four fifths.
    private func share(_ side: Side, _ index: Int, _ first: Int, _ second: Int, _ separator: String) -> Double? {
        var compared = 0
        var equal = 0
        for row in comparison.joined {
            let (here, there) = side == .left ? (row.left, row.right) : (row.right, row.left)
            guard case .text(let whole) = samples[side.rawValue].columns[index][here],
                case .text(let start) = samples[side.opposite.rawValue].columns[first][there],
                case .text(let end) = samples[side.opposite.rawValue].columns[second][there],
                !start.isEmpty, !end.isEmpty
            else { continue }
            compared += 1
            if whole == start + separator + end { equal += 1 }
            if compared >= 10 && equal * 5 < compared * 3 { return nil }
        }
        guard compared >= PairEvidence.enoughRows, equal * 5 >= compared * 4 else { return nil }
        return Double(equal) / Double(compared)
    }
}
