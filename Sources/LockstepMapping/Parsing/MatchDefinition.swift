import Yams

/// One rule of a map's `match`: records that agree in these fields are probably the same thing.
public struct MatchDefinition: Sendable, Hashable {
    /// Field names, by ``Side``; as many on either side, in pairs.
    public var fields: [[Located<String>]]
    public var rule: MatchRule.Kind
    public var location: SourceLocation
}

/// The rules that duplicates are found by.
extension MapParser {
    mutating func matches(_ node: Node) -> [MatchDefinition] {
        guard let items = reader.items(node, of: "`match`") else { return [] }
        return items.compactMap { match($0) }
    }

    private mutating func match(_ node: Node) -> MatchDefinition? {
        guard let fields = reader.fields(node, of: "a rule of `match`", known: stores + ["rule"]) else { return nil }
        let names = stores.map { store -> [Located<String>]? in
            guard let node = reader.required(store, in: fields) else { return nil }
            guard case .sequence = node else { return fieldName(node, store: store).map { [$0] } }
            let items = reader.items(node, of: "the fields of `\(store)`") ?? []
            let names = items.compactMap { fieldName($0, store: store) }
            return names.count == items.count ? names : nil
        }
        let choices = MatchRule.Kind.allCases.map { ($0.rawValue, $0) }
        let rule = fields["rule"].flatMap { reader.word($0, of: "`rule`", among: choices)?.value } ?? .exact
        guard let left = names[0], let right = names[1] else { return nil }
        guard left.count == right.count, !left.isEmpty else {
            report(
                .matchIncomplete, at: fields.location,
                "the rule names \(left.count) fields of `\(stores[0])` and \(right.count) of `\(stores[1])`",
                hint: "name the same number of fields on both sides, in pairs")
            return nil
        }
        return MatchDefinition(fields: [left, right], rule: rule, location: fields.location)
    }
}
