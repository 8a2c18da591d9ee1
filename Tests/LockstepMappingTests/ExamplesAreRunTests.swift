import LockstepModel
import Testing

@testable import LockstepMapping

/// Examples beside a map: what they say, and what the map makes of them.
struct ExamplesAreRunTests {
    private func results(_ text: String) throws -> (results: [ExampleResult], diagnostics: [Diagnostic]) {
        let map = Fixtures.map(
            ["{erp: name, crm: name}", "{erp: on_hold, crm: holdstatus, values: {No: 0, All: 2}}"],
            rest: ["where: {erp: \"party_type eq 'Organization'\"}", "conflicts: {overlap: manual}"])
        let outcome = Fixtures.compile(map)
        let compiled = try #require(outcome.map, "\(outcome.diagnostics)")
        let examples = MapExamples.parse(text, file: "m.examples.yaml", stores: ["erp", "crm"])
        let run = ExampleRun(map: compiled, schemas: [Fixtures.erp, Fixtures.crm])
        return (examples.examples.map { run.run($0) }, examples.diagnostics)
    }

    private static let record = "{account: A-1, party_type: Organization, name: Ada, on_hold: All}"

    @Test func anExampleThatHoldsPasses() throws {
        let found = try results(
            """
            - {name: held, from: erp, input: \(Self.record), output: {holdstatus: 2}}
            - {name: exact, from: erp, input: \(Self.record), output: {accountnumber: A-1, name: Ada, holdstatus: 2}, exact: true}
            - {name: unmapped, from: erp, input: {account: A-1, party_type: Organization, on_hold: Never}, fails: LS-MAP-107}
            - {name: person, from: erp, input: {account: A-1, party_type: Person}, filtered: true}
            """)
        #expect(found.diagnostics == [])
        #expect(found.results.map(\.hasPassed) == [true, true, true, true])
    }

    @Test func whatComesOutDifferentlyIsToldFieldByField() throws {
        let found = try results(
            """
            - {name: held, from: erp, input: \(Self.record), output: {holdstatus: 1, name: Ada}}
            - {name: exact, from: erp, input: \(Self.record), output: {name: Ada}, exact: true}
            - {name: no failure, from: erp, input: \(Self.record), fails: LS-MAP-107}
            - {name: inside, from: erp, input: \(Self.record), filtered: true}
            """)
        #expect(found.results.map(\.hasPassed) == [false, false, false, false])
        #expect(found.results[0].differences.map(\.field) == ["holdstatus"])
        #expect(found.results[0].differences.first?.actual == .int64(2))
        #expect(Set(found.results[1].differences.map(\.field)) == ["accountnumber", "holdstatus"])
        #expect(found.results[2].message == "does not fail, where LS-MAP-107 was expected")
        #expect(found.results[3].message == "is inside the filter")
    }

    @Test func mistakesHaveTheirPlace() throws {
        let found = try results(
            """
            - name: typo
              from: erp
              input: {account: A-1, nam: Ada}
              output: {name: Ada}
            - name: wrong type
              from: erp
              input: {account: A-1, party_type: Organization, big: many}
              output: {name: Ada}
            - name: not written
              from: erp
              input: \(Self.record)
              output: {small: 1}
            """)
        #expect(
            places(found.results.flatMap(\.diagnostics)) == ["3:25 LS-MAP-061", "7:56 LS-MAP-067", "12:12 LS-MAP-061"])
        let broken = try results("- {name: a, from: sap, input: {}, filtered: true, output: {}, extra: 1}")
        #expect(Set(broken.diagnostics.map(\.code)) == ["LS-MAP-009", "LS-MAP-012"])
    }

    @Test func updatingKeepsCommentsAndLayout() throws {
        let text = """
            # What we agreed on.
            - name: held      # by finance
              from: erp
              input: \(Self.record)
              output: {holdstatus: 1, name: "B, c"}   # to be checked
            - {name: new, from: erp, input: \(Self.record)}
            """
        let update = ExampleUpdate(text, results: try results(text).results)
        #expect(update.replaced == 2)
        #expect(update.text.contains("output: {holdstatus: 2, name: Ada}   # to be checked"))
        #expect(update.text.contains("# by finance"))
        #expect(update.byHand.map(\.line) == ["output: {accountnumber: A-1, name: Ada, holdstatus: 2}"])
    }

    @Test func examplesAreNoMaps() {
        #expect(MapExamples.path(besideMap: "mappings/customers.yaml") == "mappings/customers.examples.yaml")
    }
}
