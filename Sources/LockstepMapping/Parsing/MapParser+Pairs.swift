import Yams

/// The lines of `fields`.
extension MapParser {
    static let pairKeys = [
        "owner", "values", "unmapped", "default", "constant", "from", "direction", "round", "truncate", "zone",
        "deferred", "within", "sentinel", "trim", "case",
    ]

    mutating func pairs(_ node: Node) -> [PairDefinition] {
        guard let items = reader.items(node, of: "`fields`") else { return [] }
        return items.compactMap { pair($0) }
    }

    private mutating func pair(_ node: Node) -> PairDefinition? {
        guard let fields = reader.fields(node, of: "a pair", known: stores + Self.pairKeys) else { return nil }
        let errorCount = reader.diagnostics.count
        let names = stores.map { store in fields[store].flatMap { fieldName($0, store: store) } }
        var pair = PairDefinition(
            location: fields.location, fields: names, direction: nil, owner: nil, values: [], unmapped: .park,
            defaultValue: nil, constant: nil, expression: nil, loss: nil)
        pair.direction = fields["direction"].flatMap { direction($0) }
        if let node = fields["owner"], let text = reader.text(node, of: "`owner`") { pair.owner = side(text) }
        if let node = fields["values"] { pair.values = values(node, keySide: firstSide(fields)) }
        pair.constant = fields["constant"].flatMap { located($0, of: "`constant`") }
        pair.defaultValue = fields["default"].flatMap { located($0, of: "`default`") }
        pair.expression = fields["from"].flatMap { reader.expression($0, of: "`from`") }
        loss(fields, into: &pair)
        extras(fields, into: &pair)
        forms(fields, into: &pair)
        // A pair that cannot be read as written would only lead to further, misleading messages.
        guard reader.diagnostics.count == errorCount else { return nil }
        return shape(pair, fields) ? pair : nil
    }

    private mutating func extras(_ fields: Fields, into pair: inout PairDefinition) {
        if let node = fields["deferred"] { pair.isDeferred = reader.bool(node, of: "`deferred`") ?? false }
        pair.within = fields["within"].flatMap { reader.text($0, of: "`within`") }
        if let node = fields["unmapped"] {
            let choices = [("park", PairDefinition.Unmapped.park), ("null", .null), ("pass", .pass)]
            if let choice = reader.word(node, of: "`unmapped`", among: choices) { pair.unmapped = choice.value }
            if fields["values"] == nil {
                report(
                    .contradiction, at: fields.place(of: "unmapped"), "`unmapped` stands without `values`",
                    hint: "leave it out")
            }
        }
    }

    mutating func located(_ node: Node, of what: String) -> Located<ScalarText>? {
        reader.scalar(node, of: what).map { Located($0, at: reader.location(node)) }
    }

    /// The side whose field the pair names first: its values are the keys of a value map.
    private func firstSide(_ fields: Fields) -> Side {
        fields.entries.first { stores.contains($0.key.value) }?.key.value == stores[1] ? .right : .left
    }

    private mutating func values(_ node: Node, keySide: Side) -> [PairDefinition.ValuePair] {
        guard let entries = reader.entries(node, of: "`values`") else { return [] }
        if entries.isEmpty {
            reader.report(.badValue, at: reader.location(node), "`values` is empty", hint: "write `{a: b, …}`")
        }
        return entries.compactMap { entry in
            let key = ScalarText(text: entry.key.value, isQuoted: entry.keyNode.scalar?.style != .plain)
            guard let value = reader.scalar(entry.value, of: "a value") else { return nil }
            if key.isNull || value.isNull {
                reader.report(
                    .badValue, at: entry.key.location, "null cannot stand in a value map",
                    hint: "null stays null; write `default: …` to replace it")
                return nil
            }
            return PairDefinition.ValuePair(
                values: keySide == .left ? [key, value] : [value, key], location: entry.key.location)
        }
    }

    // MARK: What goes with what

    /// Whether the keys of a pair make sense together.
    private mutating func shape(_ pair: PairDefinition, _ fields: Fields) -> Bool {
        let named = pair.fields.compactMap { $0 }
        guard pair.constant == nil || pair.expression == nil else {
            report(
                .contradiction, at: fields.place(of: "from"), "`constant` and `from` exclude each other",
                hint: "keep one of them")
            return false
        }
        if pair.constant != nil || pair.expression != nil { return isOneSided(pair, fields, named: named) }
        guard named.count == 2 else {
            report(
                .incompletePair, at: pair.location, "the pair names \(named.isEmpty ? "no field" : "one field only")",
                hint: "name a field of either store, or add `constant` or `from`")
            return false
        }
        return true
    }

    private mutating func isOneSided(_ pair: PairDefinition, _ fields: Fields, named: [Located<String>]) -> Bool {
        let source = pair.constant == nil ? "from" : "constant"
        guard named.count == 1 else {
            report(
                .incompletePair, at: pair.location,
                named.isEmpty ? "the pair names no field" : "`\(source)` takes the place of the other field",
                hint: "name only the field that is written")
            return false
        }
        for key in ["values", "default", "owner"] where fields[key] != nil {
            if key == "default" && pair.expression != nil { continue }
            report(
                .contradiction, at: fields.place(of: key), "`\(key)` and `\(source)` exclude each other",
                hint: "keep one of them")
            return false
        }
        let target: Side = pair.fields[0] == nil ? .right : .left
        guard let direction = pair.direction, direction != .from(target.opposite) else { return true }
        report(
            .contradiction, at: fields.place(of: "direction"),
            "`\(source)` writes \(stores[target.rawValue]) and cannot go another way",
            hint: "write `\(stores[target.opposite.rawValue])-to-\(stores[target.rawValue])`, or leave it out")
        return false
    }
}
