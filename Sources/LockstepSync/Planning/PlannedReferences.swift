internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel

/// One reference of an entity that a plan writes to: the batch's columns that it is written by, and the fields of the
/// referred entity that hold the same.
struct PlannedReference: Sendable {
    var entity: String
    var columns: [Int]
    var fields: [String]

    /// The references that a batch writes, as far as its own columns tell which record is meant.
    ///
    /// - Parameters:
    ///   - paths: those of the batch's entity.
    ///   - known: by entity, the paths that can be asked for.
    ///   - deferred: fields that may lead to records which come later.
    static func all(
        of batch: WriteBatch, paths: [FieldPath], known: [String: [FieldPath]], deferred: Set<String>
    ) -> [PlannedReference] {
        let written = paths.filter { batch.fields.contains($0.name) && !deferred.contains($0.name) }
        return Dictionary(grouping: written) { $0.root.fields }.values.compactMap { group in
            guard let first = group.first else { return nil }
            var reference = PlannedReference(entity: first.root.entity, columns: [], fields: [])
            for path in group { reference.add(path, batch) }
            for shared in first.root.shared {
                guard reference.add(shared, batch) else { return nil }
            }
            let virtual = Set((known[reference.entity] ?? []).map(\.name))
            let isKnown = reference.fields.allSatisfy { !$0.contains(".") || virtual.contains($0) }
            return isKnown && !reference.columns.isEmpty ? reference : nil
        }
    }

    private mutating func add(_ path: FieldPath, _ batch: WriteBatch) {
        guard let column = batch.fields.firstIndex(of: path.name) else { return }
        columns.append(column)
        fields.append(path.hops.count == 1 ? path.field : String(path.name.split(separator: ".", maxSplits: 1)[1]))
    }

    /// What both records have in common stands in a column of the batch, or in columns of paths through it.
    private mutating func add(_ shared: FieldPath.SharedField, _ batch: WriteBatch) -> Bool {
        let found = batch.fields.enumerated().filter { $1 == shared.own || $1.hasPrefix(shared.own + ".") }
        for (column, name) in found {
            columns.append(column)
            fields.append(shared.referred + name.dropFirst(shared.own.count))
        }
        return !found.isEmpty
    }

    /// Whether a row gives the reference a value that it did not have.
    func isGiven(_ batch: WriteBatch, _ row: Int) -> Bool { batch.gives(row, columns) }

    func key(_ batch: WriteBatch, _ row: Int) -> [UInt8] {
        KeyEncoder.encode(batch.rows, row: row, columns: columns.map { $0 + batch.fields.count })
    }
}

extension PlanWorld {
    /// Whether the plan would have written a record with these values, given in the order of the fields.
    ///
    /// Where records of the entity are known by other fields, that cannot be told, and it is taken to be so.
    func mayHold(_ reference: PlannedReference, store: String, _ batch: WriteBatch, _ row: Int) throws -> Bool {
        let known = places.filter { $0.store == store && $0.entity == reference.entity }
        for place in known where isFilled(number(place)) {
            guard Set(place.keyFields) == Set(reference.fields) else { return true }
            let columns = place.keyFields.compactMap { field in
                reference.fields.firstIndex(of: field).map { reference.columns[$0] + batch.fields.count }
            }
            let key = KeyEncoder.encode(batch.rows, row: row, columns: columns)
            if case .some(.some) = try planned(number(place), key) { return true }
        }
        return false
    }
}
