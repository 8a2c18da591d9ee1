import LockstepExpressions
import LockstepModel

/// The pairs: their fields, directions, types and values.
extension MapCompilation {
    mutating func resolvePairs() {
        for part in definition.key where !definition.pairs.contains(where: { isPair($0, of: part) }) {
            resolveKey(part)
        }
        for pair in definition.pairs {
            let isKey = definition.key.contains { isPair(pair, of: $0) }
            if isKey { checkKeyPair(pair) }
            guard let goes = ways(of: pair, isKey: isKey) else { continue }
            let fields = Side.allCases.map { side in pair.fields[side.rawValue].map { field($0, side) } }
            // A name that was given and not found has been reported: what follows needs its type.
            guard !fields.contains(where: { if case .some(.none) = $0 { true } else { false } }) else { continue }
            pairs.append(
                CheckedPair(
                    definition: pair, location: pair.location, fields: fields.map { $0 ?? nil }, goes: goes,
                    isKey: isKey))
        }
    }

    private mutating func resolveKey(_ part: MapDefinition.KeyPart) {
        let left = field(part.fields[0], .left)
        let right = field(part.fields[1], .right)
        guard let left, let right else { return }
        pairs.append(
            CheckedPair(
                definition: nil, location: part.location, fields: [left, right],
                goes: Side.allCases.map { definition.direction.includes(from: $0) }, isKey: true))
    }

    private func isPair(_ pair: PairDefinition, of part: MapDefinition.KeyPart) -> Bool {
        pair.fields[0] == part.fields[0] && pair.fields[1] == part.fields[1]
    }

    private mutating func checkKeyPair(_ pair: PairDefinition) {
        guard pair.hasTransform || pair.direction.map({ $0 != definition.direction }) == true else { return }
        error(
            .keyTransformed, at: pair.location, "a key field is carried as it is, in all directions of the map",
            hint: "leave the field out of `fields`, or list it without anything else")
    }

    /// Which ways a pair goes, by source side; nil, reported, where it goes none.
    private mutating func ways(of pair: PairDefinition, isKey: Bool) -> [Bool]? {
        var goes = Side.allCases.map { definition.direction.includes(from: $0) }
        // A key that does not go everywhere has been reported as what it is.
        if isKey { return goes }
        for side in Side.allCases where pair.direction?.includes(from: side) == false { goes[side.rawValue] = false }
        if pair.constant != nil || pair.expression != nil {
            let target: Side = pair.fields[0] == nil ? .right : .left
            goes[target.rawValue] = false
        }
        if goes.contains(true) { return goes }
        error(
            .neverGoes, at: pair.location, "the pair goes in no direction that the map goes",
            hint: "leave it out, or change the map's `direction`")
        return nil
    }

    // MARK: One pair

    mutating func checkPair(_ index: Int) {
        checkForms(index)
        let pair = pairs[index]
        if let constant = pair.definition?.constant {
            guard let target = pair.fields.compactMap({ $0 }).first else { return }
            pairs[index].constant = literal(constant, for: target)
        } else if let expression = pair.definition?.expression {
            checkFormula(index, expression)
        } else if pair.definition?.values.isEmpty == false {
            checkValues(index)
        } else {
            for source in Side.allCases where pair.goes(from: source) { checkConversion(pair, from: source) }
        }
        checkDefaults(index)
        checkDeferred(pair)
    }

    /// What is written in a second pass is null in the first.
    private mutating func checkDeferred(_ pair: CheckedPair) {
        guard let definition = pair.definition, definition.isDeferred else { return }
        var reason: String?
        if pair.isKey { reason = "a key field tells records apart from the start" }
        if definition.constant != nil { reason = "a constant waits for no other record" }
        if definition.defaultValue != nil { reason = "with `default` it always has a value" }
        for source in Side.allCases where reason == nil && isDeferred(pair, source.opposite) {
            guard let target = pair.target(source.opposite), !target.isNullable else { continue }
            reason = "`\(target.name)` in `\(store(source.opposite))` must have a value at once"
        }
        guard let reason else { return }
        error(
            .cannotBeDeferred, at: pair.location, "the pair cannot be deferred: \(reason)", hint: "leave `deferred` out"
        )
    }

    private mutating func checkDefaults(_ index: Int) {
        let pair = pairs[index]
        for source in Side.allCases where pair.goes(from: source) {
            guard let target = pair.target(source.opposite) else { continue }
            if let given = pair.definition?.defaultValue {
                pairs[index].defaults[source.opposite.rawValue] = literal(given, for: target)
            } else if let field = pair.field(source), pair.mayBeNull(source), !target.isNullable, !pair.isKey,
                pair.sentinels[source.opposite.rawValue].isEmpty, !filterExcludesNull(of: field, source)
            {
                warn(
                    .mayBeNull, at: pair.location,
                    "`\(field.name)` may be null and `\(target.name)` in `\(store(source.opposite))` may not",
                    hint: "add `default: …`; without it, such records are parked")
            }
        }
    }

    /// Whether the records that the map has on a side all have the field: its condition says so.
    private func filterExcludesNull(of field: FieldDescription, _ side: Side) -> Bool {
        definition.filters[side.rawValue].flatMap(Condition.init)?.constraints.excludesNull(field.name) ?? false
    }

    private mutating func checkConversion(_ pair: CheckedPair, from source: Side) {
        guard let given = pair.field(source), let target = pair.field(source.opposite) else { return }
        // Keys have their own rule about types, which says more.
        if pair.isKey && given.type != target.type { return }
        switch ConversionRule.between(given, target, pair.options) {
        case .copied, .checked(warning: nil), .converted(warning: nil): break
        case .checked(let warning?), .converted(let warning?):
            warn(
                .mayNotFit, at: pair.location,
                "`\(given.name)` (\(given.nativeType)) may hold what `\(target.name)` (\(target.nativeType)) in "
                    + "`\(store(source.opposite))` cannot: \(warning)",
                hint: "")
        case .refused(let hint):
            error(
                .noExactConversion, at: pair.location,
                "there is no exact conversion from `\(given.name)` (\(given.type.name)) to `\(target.name)` "
                    + "(\(target.type.name)) in `\(store(source.opposite))`",
                hint: hint)
        }
    }

    private mutating func checkValues(_ index: Int) {
        let pair = pairs[index]
        guard let definition = pair.definition, let left = pair.field(.left), let right = pair.field(.right) else {
            return
        }
        var seen: [Set<[UInt8]>] = [[], []]
        for line in definition.values {
            let leftValue = literal(Located(line.values[0], at: line.location), for: left)
            let rightValue = literal(Located(line.values[1], at: line.location), for: right)
            guard let leftValue, let rightValue else { continue }
            pairs[index].values.append((leftValue, rightValue))
            for (side, value) in zip(Side.allCases, [leftValue, rightValue])
            where !seen[side.rawValue].insert(ValueMap.key(value)).inserted && pair.goes(from: side) {
                let twoWay = pair.goes == [true, true]
                error(
                    .valuesNotReversible, at: line.location,
                    "a value of `\(side == .left ? left.name : right.name)` has two counterparts",
                    hint: twoWay ? "list it once, or let the pair go one way with `direction`" : "list it once")
            }
        }
        guard definition.unmapped == .pass else { return }
        for source in Side.allCases where pair.goes(from: source) { checkConversion(pair, from: source) }
    }

    /// A value of the file as a field holds it; one that does not fit is reported.
    mutating func literal(_ scalar: Located<ScalarText>, for field: FieldDescription) -> Value? {
        do throws(ValueProblem) {
            return try Literal.value(scalar.value, for: field)
        } catch {
            self.error(
                .valueDoesNotFit, at: scalar.location,
                "the value does not fit `\(field.name)` (\(field.nativeType)): \(error.message)",
                hint: field.type == .bool ? "write `true` or `false`" : "write it as \(field.type.name)")
            return nil
        }
    }
}
