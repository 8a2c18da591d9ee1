import LockstepExpressions
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
        var filled: Set<String> = []
        for pair in pairs where pair.goes(from: source) {
            guard let field = pair.field(side) else { continue }
            if !written.insert(field.name).inserted {
                error(
                    .duplicateTarget, at: pair.location,
                    "`\(field.name)` in `\(store(side))` is written by two pairs in the same direction",
                    hint: "let one of them go the other way with `direction`, or leave it out")
            }
            let own = filledFields(of: field, entity)
            filled.formUnion(own.map(\.name))
            if let field = own.first(where: \.isGenerated) {
                error(
                    .writesGenerated, at: pair.location,
                    "`\(store(side))` computes `\(field.name)` itself: it is never written",
                    hint: "write `direction: \(store(side))-to-\(store(source))`")
            }
        }
        checkRequired(entity, side, filled: filled)
    }

    /// The fields of an entity that writing one fills: those that refer, behind a path.
    private func filledFields(of field: FieldDescription, _ entity: EntityDescription) -> [FieldDescription] {
        guard let root = field.path?.root else { return [field] }
        return root.fields.filter { name in !root.shared.contains { $0.own == name } }.compactMap(entity.field)
    }

    private mutating func checkRequired(_ entity: EntityDescription, _ side: Side, filled: Set<String>) {
        // A field that was named and not understood would be reported a second time here.
        let named = Set(definition.pairs.compactMap { $0.fields[side.rawValue]?.value })
        for field in entity.fields
        where !field.isNullable && !field.hasDefault && !field.isGenerated && !filled.contains(field.name) {
            if named.contains(where: { $0.hasPrefix(field.name + ".") && found($0, side) == nil }) { continue }
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
        let read = CheckedFormula.read(text)
        guard let expression = read.expression else { return report(read.problem) }
        guard let paths = paths(expression, at: text.location, side) else { return nil }
        let fields = entities[side.rawValue].fields + paths
        let result = CheckedFormula.check(expression, text, fields: fields, isCondition: isCondition)
        for problem in result.problems { _ = report(problem) }
        return result.formula
    }

    private mutating func report(_ problem: CheckedFormula.Problem?) -> CheckedFormula? {
        if let problem { error(.badExpression, at: problem.location, problem.message, hint: problem.hint) }
        return nil
    }

    /// The paths that an expression names, as fields; nil, reported, where one leads nowhere.
    private mutating func paths(
        _ expression: Expression, at location: SourceLocation, _ side: Side
    ) -> [FieldDescription]? {
        let names = expression.pathNames
        let fields = names.compactMap { field(Located($0, at: location), side) }
        guard fields.count == names.count else { return nil }
        let own = fields.filter { $0.path != nil }.map { field in
            var field = field
            let known = sharedByRoot[side.rawValue].first { root in
                var hop = root.hop
                hop.shared = []
                return hop == field.path?.root
            }
            field.path?.hops[0].shared = known?.shared ?? []
            return field
        }
        namedPaths[side.rawValue] += own.compactMap(\.path)
        return own
    }
}
