import LockstepExpressions

/// Two maps that write the same entity, and whether one record can belong to both.
public struct FilterPair: Sendable, Hashable {
    public enum Verdict: Sendable, Hashable {
        /// No record can be in both.
        case disjoint
        /// Whatever the records are: what lets them through the one lets them through the other.
        case overlapping
        /// The texts do not say; the records do.
        case unknown
    }

    /// Indexes into the definitions that were compared.
    public var first: Int
    public var second: Int
    /// On which side of either map the entity is.
    public var firstSide: Side
    public var secondSide: Side
    public var verdict: Verdict
    /// Fields that both write, in order.
    public var commonFields: [String]
    /// Both filters are known on the entity's side, so that its records can be counted.
    public var isCountable: Bool
}

extension MapLinter {
    /// The pairs of maps of one link that write the same entity, those of no concern left out.
    public static func filterPairs(_ definitions: [MapDefinition]) -> [FilterPair] {
        let rules = definitions.map { MapRules(definition: $0, source: nil) }
        var writers: [String: [(index: Int, side: Side)]] = [:]
        for (index, definition) in definitions.enumerated() {
            for side in Side.allCases where definition.direction.includes(from: side.opposite) {
                let entity = "\(definition.stores[side.rawValue])\u{0}\(definition.entities[side.rawValue].value)"
                writers[entity, default: []].append((index, side))
            }
        }
        var pairs: [FilterPair] = []
        for group in writers.values {
            for (place, second) in group.enumerated() {
                for first in group.prefix(place)
                where first.index != second.index
                    && !areApart(definitions[first.index], first.side, definitions[second.index], second.side)
                {
                    let pair = pair(rules, first, second)
                    if pair.verdict != .disjoint { pairs.append(pair) }
                }
            }
        }
        return pairs.sorted {
            ($0.second, $0.first, $0.secondSide.rawValue) < ($1.second, $1.first, $1.secondSide.rawValue)
        }
    }

    /// Whether two maps are for two partitions, which no record is in both of.
    private static func areApart(
        _ first: MapDefinition, _ firstSide: Side, _ second: MapDefinition, _ secondSide: Side
    ) -> Bool {
        guard let one = first.partition, let other = second.partition, let value = one.value, let another = other.value,
            one.fields[firstSide.rawValue] != nil, other.fields[secondSide.rawValue] != nil
        else { return false }
        return value != another
    }

    /// What to say of a pair by the texts alone.
    ///
    /// - Parameter isCounted: the records were looked at, and none is in both.
    public static func diagnostic(
        _ pair: FilterPair, of definitions: [MapDefinition], isCounted: Bool = false
    ) -> Diagnostic? {
        let (first, second) = (definitions[pair.first], definitions[pair.second])
        let entity = second.entities[pair.secondSide.rawValue].value
        let store = second.stores[pair.secondSide.rawValue]
        let location = second.filters[pair.secondSide.rawValue]?.location ?? second.name.location
        let fields = pair.commonFields.prefix(5).map { "`\($0)`" }.joined(separator: ", ")
        let both =
            "`\(first.name.value)` (\(first.file)) and `\(second.name.value)` both write `\(entity)` in `\(store)`"
        let hint = "give both a condition on one field of `\(entity)`, with different constants"
        switch pair.verdict {
        case .disjoint: return nil
        case .overlapping:
            return Diagnostic(
                pair.commonFields.isEmpty ? .warning : .error, MapCode.filtersOverlap.rawValue, at: location,
                both + ", and their conditions let the same records through"
                    + (fields.isEmpty ? "" : ": both write \(fields)"),
                hint: hint)
        case .unknown:
            return Diagnostic(
                isCounted ? .note : .warning, MapCode.filtersNotProved.rawValue, at: location,
                both
                    + (isCounted
                        ? "; no record is in both now, and nothing keeps it so"
                        : pair.isCountable
                            ? ", and it cannot be proved without the stores that no record is in both"
                            : ", and nothing in the maps proves that no record is in both"),
                hint: hint)
        }
    }

    private static func pair(
        _ rules: [MapRules], _ first: (index: Int, side: Side), _ second: (index: Int, side: Side)
    ) -> FilterPair {
        let (left, right) = (rules[first.index], rules[second.index])
        let constraints = (left.constraints(first.side), right.constraints(second.side))
        let verdict: FilterPair.Verdict =
            if constraints.0.excludes(constraints.1) || excludesSources(left, first.side, right, second.side) {
                .disjoint
            } else if constraints.0.overlaps(constraints.1) {
                .overlapping
            } else { .unknown }
        let common = left.written(first.side).filter(Set(right.written(second.side)).contains)
        return FilterPair(
            first: first.index, second: second.index, firstSide: first.side, secondSide: second.side, verdict: verdict,
            commonFields: common,
            isCountable: left.isBounded(first.side) && right.isBounded(second.side))
    }

    /// Records of one entity that go two ways by what they are never meet again on the other side.
    private static func excludesSources(_ left: MapRules, _ leftSide: Side, _ right: MapRules, _ rightSide: Side)
        -> Bool
    {
        let (leftSource, rightSource) = (leftSide.opposite.rawValue, rightSide.opposite.rawValue)
        guard left.definition.stores[leftSource] == right.definition.stores[rightSource],
            left.definition.entities[leftSource] == right.definition.entities[rightSource],
            left.definition.direction != .both || right.definition.direction != .both
        else { return false }
        return left.constraints(leftSide.opposite).excludes(right.constraints(rightSide.opposite))
    }
}

extension MapRules {
    /// What is certain of the records that the map follows on a side.
    func constraints(_ side: Side) -> FieldConstraints {
        if let condition = conditions[side.rawValue] { return condition.constraints }
        // A map that only writes there has the records that it wrote itself, which their own condition does not tell.
        return isBounded(side) && definition.filters[side.rawValue] == nil ? .everything : .anything
    }

    /// Whether the map's condition says which records of a side it has.
    func isBounded(_ side: Side) -> Bool {
        conditions[side.rawValue] != nil
            || definition.filters[side.rawValue] == nil && definition.direction.includes(from: side)
    }

    /// The fields of a side that the map writes, apart from the key.
    func written(_ side: Side) -> [String] {
        definition.pairs.compactMap { pair in
            isKey(pair) || !ways(of: pair)[side.opposite.rawValue] ? nil : pair.fields[side.rawValue]?.value
        }
    }
}
