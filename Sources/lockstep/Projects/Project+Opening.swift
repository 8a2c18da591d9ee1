import ConnectorKit
import Foundation
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync

extension Project {
    /// Opens a link: its connectors, both schemas, its maps compiled against them. All is closed after the work.
    ///
    /// - Parameter only: the maps wanted. Less than all only for work that writes nothing: the maps of a link share its
    ///   checkpoints.
    func withLink<Result: Sendable>(
        _ link: LinkConfiguration, only: MapSelection = MapSelection(), _ work: (SyncLink) async throws -> Result
    ) async throws -> Result {
        let definitions = try self.definitions(of: link).filter { only.mayInclude($0.name.value) }
        return try await withConnectors(link.between) { connectors in
            let schemas = try await Self.schemas(of: connectors, for: definitions)
            let (maps, broken) = try Self.compile(definitions, schemas, only)
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

    /// What both stores say of the entities that maps name, and of those that their paths lead to, step by step.
    static func schemas(
        of connectors: [any Connector], for definitions: [MapDefinition]
    ) async throws -> [StoreDescription] {
        var asked = Side.allCases.map { side in Set(definitions.map { $0.entities[side.rawValue].value }) }
        var schemas: [StoreDescription] = []
        for side in Side.allCases {
            schemas.append(try await describe(connectors[side.rawValue], entities: asked[side.rawValue].sorted()))
        }
        // Each round asks for something new, and a store has an end.
        while true {
            let missing = definitions.map { $0.missingEntities(in: (schemas[0], schemas[1])) }
            var isComplete = true
            for side in Side.allCases {
                let wanted = Set(missing.flatMap { $0[side.rawValue] }).subtracting(asked[side.rawValue])
                guard !wanted.isEmpty else { continue }
                isComplete = false
                asked[side.rawValue].formUnion(wanted)
                let further = try await describe(connectors[side.rawValue], entities: wanted.sorted())
                let known = Set(schemas[side.rawValue].entities.map(\.name))
                schemas[side.rawValue].entities += further.entities.filter { !known.contains($0.name) }
            }
            if isComplete { return schemas }
        }
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
        _ definitions: [MapDefinition], _ schemas: [StoreDescription], _ only: MapSelection
    ) throws -> (maps: [CompiledMap], broken: [BrokenMap]) {
        let settled = MapCompiler.settle(definitions, schemas: (schemas[0], schemas[1]))
        let wanted = settled.filter { only.includes($0.name.value) }
        if wanted.isEmpty, !only.isEverything, let name = settled.first?.name.value {
            throw Failure(
                .usage, "map \(name) is for all partitions: its entities have no field for them",
                hint: "name it without a partition", status: .usage)
        }
        let outcome = MapCompiler.compile(wanted, schemas: (schemas[0], schemas[1]))
        let errors = outcome.diagnostics.filter { $0.severity == .error }
        let running = Set(outcome.maps.map(\.name))
        let broken = wanted.filter { !running.contains($0.name.value) }.map { definition in
            // What all partitions of a map share is reported once, of their file.
            let found = errors.filter { $0.location.file == definition.file }
            return BrokenMap(
                name: definition.name.value, entities: definition.entities.map(\.value),
                reason: found.map(\.description).joined(separator: "\n"))
        }
        guard !outcome.maps.isEmpty || broken.isEmpty else { throw invalidMaps(errors) }
        return (outcome.maps, broken)
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
}
