import LockstepMapping
import LockstepModel
import Testing

/// `match:` in a mapping file.
struct MatchRulesAreReadTests {
    private static let schema = StoreDescription(entities: [
        EntityDescription(
            name: "people",
            fields: [
                FieldDescription(name: "id", type: .int64, nativeType: "int", isNullable: false),
                FieldDescription(name: "name", type: .text, nativeType: "text"),
                FieldDescription(name: "born", type: .date, nativeType: "date"),
            ], keys: [KeyDescription(name: "pk", fields: ["id"], isPrimary: true)])
    ])

    private func compile(_ match: String) -> (map: CompiledMap?, codes: [String], fingerprint: String?) {
        let text = """
            map: people
            version: 1.0.0
            between: {a: people, b: people}
            key: [{a: id, b: id}]
            fields:
              - {a: name, b: name}
            conflicts: {overlap: a}
            \(match)
            """
        let loaded = MapDefinition.parse(text, file: "people.yaml", stores: ["a", "b"])
        guard let definition = loaded.definition else { return (nil, loaded.diagnostics.map(\.code), nil) }
        let outcome = MapCompiler.compile(definition, schemas: (Self.schema, Self.schema))
        return (outcome.map, outcome.diagnostics.map(\.code), outcome.map?.fingerprint)
    }

    @Test func rulesNameFieldsOfBothSides() throws {
        let map = try #require(
            compile("match: [{a: name, b: name}, {a: [name, born], b: [name, born], rule: similar}]").map)
        #expect(
            map.matchRules == [
                MatchRule(kind: .exact, fields: [["name"], ["name"]]),
                MatchRule(kind: .similar, fields: [["name", "born"], ["name", "born"]]),
            ])
    }

    @Test func rulesAreNoPartOfTheMapsMeaning() {
        #expect(compile("").fingerprint == compile("match: [{a: name, b: name}]").fingerprint)
    }

    @Test(arguments: [
        ("match: [{a: [name, born], b: name}]", "LS-MAP-150"), ("match: [{a: name, b: born}]", "LS-MAP-151"),
        ("match: [{a: nam, b: name}]", "LS-MAP-061"), ("match: [{a: name}]", "LS-MAP-010"),
        ("match: [{a: name, b: name, rule: near}]", "LS-MAP-012"), ("match: {a: name}", "LS-MAP-011"),
        ("match: [{a: name, b: name, rul: exact}]", "LS-MAP-009"),
    ])
    func mistakesAreReported(match: String, code: String) {
        let outcome = compile(match)
        #expect(outcome.map == nil || code == "LS-MAP-012" && outcome.codes.contains(code))
        #expect(outcome.codes.contains(code), "\(outcome.codes)")
    }
}
