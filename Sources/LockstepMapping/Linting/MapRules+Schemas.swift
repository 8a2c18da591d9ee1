import LockstepExpressions
import LockstepModel

/// What the map's text shows beside the stores' schemas, beyond what the compiler says.
extension MapRules {
    mutating func checkEntities(_ schemas: [StoreDescription]) {
        let entities = Side.allCases.map { schemas[$0.rawValue].entity(definition.entities[$0.rawValue].value) }
        guard let left = entities[0], let right = entities[1] else { return }
        for side in Side.allCases { checkEmptyText(side, side == .left ? left : right) }
        for pair in definition.pairs {
            checkDefault(pair, [left, right])
            checkLabels(pair, [left, right])
        }
    }

    private mutating func checkEmptyText(_ side: Side, _ entity: EntityDescription) {
        guard let condition = conditions[side.rawValue] else { return }
        for (name, values) in condition.constraints.excluded.sorted(by: { $0.key < $1.key }) {
            guard values.contains(where: { $0.displayText == "''" }),
                !values.contains(where: { $0.displayText == "null" }),
                condition.constraints.allowed[name] == nil, let field = entity.field(name), field.isNullable
            else { continue }
            report(
                .warning, .emptyTextAndNull, at: condition.text.location,
                "`\(name) ne ''` is also true where `\(name)` is null, which it may be",
                hint: "write `\(name) ne '' and \(name) ne null`")
        }
    }

    private mutating func checkDefault(_ pair: PairDefinition, _ entities: [EntityDescription]) {
        guard let given = pair.defaultValue, pair.expression == nil, pair.unmapped != .null else { return }
        let sources = Side.allCases.filter { ways(of: pair)[$0.rawValue] }
        let fields = sources.map { side in
            pair.fields[side.rawValue].flatMap { entities[side.rawValue].field($0.value) }
        }
        guard !fields.isEmpty, fields.allSatisfy({ $0?.isNullable == false && $0?.path == nil }) else { return }
        report(
            .warning, .defaultNeverUsed, at: given.location,
            "\(fields.compactMap { $0.map { "`\($0.name)`" } }.joined(separator: " and ")) is never null",
            hint: "leave `default` out")
    }

    private mutating func checkLabels(_ pair: PairDefinition, _ entities: [EntityDescription]) {
        guard !pair.values.isEmpty, pair.unmapped == .park else { return }
        for side in Side.allCases where ways(of: pair)[side.rawValue] {
            guard let name = pair.fields[side.rawValue], let labels = entities[side.rawValue].field(name.value)?.labels
            else { continue }
            let listed = Set(pair.values.map { $0.values[side.rawValue].text })
            let missing = labels.filter { !listed.contains($0) }
            guard !missing.isEmpty else { continue }
            let shown = missing.prefix(8).map { "`\($0)`" }.joined(separator: ", ")
            report(
                .warning, .labelsNotMapped, at: name.location,
                "`values` lists no counterpart for \(shown)\(missing.count > 8 ? " and more" : "") of `\(name.value)` "
                    + "in `\(store(side))`",
                hint: "list them, or say what becomes of them with `unmapped`")
        }
    }
}
