import ConnectorKit
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// Each code has a fixture that gives exactly that code, so that what a code stands for can be looked up and stays so.
@Suite struct LintFixturesTests {
    @Test func eachCodeHasAFixtureAndEachFixtureACode() {
        let codes = Set(MapCode.allCases.map(\.rawValue))
        let fixtures = Set(LintFixture.names)
        #expect(codes.subtracting(fixtures).sorted() == [], "codes without a fixture")
        #expect(fixtures.subtracting(codes).sorted() == [], "fixtures without a code")
    }

    @Test(arguments: LintFixture.names)
    func aFixtureGivesItsCodeAndNoOther(name: String) async throws {
        let fixture = try LintFixture(name)
        let found = try await diagnostics(fixture)
        #expect(Set(found.map(\.code)) == fixture.also.union([name]), "\(found)")
        #expect(found.allSatisfy { !$0.message.isEmpty && $0.location.line > 0 && $0.location.column > 0 })
    }

    /// What `lockstep map lint` says: of the text, beside the schemas, of the records.
    private func diagnostics(_ fixture: LintFixture) async throws -> [Diagnostic] {
        let stores = try fixture.stores("schema.yaml")
        guard let link = try fixture.project(stores: stores?.map(\.name) ?? ["erp", "crm"])?.links.first else {
            // No link has a map file that is not there: only a person can name one.
            return MapDefinition.load(MapFile(alone: fixture.copy.path + "/map.yaml")).diagnostics
        }
        let loaded = link.loadMaps()
        var found = loaded.diagnostics
        guard let stores, stores.count == 2 else {
            for definition in loaded.definitions {
                let source = SourceText(path: fixture.copy.path + "/" + definition.file)
                found += MapLinter.lint(definition, schemas: nil, source: source)
            }
            let pairs = MapLinter.filterPairs(loaded.definitions)
            return found + pairs.compactMap { MapLinter.diagnostic($0, of: loaded.definitions) }
        }
        let definitions = MapCompiler.settle(loaded.definitions, schemas: (stores[0].schema, stores[1].schema))
        for definition in definitions {
            found += MapLinter.lint(definition, schemas: (stores[0].schema, stores[1].schema))
            if let accepted = try fixture.stores("accepted.yaml") {
                found += try drift(definition, from: accepted, to: stores)
            }
        }
        return found + (try await recordDiagnostics(definitions, stores))
    }

    private func drift(
        _ definition: MapDefinition, from accepted: [FixtureStore], to stores: [FixtureStore]
    ) throws -> [Diagnostic] {
        let entities = try zip(accepted, definition.entities).map {
            AcceptedEntity(try #require($0.schema.entity($1.value)))
        }
        return SchemaDrift.diagnostics(
            of: definition,
            accepted: AcceptedSchema(entities: entities, actor: "test", time: "2026-01-01T00:00:00Z"),
            schemas: stores.map(\.schema))
    }

    private func recordDiagnostics(
        _ definitions: [MapDefinition], _ stores: [FixtureStore]
    ) async throws -> [Diagnostic] {
        let maps = definitions.compactMap {
            MapCompiler.compile($0, schemas: (stores[0].schema, stores[1].schema)).map
        }
        guard stores.allSatisfy(\.isPlain) else {
            return maps.compactMap { $0.plan(from: .left) }.flatMap { cellDiagnostics($0, stores[0]) }
        }
        let link = SyncLink(
            name: "link", stores: stores.map(\.name), connectors: try stores.map { MemoryConnector(try $0.filled()) },
            schemas: stores.map(\.schema), maps: maps)
        let report = try await DataLinter(DataLinter.Request(link: link, definitions: definitions)).run()
        return report.findings.map(\.diagnostic)
    }

    /// Cells that a store delivers and cannot keep are put before the plan by hand.
    private func cellDiagnostics(_ plan: DirectionPlan, _ store: FixtureStore) -> [Diagnostic] {
        var batch = RowBatch(columnCount: plan.sourceFields.count)
        for record in store.rows[plan.sourceEntity] ?? [] {
            batch.appendRow(plan.sourceFields.map { record[$0] ?? .null })
        }
        return plan.map(records: batch).failures.map {
            Diagnostic(
                .warning, $0.code, at: SourceLocation(file: "map.yaml", line: 1, column: 1), $0.message, hint: "")
        }
    }
}
