/// The pairs of two versions.
extension ComparisonWork {
    func pairs() -> [Difference] {
        var before = Dictionary(grouping: old.pairs, by: Self.identity)
        var found: [Difference] = []
        for pair in new.pairs {
            let identity = Self.identity(pair)
            guard var same = before[identity], let first = same.first else {
                found.append(added(pair))
                continue
            }
            same.removeFirst()
            before[identity] = same.isEmpty ? nil : same
            found += changes(first, pair)
        }
        let gone = old.pairs.filter { pair in before[Self.identity(pair)]?.contains(pair) == true }
        return found + gone.map(removed)
    }

    /// Pairs of the same fields are the same pair.
    private static func identity(_ pair: PairDefinition) -> [String?] { pair.fields.map { $0?.value } }

    private func name(_ pair: PairDefinition) -> String {
        let names = pair.fields.compactMap { $0?.value }
        return names.count == 2 && names[0] == names[1] ? names[0] : names.joined(separator: " ~ ")
    }

    /// The fields that a pair writes: `crm: currencycode`.
    private func targets(_ pair: PairDefinition, _ direction: Direction) -> String {
        Side.allCases.filter { (pair.direction ?? direction).includes(from: $0.opposite) }
            .compactMap { side in pair.fields[side.rawValue].map { "\($0.value) of \(store(side))" } }
            .joined(separator: " and ")
    }

    private func added(_ pair: PairDefinition) -> Difference {
        var meaning = "\(targets(pair, new.direction)) is written from now on"
        if let constant = pair.constant { meaning += ", always \(show(constant.value))" }
        if let expression = pair.expression { meaning += ", from \(expression.value)" }
        return Difference(
            kind: .added, subject: "fields", name: name(pair),
            meaning: meaning + "; on the first run every difference is an overlap", step: .minor)
    }

    private func removed(_ pair: PairDefinition) -> Difference {
        Difference(
            kind: .removed, subject: "fields", name: name(pair),
            meaning: "\(targets(pair, old.direction)) is written no longer, and keeps what it has", step: .major)
    }

    // MARK: One pair

    private func changes(_ before: PairDefinition, _ after: PairDefinition) -> [Difference] {
        var found: [Difference] = []
        func note(_ meaning: String, _ step: MapComparison.Step) {
            found.append(changed("fields", name(after), meaning, step))
        }
        let directions = [before.direction ?? old.direction, after.direction ?? new.direction]
        if before.direction != after.direction, directions[0] != directions[1] {
            note("goes \(text(directions[1])), before \(text(directions[0]))", .major)
        }
        if before.owner != after.owner {
            let meaning =
                after.owner.map { "\(store($0)) owns it from now on, and wins where both sides changed it" }
                ?? "nobody owns it any more: the map's rule decides where both sides changed it"
            note(meaning, .major)
        }
        for meaning in values(before, after) { note(meaning.text, meaning.step) }
        if before.unmapped != after.unmapped {
            let meaning =
                switch after.unmapped {
                case .park: "a value that `values` does not list parks the record"
                case .null: "a value that `values` does not list becomes null"
                case .pass: "a value that `values` does not list goes through as it is"
                }
            note(meaning, .patch)
        }
        if before.defaultValue?.value != after.defaultValue?.value {
            note(
                after.defaultValue.map { "null becomes \(show($0.value))" }
                    ?? "null stays null: there is no default any more",
                .patch)
        }
        if before.constant?.value != after.constant?.value {
            let meaning = after.constant.map { "is always \(show($0.value)) from now on" } ?? "is no constant any more"
            note(meaning + (before.constant.map { ", \(show($0.value)) before" } ?? ""), .major)
        }
        if before.expression?.value != after.expression?.value {
            note(
                after.expression.map { "is made by \($0.value) from now on" } ?? "is made by no expression any more",
                .major)
        }
        if before.loss != after.loss { note(loss(after.loss), .patch) }
        if before.zone != after.zone {
            note(
                after.zone.map { "times without zone are in \($0.value.name)" } ?? "times without zone have none",
                .major)
        }
        if found.isEmpty, meaning(before) != meaning(after) {
            note("is carried over in another way: compare its line in both files", .major)
        }
        return found
    }

    /// What a pair means to the engine, whatever its place and way of writing.
    private func meaning(_ pair: PairDefinition) -> String {
        var map = new
        map.pairs = [pair]
        map.pairs[0].direction = nil
        return MapFingerprint.canonical(map)
    }

    private func loss(_ loss: PairDefinition.Loss?) -> String {
        switch loss {
        case .round: "what does not fit is rounded from now on"
        case .truncate: "what does not fit is cut off from now on"
        case nil: "what does not fit parks the record from now on"
        }
    }

    private func show(_ scalar: ScalarText) -> String {
        scalar.isNull ? "null" : scalar.isQuoted ? "'\(scalar.text)'" : scalar.text
    }

    // MARK: Value maps

    private func values(
        _ before: PairDefinition, _ after: PairDefinition
    ) -> [(text: String, step: MapComparison.Step)] {
        let maps = [before, after].map { pair in
            Dictionary(
                pair.values.map { ($0.values[0].text, $0.values[1].text) }, uniquingKeysWith: { first, _ in first })
        }
        var found: [(text: String, step: MapComparison.Step)] = []
        if before.values.isEmpty && !after.values.isEmpty {
            return [("values are translated from now on: \(after.values.count) are listed", .major)]
        }
        if !before.values.isEmpty && after.values.isEmpty { return [("values are no longer translated", .major)] }
        for pair in after.values {
            let (left, right) = (pair.values[0].text, pair.values[1].text)
            if let known = maps[0][left] {
                if known != right { found.append(("'\(left)' now becomes \(right) instead of \(known)", .major)) }
            } else {
                found.append(("'\(left)' now becomes \(right)", .minor))
            }
        }
        for pair in before.values where maps[1][pair.values[0].text] == nil {
            found.append(("'\(pair.values[0].text)' is no longer listed (\(pair.values[1].text) before)", .major))
        }
        return found
    }
}
