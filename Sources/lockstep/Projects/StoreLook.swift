import ConnectorKit
import LockstepMapping
import LockstepModel

/// What one store says of itself and of what the maps want to do with it.
struct StoreLook: Sendable {
    var store: String
    /// Nil where the store could not be asked.
    var schema: StoreDescription?
    var findings: [Finding] = []
    /// Why the store could not be asked.
    var failure: Failure?

    /// Looks at all stores at the same time; one that cannot be reached hides nothing of the others.
    static func all(of project: Project, definitions: [MapDefinition]) async -> [StoreLook] {
        await withTaskGroup(of: (Int, StoreLook).self) { group in
            for (index, store) in project.configuration.stores.enumerated() {
                group.addTask { (index, await look(at: store.name, project, definitions)) }
            }
            var looks: [(Int, StoreLook)] = []
            for await look in group { looks.append(look) }
            return looks.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    static func look(at store: String, _ project: Project, _ definitions: [MapDefinition]) async -> StoreLook {
        var look = StoreLook(store: store)
        do {
            let work = try await project.withConnectors([store]) { connectors in
                let schema = try await connectors[0].describe(DescribeRequest())
                let wanted = AccessRequest(store: store, definitions, among: schema)
                return (schema, try await connectors[0].checkAccess(wanted))
            }
            look.schema = work.0
            look.findings = work.1.map { Finding($0, store: store) }
        } catch {
            let failure = Failure(reporting: error, wasInterrupted: Interruption.program.wasAsked)
            look.failure = failure
            look.findings = [Finding(failure, store: store)]
        }
        return look
    }
}

extension AccessRequest {
    /// What maps are about to do with a store. Entities that the store does not have are the maps' mistakes, which
    /// the maps' check reports with their lines.
    init(store: String, _ definitions: [MapDefinition], among schema: StoreDescription) {
        var entities: [String] = []
        var purposes: Set<Purpose> = []
        for definition in definitions {
            guard let index = definition.stores.firstIndex(of: store), let side = Side(rawValue: index) else {
                continue
            }
            purposes.insert(.read)
            if definition.direction.includes(from: side) { purposes.insert(.capture) }
            if definition.direction.includes(from: side.opposite) { purposes.insert(.write) }
            let entity = definition.entities[index].value
            if schema.entity(entity) != nil, !entities.contains(entity) { entities.append(entity) }
        }
        self.init(entities: entities, purposes: purposes.isEmpty ? [.read] : purposes)
    }
}
