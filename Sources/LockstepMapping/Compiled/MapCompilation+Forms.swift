import LockstepModel

/// What pairs say of the form of their values, beside the types that these have.
extension MapCompilation {
    mutating func checkForms(_ index: Int) {
        guard let definition = pairs[index].definition else { return }
        let types = pairs[index].fields.compactMap { $0?.type }
        let texts = Side.allCases.contains { pairs[index].goes(from: $0) && pairs[index].field($0)?.type == .text }
        if !texts, !pairs[index].textForm.isEmpty {
            idle(pairs[index], "`\(definition.trims ? "trim" : "case")` is about texts, and no text is read here")
        }
        let numbers: Set<ValueType> = [.decimal, .float64]
        if definition.digits != nil, definition.expression == nil, !types.contains(where: numbers.contains) {
            idle(pairs[index], "`round` with a number of digits is about numbers, and none of the fields is one")
        }
        if let zone = definition.zone {
            let others: Set<ValueType> = [.timestamp, .date]
            if types.contains(.instant), types.contains(where: others.contains) {
                pairs[index].zone = LocalZone(zone.value)
            } else {
                idle(pairs[index], "`zone` is about a time without zone beside a point in time, which these are not")
            }
        }
        for side in Side.allCases { checkSentinels(index, side) }
    }

    private mutating func checkSentinels(_ index: Int, _ side: Side) {
        let given = pairs[index].definition?.sentinels[side.rawValue] ?? []
        guard let first = given.first else { return }
        guard let field = pairs[index].field(side) else {
            return warn(
                .formWithoutEffect, at: first.location, "the pair has no field of `\(store(side))` to have a sentinel",
                hint: "leave it out")
        }
        for sentinel in given {
            let counterpart = pairs[index].definition?.values.first {
                $0.values[side.rawValue].text == sentinel.value.text
            }
            if let counterpart {
                error(
                    .sentinelContradicts, at: counterpart.location,
                    "the value means null by `sentinel`, and has a counterpart in `values`", hint: "keep one of them")
            }
            guard let value = literal(sentinel, for: field) else { continue }
            pairs[index].sentinels[side.rawValue].append(value)
        }
    }

    private mutating func idle(_ pair: CheckedPair, _ message: String) {
        warn(.formWithoutEffect, at: pair.location, message, hint: "leave it out")
    }
}
