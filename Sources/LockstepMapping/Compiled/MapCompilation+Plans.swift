import LockstepModel

/// From checked pairs to plans.
extension MapCompilation {
    func plan(from source: Side) -> DirectionPlan {
        let target = source.opposite
        let going = pairs.enumerated().filter { $0.element.goes(from: source) }
        let stamps = stampNames
        var sourceFields = FieldColumns()
        for (_, pair) in going {
            if let field = pair.field(source) { _ = sourceFields.column(of: field.name) }
        }
        for (_, pair) in going { sourceFields.add(pair.formula?.fieldNames) }
        sourceFields.add(filters[source.rawValue]?.fieldNames)
        let sourceStamp = stamps.map { sourceFields.column(of: $0[source.rawValue]) }
        let targetFields = going.compactMap { index, pair in
            pair.field(target).map {
                TargetField(name: $0.name, pair: index, authority: authority(of: pair, source))
            }
        }
        var targetReadFields = FieldColumns(names: targetFields.map(\.name))
        targetReadFields.add(filters[target.rawValue]?.fieldNames)
        let targetStamp = stamps.map { targetReadFields.column(of: $0[target.rawValue]) }
        let steps = going.compactMap { step(for: $0.element, from: source, columns: sourceFields) }
        return DirectionPlan(
            source: source, sourceEntity: entities[source.rawValue].name, sourceFields: sourceFields.names,
            sourceKey: keyColumns(sourceFields, source), sourceStamp: sourceStamp,
            targetEntity: entities[target.rawValue].name, targetFields: targetFields,
            targetKey: keyColumns(FieldColumns(names: targetFields.map(\.name)), target),
            targetReadFields: targetReadFields.names, targetStamp: targetStamp, leaveRule: definition.leaveRule,
            steps: steps, shortcuts: steps.map(\.shortcut),
            sourceFilter: filters[source.rawValue].map { $0.bound(to: sourceFields.names) },
            targetFilter: filters[target.rawValue].map { $0.bound(to: targetReadFields.names) },
            isIdentity: isIdentity(steps, width: sourceFields.names.count))
    }

    /// A side's paths among the fields that plans read and write there.
    func paths(_ side: Side, _ plans: [DirectionPlan?]) -> [FieldPath] {
        var names = FieldColumns(names: plans[side.rawValue]?.sourceFields ?? [])
        names.add(plans[side.opposite.rawValue]?.targetReadFields)
        let known = pairs.compactMap { $0.field(side)?.path } + namedPaths[side.rawValue]
        return names.names.compactMap { name in known.first { $0.name == name } }
    }

    func deferredFields(_ side: Side) -> [String] {
        pairs.filter { isDeferred($0, side) }.compactMap { $0.field(side)?.name }
    }

    /// Whether a pair's field of a side is written in a second pass: where it refers to a record, and on both sides where
    /// neither is known to.
    func isDeferred(_ pair: CheckedPair, _ side: Side) -> Bool {
        guard pair.definition?.isDeferred == true, pair.goes(from: side.opposite) else { return false }
        return refers(pair, side) || !refers(pair, side.opposite)
    }

    private func refers(_ pair: CheckedPair, _ side: Side) -> Bool {
        guard let field = pair.field(side) else { return false }
        return field.path != nil || resolvers[side.rawValue].refers(field.name, of: entities[side.rawValue])
    }

    /// Names by side of the fields that `newest` compares.
    private var stampNames: [String]? {
        guard case .newest(let left, let right) = definition.overlap?.value else { return nil }
        return [left, right]
    }

    /// The zone that a pair of the two fields of `newest` gives, where one of them has no zone and the other is a point
    /// in time.
    var stampZone: LocalZone? {
        guard let names = stampNames else { return nil }
        return pairs.first { pair in pair.zone != nil && Side.allCases.map { pair.field($0)?.name } == names }?.zone
    }

    private func keyColumns(_ columns: FieldColumns, _ side: Side) -> [Int] {
        definition.key.compactMap { part in columns.names.firstIndex(of: part.fields[side.rawValue].value) }
    }

    private func authority(of pair: CheckedPair, _ source: Side) -> TargetField.Authority {
        if !pair.goes(from: source.opposite) { return .source }
        guard let owner = pair.definition?.owner else { return .rule }
        return owner == source ? .source : .target
    }

    private func isIdentity(_ steps: [Step], width: Int) -> Bool {
        steps.count == width
            && steps.enumerated().allSatisfy { index, step in
                if case .copy = step.action { step.column == index && step.shortcut.isOpen } else { false }
            }
    }

    private func step(for pair: CheckedPair, from source: Side, columns: FieldColumns) -> Step? {
        guard let target = pair.target(source.opposite) else { return nil }
        let given = pair.field(source)
        let column = given.flatMap { columns.names.firstIndex(of: $0.name) } ?? 0
        return Step(
            action: action(of: pair, from: source, given, target, columns), column: column,
            sourceName: given?.name ?? target.name, kind: Cell.Kind(given?.type ?? target.type), target: target,
            options: pair.options, textForm: given?.type == .text ? pair.textForm : TextForm(),
            sentinels: (
                Sentinels(given == nil ? [] : pair.sentinels[source.rawValue]),
                Sentinels(pair.sentinels[source.opposite.rawValue])
            ), defaultValue: pair.defaults[source.opposite.rawValue], isKey: pair.isKey)
    }

    private func action(
        of pair: CheckedPair, from source: Side, _ given: FieldDescription?, _ target: FieldDescription,
        _ columns: FieldColumns
    ) -> Step.Action {
        if let formula = pair.formula { return .formula(formula.bound(to: columns.names)) }
        guard let given else { return .constant(pair.constant ?? .null) }
        if !pair.values.isEmpty {
            var map = ValueMap()
            for (left, right) in pair.values {
                _ = source == .left ? map.insert(left, right) : map.insert(right, left)
            }
            return .values(map, unmapped: pair.definition?.unmapped ?? .park)
        }
        switch ConversionRule.between(given, target, pair.options) {
        case .copied: return .copy
        case .checked: return .check
        case .converted, .refused: return .convert
        }
    }
}

/// Field names in the order of a batch's columns, each once.
struct FieldColumns {
    var names: [String] = []

    mutating func column(of name: String) -> Int {
        if let index = names.firstIndex(of: name) { return index }
        names.append(name)
        return names.count - 1
    }

    mutating func add(_ names: [String]?) {
        for name in names ?? [] { _ = column(of: name) }
    }
}
