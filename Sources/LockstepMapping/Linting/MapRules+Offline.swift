import LockstepExpressions

/// What the compiler says, as far as it needs no schema: for maps that are looked at without their stores.
extension MapRules {
    mutating func checkWithoutSchemas() {
        for side in Side.allCases {
            if let filter = definition.filters[side.rawValue] { checkExpression(filter) }
        }
        var written: [Set<String>] = [[], []]
        for part in definition.key where !definition.pairs.contains(where: { isPair($0, of: part) }) {
            for side in Side.allCases where definition.direction.includes(from: side.opposite) {
                written[side.rawValue].insert(part.fields[side.rawValue].value)
            }
        }
        for pair in definition.pairs { checkWithoutSchemas(pair, &written) }
        checkRule()
    }

    private func isPair(_ pair: PairDefinition, of part: MapDefinition.KeyPart) -> Bool {
        pair.fields[0] == part.fields[0] && pair.fields[1] == part.fields[1]
    }

    private mutating func checkWithoutSchemas(_ pair: PairDefinition, _ written: inout [Set<String>]) {
        if let expression = pair.expression { checkExpression(expression) }
        if isKey(pair), pair.hasTransform || pair.direction.map({ $0 != definition.direction }) == true {
            report(
                .error, .keyTransformed, at: pair.location,
                "a key field is carried as it is, in all directions of the map",
                hint: "leave the field out of `fields`, or list it without anything else")
        }
        let ways = ways(of: pair)
        guard ways.contains(true) else {
            return report(
                .error, .neverGoes, at: pair.location, "the pair goes in no direction that the map goes",
                hint: "leave it out, or change the map's `direction`")
        }
        for source in Side.allCases where ways[source.rawValue] {
            let target = source.opposite
            guard let field = pair.fields[target.rawValue]?.value,
                !written[target.rawValue].insert(field).inserted
            else { continue }
            report(
                .error, .duplicateTarget, at: pair.location,
                "`\(field)` in `\(store(target))` is written by two pairs in the same direction",
                hint: "let one of them go the other way with `direction`, or leave it out")
        }
        checkReversible(pair, ways)
    }

    /// By the texts: values of the same text are the same, whatever the field's type is.
    private mutating func checkReversible(_ pair: PairDefinition, _ ways: [Bool]) {
        var seen: [Set<String>] = [[], []]
        for line in pair.values {
            for side in Side.allCases
            where !seen[side.rawValue].insert(line.values[side.rawValue].text).inserted && ways[side.rawValue] {
                report(
                    .error, .valuesNotReversible, at: line.location,
                    "a value of `\(pair.fields[side.rawValue]?.value ?? "")` has two counterparts",
                    hint: ways == [true, true]
                        ? "list it once, or let the pair go one way with `direction`" : "list it once")
            }
        }
    }

    private mutating func checkRule() {
        guard definition.overlap == nil, definition.direction == .both,
            let pair = definition.pairs.first(where: {
                ways(of: $0) == [true, true] && !isKey($0) && $0.owner == nil
            })
        else { return }
        report(
            .warning, .noRule, at: pair.location,
            "both sides may write this field, and no rule says who wins: overlaps wait for a person",
            hint: "write `conflicts: {overlap: \(store(.left))}`, name an `owner`, or say `overlap: manual`")
    }

    private mutating func checkExpression(_ text: Located<String>) {
        do throws(ExpressionError) {
            _ = try Expression.parse(text.value)
        } catch {
            for problem in error.problems {
                var location = text.location
                location.column += problem.offset
                report(.error, .badExpression, at: location, problem.message, hint: problem.hint)
            }
        }
    }
}
