import ConnectorKit
import LockstepMapping
import LockstepModel

/// Drafts maps between two stores, one pair of entities or all.
struct MapDrafting {
    let stores: [String]
    let connectors: [any Connector]
    let schemas: [StoreDescription]
    let sampleSize: Int

    init(stores: [String], connectors: [any Connector], sampleSize: Int) async throws {
        self.stores = stores
        self.connectors = connectors
        self.sampleSize = sampleSize
        var schemas: [StoreDescription] = []
        for connector in connectors { schemas.append(try await connector.describe(DescribeRequest())) }
        self.schemas = schemas
    }

    func draft(_ left: EntityDescription, _ right: EntityDescription, name: String? = nil) async throws -> MapDraft {
        let sampling = MapSampling(connectors: connectors, schemas: schemas, sampleSize: sampleSize)
        let samples = try await sampling.samples(left, right)
        let inference = MapInference(stores: stores, left: samples[0], right: samples[1])
        var draft = inference.draft(name: name ?? MapInference.mapName(left.name))
        draft.settle(schemas: (schemas[0], schemas[1]))
        return draft
    }

    /// A draft for each pair of entities that are about the same things, in the order of the left store's.
    func all() async throws -> [MapDraft] {
        let candidates = EntityPairing.candidates(schemas[0], schemas[1])
        var drafts: [MapDraft] = []
        for candidate in candidates {
            drafts.append(
                try await draft(schemas[0].entities[candidate.left], schemas[1].entities[candidate.right]))
        }
        return EntityPairing.best(candidates, confidences: drafts.map(\.confidence)).sorted().map { drafts[$0] }
    }
}
