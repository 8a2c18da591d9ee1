import LockstepModel

/// What a direction does to its target as a whole.
extension MapCompilation {
    mutating func checkTarget(of source: Side) {
        let side = source.opposite
        let entity = entities[side.rawValue]
        if entity.kind == .view {
            error(
                .viewNotWritable, at: definition.entities[side.rawValue].location,
                "`\(entity.name)` in `\(store(side))` is a view, which is not written",
                hint: "map the table behind it, or let the map go one way from it")
        }
        var written: Set<String> = []
        for pair in pairs where pair.goes(from: source) {
            guard let field = pair.field(side) else { continue }
            if !written.insert(field.name).inserted {
                error(
                    .duplicateTarget, at: pair.location,
                    "`\(field.name)` in `\(store(side))` is written by two pairs in the same direction",
                    hint: "let one of them go the other way with `direction`, or leave it out")
            }
            if field.isGenerated {
                error(
                    .writesGenerated, at: pair.location,
                    "`\(store(side))` computes `\(field.name)` itself: it is never written",
                    hint: "write `direction: \(store(side))-to-\(store(source))`")
            }
        }
        checkRequired(entity, side, written: written)
    }

    private mutating func checkRequired(_ entity: EntityDescription, _ side: Side, written: Set<String>) {
        // A field that was named and not understood would be reported a second time here.
        let named = Set(definition.pairs.compactMap { $0.fields[side.rawValue]?.value })
        for field in entity.fields
        where !field.isNullable && !field.hasDefault && !field.isGenerated && !written.contains(field.name) {
            if named.contains(field.name) && !pairs.contains(where: { $0.field(side)?.name == field.name }) { continue }
            error(
                .requiredNotFilled, at: definition.entities[side.rawValue].location,
                "`\(field.name)` of `\(entity.name)` in `\(store(side))` must have a value and is never filled",
                hint: "add a pair, or `{\(store(side)): \(field.name), constant: …}`")
        }
    }

    // MARK: Expressions

    mutating func checkFormula(_ index: Int, _ expression: Located<String>) {
        let pair = pairs[index]
        let target: Side = pair.field(.left) == nil ? .right : .left
        guard let field = pair.field(target),
            let formula = formula(expression, target.opposite, isCondition: false)
        else { return }
        pairs[index].formula = formula
        // Null fits every field that may be null; what it does elsewhere is known record by record.
        guard let type = formula.resultType else { return }
        let given = FieldDescription(name: "from", type: type, nativeType: type.name)
        if case .refused(let hint) = ConversionRule.between(given, field, pair.options) {
            error(
                .badExpression, at: expression.location,
                "the expression gives \(type.name), which does not go into `\(field.name)` (\(field.type.name))",
                hint: hint)
        }
    }

    mutating func condition(_ text: Located<String>, _ side: Side) -> CheckedFormula? {
        formula(text, side, isCondition: true)
    }

    private mutating func formula(_ text: Located<String>, _ side: Side, isCondition: Bool) -> CheckedFormula? {
        let result = CheckedFormula.check(text, fields: entities[side.rawValue].fields, isCondition: isCondition)
        for problem in result.problems {
            error(.badExpression, at: problem.location, problem.message, hint: problem.hint)
        }
        return result.formula
    }
}
