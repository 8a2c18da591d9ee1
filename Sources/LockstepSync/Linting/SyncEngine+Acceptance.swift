internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

extension SyncEngine {
    /// A map that is synced for the first time is accepted as its stores are now: what changes after that is drift.
    func acceptSchemas() async throws {
        for map in link.maps where try await state.acceptedSchema(link: link.name, map: map.name) == nil {
            let entities = Side.allCases.compactMap { side in
                link.schema(side).entity(map.entities[side.rawValue]).map(AcceptedEntity.init)
            }
            guard entities.count == 2 else { continue }
            try await state.acceptSchema(
                link: link.name, map: map.name,
                AcceptedSchema(entities: entities, actor: "engine", time: environment.now()))
        }
    }
}
