internal import LockstepModel

/// The entities that a reader's paths lead through, and what of them the paths depend on.
struct ReferredStations: Sendable {
    /// What is looked up of an entity: equal ones are one.
    struct Station: Sendable, Hashable {
        var entity: String
        var keyFields: [String]
        var fields: [String]
    }

    /// A way from an entity whose changes are read to a station.
    struct Chain: Sendable {
        /// The entity whose records change with the station's.
        var entity: String
        var hops: [FieldPath.Hop]
        var station: Int

        /// The entity that refers by a step.
        func referring(_ step: Int) -> String { step == 0 ? entity : hops[step - 1].entity }
    }

    private(set) var stations: [Station] = []
    private(set) var chains: [Chain] = []

    /// - Parameter layouts: by entity.
    init(_ layouts: [String: FieldLayout]) {
        for (entity, layout) in layouts.sorted(by: { $0.key < $1.key }) {
            for tree in layout.trees { add(tree, entity, []) }
        }
    }

    private mutating func add(_ tree: ReferenceTree, _ entity: String, _ before: [FieldPath.Hop]) {
        let station = Station(entity: tree.hop.entity, keyFields: tree.hop.targetFields, fields: tree.fields)
        if !stations.contains(station) { stations.append(station) }
        let hops = before + [tree.hop]
        chains.append(Chain(entity: entity, hops: hops, station: stations.firstIndex(of: station) ?? 0))
        for child in tree.children { add(child, entity, hops) }
    }

    /// A referred record that a chunk changes.
    struct Change: Sendable {
        var station: Int
        /// The record's key now; for one that was deleted, as it was.
        var keys: RowBatch
        /// What it was, in the station's fields.
        var rows: RowBatch
    }

    /// What a chunk says of the stations: records whose fields changed, or that are gone.
    func changes(in chunk: ChangeChunk, _ operation: Operation) -> [Change] {
        stations.enumerated().compactMap { index, station in
            guard let part = chunk.entities.first(where: { $0.entity == station.entity }) else { return nil }
            let change = Self.changes(in: part, operation, index, station)
            return change.keys.isEmpty ? nil : change
        }
    }

    private static func changes(
        in part: EntityChanges, _ operation: Operation, _ index: Int, _ station: Station
    ) -> Change {
        let columns = station.fields.map { part.fields.firstIndex(of: $0) ?? 0 }
        let keys = station.keyFields.map { part.fields.firstIndex(of: $0) ?? 0 }
        let width = part.fields.count
        var change = Change(
            station: index, keys: RowBatch(columnCount: keys.count), rows: RowBatch(columnCount: columns.count))
        for row in part.operations.indices where part.operations[row] == operation {
            let isNews =
                operation == .delete
                || columns.contains { column in
                    let after = part.rows[row, width + column]
                    return after.kind != .unchanged
                        && !RowBatch.areEqual(part.rows[row, column], in: part.rows, after, in: part.rows)
                }
            guard isNews else { continue }
            for column in columns { change.rows.append(part.rows[row, column], from: part.rows) }
            for column in keys {
                let after = part.rows[row, width + column]
                let isBefore = operation == .delete || after.kind == .unchanged
                change.keys.append(isBefore ? part.rows[row, column] : after, from: part.rows)
            }
        }
        return change
    }
}
