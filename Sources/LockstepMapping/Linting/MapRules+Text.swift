import LockstepExpressions
import LockstepModel

/// What a map's own text shows.
extension MapRules {
    /// - Parameter fillsByStore: the schemas by side, where they are known: what the store fills need not be written.
    mutating func check(fillsByStore schemas: [StoreDescription]) {
        for side in Side.allCases { checkCondition(side, schemas) }
        for pair in definition.pairs { check(pair) }
        checkOverlapRule()
        guard definition.direction == .both, definition.propagatesDeletes, definition.deleteGuard == nil else { return }
        report(
            .note, .unguardedDeletes,
            at: source?.place(ofKey: "deletes", file: definition.file) ?? definition.name.location,
            "deletes go both ways, and no guard stops a run that would delete most of an entity",
            hint: "write `deletes: {propagate: true, guard: 20%}`")
    }

    // MARK: Filters

    private mutating func checkCondition(_ side: Side, _ schemas: [StoreDescription]) {
        guard let condition = conditions[side.rawValue] else { return }
        guard !condition.constraints.isNeverTrue else {
            return report(
                .error, .neverMatches, at: condition.text.location,
                "the condition for `\(store(side))` is true for no record",
                hint: "look for a field that would need two values, and for `gt`, `ge`, `lt` or `le` beside null")
        }
        guard definition.direction.includes(from: side.opposite) else { return }
        let entity = schemas.isEmpty ? nil : schemas[side.rawValue].entity(definition.entities[side.rawValue].value)
        for (field, values) in condition.constraints.allowed.sorted(by: { $0.key < $1.key }) {
            checkWritten(field, values, side, condition, entity?.field(field))
        }
    }

    /// Whether what the map writes into a field meets the map's own filter.
    private mutating func checkWritten(
        _ field: String, _ values: Set<FieldConstraints.Constant>, _ side: Side, _ condition: Condition,
        _ description: FieldDescription?
    ) {
        let writers = definition.pairs.filter { pair in
            pair.fields[side.rawValue]?.value == field && ways(of: pair)[side.opposite.rawValue]
        }
        let listed = values.map(\.displayText).sorted().joined(separator: ", ")
        for pair in writers {
            guard let constant = pair.constant else { continue }
            let isOutside = values.allSatisfy {
                $0.certainlyDiffers(fromWritten: constant.value.text, isNull: constant.value.isNull)
            }
            guard isOutside else { continue }
            report(
                .error, .constantOutsideFilter, at: constant.location,
                "the constant for `\(field)` is outside the condition for `\(store(side))`, which wants \(listed)",
                hint: "write the same value in both places")
        }
        let isKeyField = definition.key.contains { $0.fields[side.rawValue].value == field }
        let isFilledByStore = description.map { $0.hasDefault || $0.isGenerated } ?? false
        guard writers.isEmpty, !isKeyField, !isFilledByStore, !values.contains(where: { $0.displayText == "null" })
        else { return }
        report(
            .warning, .filterFieldNotFilled, at: condition.text.location,
            "the condition for `\(store(side))` wants `\(field)` to be \(listed), and no pair writes it",
            hint: values.count == 1 && !field.contains(".")
                ? "add `{\(store(side)): \(field), constant: \(values.first?.text ?? "…")}`"
                : "add a pair that fills `\(field)`")
    }

    // MARK: Pairs

    private mutating func check(_ pair: PairDefinition) {
        if let expression = pair.expression, let parsed = try? Expression.parse(expression.value),
            parsed.namedFields.isEmpty, !usesNow(expression.value)
        {
            report(
                .warning, .constantExpression, at: expression.location, "the expression reads no field",
                hint: "write `constant: …` with its value")
        }
        for line in pair.values where pair.unmapped == .pass && line.values[0].text == line.values[1].text {
            report(
                .warning, .valueChangesNothing, at: line.location,
                "with `unmapped: pass` the value goes through as it is, listed or not", hint: "leave the entry out")
        }
        let ways = ways(of: pair)
        if pair.direction == .both, definition.direction != .both {
            report(
                .warning, .directionWithoutEffect, at: pair.location,
                "the pair says `direction: both`, and its map goes one way",
                hint: "leave the pair's `direction` out, or let the map go both ways")
        }
        if pair.owner != nil, ways != [true, true] {
            report(
                .warning, .ruleWithoutEffect, at: pair.location,
                "`owner` has no effect: the field goes one way only", hint: "leave `owner` out")
        }
    }

    private func usesNow(_ text: String) -> Bool { text.lowercased().contains("now(") }

    private mutating func checkOverlapRule() {
        guard let overlap = definition.overlap, overlap.value != .manual, definition.direction != .both else { return }
        report(
            .warning, .ruleWithoutEffect, at: overlap.location,
            "`overlap` has no effect: the map goes one way only", hint: "leave it out")
    }
}
