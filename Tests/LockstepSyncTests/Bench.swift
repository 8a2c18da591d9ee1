import ConnectorKit
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting

/// Two stores, maps and a state database, so that a test says only what it is about.
struct Bench: Sendable {
    let connectors: [any Connector]
    let mapTexts: [String]
    let folder: TemporaryFolder

    init(_ connectors: [any Connector], maps: [String]) throws {
        self.connectors = connectors
        mapTexts = maps
        folder = try TemporaryFolder("sync")
    }

    /// An engine as a new process would make it; `wrap` puts a decorator around the connectors.
    func engine(_ wrap: (any Connector) -> any Connector = { $0 }) async throws -> SyncEngine {
        var schemas: [StoreDescription] = []
        for connector in connectors { schemas.append(try await connector.describe(DescribeRequest())) }
        let maps = try mapTexts.map { text in
            let loaded = MapDefinition.parse(text, file: "map.yaml", stores: ["erp", "crm"])
            guard let definition = loaded.definition else { throw Unusable(diagnostics: loaded.diagnostics) }
            let outcome = MapCompiler.compile(definition, schemas: (schemas[0], schemas[1]))
            guard let map = outcome.map else { throw Unusable(diagnostics: outcome.diagnostics) }
            return map
        }
        let link = SyncLink(
            name: "erp-crm", stores: ["erp", "crm"], connectors: connectors.map(wrap), schemas: schemas, maps: maps)
        return SyncEngine(
            link: link, state: try StateDatabase(path: folder.path + "/state.db", project: "test"),
            environment: SyncEnvironment(now: { "2026-01-01T00:00:00Z" }, sleep: { _ in }))
    }

    struct Unusable: Error, CustomStringConvertible {
        var diagnostics: [Diagnostic]
        var description: String { diagnostics.map(\.description).joined(separator: "\n") }
    }
}
