import ArgumentParser
import ConnectorKit
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync

/// `lockstep map accept`: the stores' schemas as they are now are what maps were made for.
struct AcceptMaps: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Accept the stores' schemas as they are now, so that later changes are shown as drift.",
        discussion: """
            Example:
              lockstep map accept
              lockstep map accept customers

            A map's first sync accepts by itself. After a change of a schema, look at the map, then accept.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The maps; without any, all.")
    var map: [String] = []

    private struct Accepted: Encodable {
        var link: String
        var map: String
        /// What had changed since the last time.
        var changes: [String]
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let links = try project.links(nil)
        try checkNames(project, links)
        var accepted: [Accepted] = []
        for link in links {
            let definitions = try project.definitions(of: link).filter { isWanted($0.name.value) }
            guard !definitions.isEmpty else { continue }
            let schemas = try await project.withConnectors(link.between) { connectors in
                var schemas: [StoreDescription] = []
                for connector in connectors { schemas.append(try await connector.describe(DescribeRequest())) }
                return schemas
            }
            accepted += try await project.exclusively { state in
                var done: [Accepted] = []
                for definition in definitions { done.append(try await accept(definition, link, schemas, state)) }
                return done
            }
        }
        for item in accepted {
            output.line("\(item.map): accepted" + (item.changes.isEmpty ? "" : ", with these changes:"))
            for change in item.changes { output.line("  " + DisplayText.safe(change)) }
        }
        try output.json(["maps": accepted])
        return .done
    }

    private func accept(
        _ definition: MapDefinition, _ link: LinkConfiguration, _ schemas: [StoreDescription], _ state: StateDatabase
    ) async throws -> Accepted {
        let entities = Side.allCases.compactMap { side in
            schemas[side.rawValue].entity(definition.entities[side.rawValue].value).map(AcceptedEntity.init)
        }
        guard entities.count == 2 else {
            throw Failure(
                .invalidProject, "map \(definition.name.value) names an entity that its store does not have",
                hint: "`lockstep map lint \(definition.file)` shows where")
        }
        let old = try await state.acceptedSchema(link: link.name, map: definition.name.value)
        try await state.acceptSchema(
            link: link.name, map: definition.name.value,
            AcceptedSchema(entities: entities, actor: Project.person(), time: Project.now()))
        let changes = old.map { SchemaDrift.diagnostics(of: definition, accepted: $0, schemas: schemas) } ?? []
        return Accepted(link: link.name, map: definition.name.value, changes: changes.map(\.message))
    }

    /// A map's name means all of its partitions, too.
    private func isWanted(_ name: String) -> Bool {
        map.isEmpty || map.contains(name) || map.contains(String(name.prefix { $0 != "@" }))
    }

    private func checkNames(_ project: Project, _ links: [LinkConfiguration]) throws {
        let known = try links.flatMap { try project.definitions(of: $0).map(\.name.value) }
        for name in map where !known.contains(where: { $0 == name || $0.prefix(while: { $0 != "@" }) == name }) {
            throw Failure(
                .usage, "there is no map \(name)", hint: "there is \(known.joined(separator: ", "))", status: .usage)
        }
    }
}
