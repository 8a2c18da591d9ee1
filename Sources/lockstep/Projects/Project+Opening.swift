import ConnectorKit
import Foundation
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync

extension Project {
    /// Opens a link: its connectors, both schemas, its maps compiled against them. All is closed after the work.
    ///
    /// - Parameter only: the maps wanted; nil for all. Only for work that writes nothing: the maps of a link share its
    ///   checkpoints.
    func withLink<Result: Sendable>(
        _ link: LinkConfiguration, only: Set<String>? = nil, _ work: (SyncLink) async throws -> Result
    ) async throws -> Result {
        var definitions = try self.definitions(of: link)
        if let only { definitions = definitions.filter { only.contains($0.name.value) } }
        return try await withConnectors(link.between) { connectors in
            var schemas: [StoreDescription] = []
            for side in Side.allCases {
                let entities = Set(definitions.map { $0.entities[side.rawValue].value })
                schemas.append(try await Self.describe(connectors[side.rawValue], entities: entities.sorted()))
            }
            let (maps, broken) = try Self.compile(definitions, schemas)
            return try await work(
                SyncLink(
                    name: link.name, stores: link.between, connectors: connectors, schemas: schemas, maps: maps,
                    brokenMaps: broken))
        }
    }

    /// The maps of a link; fails with everything that is wrong with them.
    func definitions(of link: LinkConfiguration) throws -> [MapDefinition] {
        let loaded = link.loadMaps()
        let errors = loaded.diagnostics.filter { $0.severity == .error }
        guard errors.isEmpty else { throw Self.invalidMaps(errors) }
        return loaded.definitions
    }

    /// The entities asked for; where one of them is not there, all that the store has, so that the maps' check can say
    /// in which line the wrong name stands and what was meant.
    static func describe(_ connector: any Connector, entities: [String]) async throws -> StoreDescription {
        do {
            return try await connector.describe(DescribeRequest(entities: entities))
        } catch let error as ConnectorError where error.code == .schema {
            return try await connector.describe(DescribeRequest())
        }
    }

    /// A map with errors stops alone, and says why; where none can run, all errors are told.
    private static func compile(
        _ definitions: [MapDefinition], _ schemas: [StoreDescription]
    ) throws -> (maps: [CompiledMap], broken: [BrokenMap]) {
        var maps: [CompiledMap] = []
        var broken: [BrokenMap] = []
        var errors: [Diagnostic] = []
        for definition in definitions {
            let outcome = MapCompiler.compile(definition, schemas: (schemas[0], schemas[1]))
            let found = outcome.diagnostics.filter { $0.severity == .error }
            if let map = outcome.map, found.isEmpty {
                maps.append(map)
                continue
            }
            errors += found
            broken.append(
                BrokenMap(
                    name: definition.name.value, entities: definition.entities.map(\.value),
                    reason: found.map(\.description).joined(separator: "\n")))
        }
        guard !maps.isEmpty || broken.isEmpty else { throw invalidMaps(errors) }
        return (maps, broken)
    }

    private static func invalidMaps(_ errors: [Diagnostic]) -> Failure {
        Failure(
            .invalidProject, "the maps have \(DisplayText.count(errors.count, "error"))",
            hint: "`lockstep check` shows everything that is wrong", findings: errors.map(Finding.init))
    }

    /// What the engine is given from outside.
    func syncEnvironment(_ progress: ProgressBar? = nil) -> SyncEnvironment {
        SyncEnvironment(
            now: { Self.now() }, progress: { progress?.show($0) }, sleep: { try await Task.sleep(for: $0) })
    }

    /// The time as ISO 8601 in UTC, to the millisecond.
    static func now() -> String {
        let milliseconds = Int64((Date().timeIntervalSince1970 * 1000).rounded(.down))
        return ISOText.formatTimestamp(milliseconds * 1000) + "Z"
    }

    /// Who decides: the name of the user at the keyboard.
    static func person() -> String { ProcessInfo.processInfo.userName }

    /// Fails unless each name is a map of one of the links.
    func checkMaps(_ names: [String], in links: [LinkConfiguration]) throws {
        guard !names.isEmpty else { return }
        let known = try links.flatMap { try definitions(of: $0).map(\.name.value) }
        for name in names where !known.contains(name) {
            throw Failure(
                .usage, "there is no map \(name)", hint: "there is \(known.joined(separator: ", "))", status: .usage)
        }
    }
}
