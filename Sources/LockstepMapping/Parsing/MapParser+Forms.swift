import Yams

/// What a pair says of the form of its values: what may be lost, zones, sentinels, blanks and case.
extension MapParser {
    /// More digits after the point than any store keeps.
    private static let largestDigits = 30

    mutating func loss(_ fields: Fields, into pair: inout PairDefinition) {
        if let node = fields["round"], let text = reader.text(node, of: "`round`") {
            if let digits = Int(text.value), (0...Self.largestDigits).contains(digits) {
                pair.loss = .round
                pair.digits = digits
            } else if text.value == "true" {
                pair.loss = .round
            } else if text.value != "false" {
                report(
                    .badValue, at: text.location, "`round` cannot be `\(text.value)`",
                    hint: "write `true` for as many digits as the target keeps, or how many digits after the point")
            }
        }
        guard let node = fields["truncate"], reader.bool(node, of: "`truncate`") == true else { return }
        if pair.loss == .round {
            report(
                .contradiction, at: fields.place(of: "truncate"), "`round` and `truncate` exclude each other",
                hint: "keep one of them")
        }
        pair.loss = .truncate
    }

    mutating func forms(_ fields: Fields, into pair: inout PairDefinition) {
        if let node = fields["zone"] { pair.zone = zone(node) }
        if let node = fields["trim"] { pair.trims = reader.bool(node, of: "`trim`") ?? false }
        if let node = fields["case"] {
            let choices = [("upper", PairDefinition.LetterCase.upper), ("lower", .lower)]
            pair.letterCase = reader.word(node, of: "`case`", among: choices)?.value
        }
        guard let node = fields["sentinel"],
            let sides = reader.fields(node, of: "`sentinel`", known: stores)
        else { return }
        for (index, store) in stores.enumerated() {
            guard let node = sides[store] else { continue }
            let items: [Node] = if case .sequence(let list) = node { Array(list) } else { [node] }
            for item in items {
                guard let value = located(item, of: "a sentinel") else { continue }
                guard !value.value.isNull else {
                    report(
                        .badValue, at: value.location, "null stands for null already",
                        hint: "name the value that means it; an empty text is written ''")
                    continue
                }
                pair.sentinels[index].append(value)
            }
        }
    }

    /// `UTC`, `Europe/Berlin`, or `{name: Europe/Berlin, overlap: earlier}`.
    private mutating func zone(_ node: Node) -> Located<PairDefinition.ZoneRule>? {
        guard case .mapping = node else {
            guard let name = reader.text(node, of: "`zone`") else { return nil }
            return known(PairDefinition.ZoneRule(name: name.value), at: name.location)
        }
        guard let fields = reader.fields(node, of: "`zone`", known: ["name", "overlap"]),
            let nameNode = reader.required("name", in: fields), let name = reader.text(nameNode, of: "`name`")
        else { return nil }
        var rule = PairDefinition.ZoneRule(name: name.value)
        if let node = fields["overlap"] {
            let choices = [("earlier", PairDefinition.ZoneRule.Overlap.earlier), ("later", .later)]
            rule.overlap = reader.word(node, of: "`overlap`", among: choices)?.value
        }
        return known(rule, at: name.location)
    }

    private mutating func known(
        _ rule: PairDefinition.ZoneRule, at location: SourceLocation
    ) -> Located<PairDefinition.ZoneRule>? {
        if LocalZone(rule) != nil { return Located(rule, at: location) }
        report(
            .unknownZone, at: location, "there is no time zone `\(rule.name)`",
            hint: "name one of IANA's zones, as Europe/Berlin or America/New_York, or UTC")
        return nil
    }
}
