import LockstepModel

/// How probable duplicates are found: records that agree in these fields, whatever their keys.
public struct MatchRule: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// The values are equal.
        case exact
        /// The texts are equal but for case, accents, width, blanks and punctuation.
        case normalised
        /// The texts are nearly equal once they are normalised.
        case similar
    }
    public var kind: Kind
    /// Field names, by ``Side``, in pairs. Records in which one of them has no value agree with none.
    public var fields: [[String]]

    public init(kind: Kind, fields: [[String]]) {
        self.kind = kind
        self.fields = fields
    }
}

extension MapCompilation {
    /// The map's match rules; what is wrong with them is reported.
    mutating func matchRules() -> [MatchRule] {
        definition.match.compactMap { match in
            let found = Side.allCases.map { side in match.fields[side.rawValue].map { field($0, side) } }
            guard found.allSatisfy({ $0.allSatisfy { $0 != nil } }) else { return nil }
            let fields = found.map { $0.compactMap { $0 } }
            if match.rule == .exact { checkMatchTypes(fields, at: match.location) }
            return MatchRule(kind: match.rule, fields: fields.map { $0.map(\.name) })
        }
    }

    private mutating func checkMatchTypes(_ fields: [[FieldDescription]], at location: SourceLocation) {
        let numbers: Set<ValueType> = [.int64, .decimal]
        for (left, right) in zip(fields[0], fields[1])
        where left.type != right.type && !numbers.isSuperset(of: [left.type, right.type]) {
            error(
                .matchNeverAgrees, at: location,
                "`\(left.name)` (\(left.type.name)) and `\(right.name)` (\(right.type.name)) are never exactly equal",
                hint: "`rule: normalised` compares them as texts")
        }
    }
}
