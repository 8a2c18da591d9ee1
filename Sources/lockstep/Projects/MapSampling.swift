import ConnectorKit
import LockstepMapping
import LockstepModel

/// Reads what maps are drafted from: some records of either side, their counterparts, and fields of the records that they
/// refer to. Writes nothing.
struct MapSampling {
    /// By ``Side``.
    let connectors: [any Connector]
    let schemas: [StoreDescription]
    /// Records of each side; 0 to read none.
    let sampleSize: Int

    /// Records of the other side are looked up for this many key candidates, the likeliest by name.
    private static let mostKeys = 4
    /// Fields of referred records that are read for each reference.
    private static let mostPathsPerReference = 3
    /// Keys that are looked up at a time.
    private static let lookUpSize = 500

    func samples(_ left: EntityDescription, _ right: EntityDescription) async throws -> [EntitySample] {
        var samples: [EntitySample] = []
        for (side, entity) in zip(Side.allCases, [left, right]) {
            var sample = EntitySample(entity: entity, fields: entity.fields + paths(of: entity, side))
            if sampleSize > 0 {
                let rows = try await read(
                    QueryRequest(entity: entity.name, fields: names(entity), limit: sampleSize), side)
                try await append(rows, to: &sample, side)
            }
            samples.append(sample)
        }
        guard sampleSize > 0 else { return samples }
        // Counterparts may be anywhere in a large entity: they are looked up by the keys that may be the map's.
        let first = samples
        for candidate in KeyCandidate.all(left, right).prefix(Self.mostKeys) {
            for side in Side.allCases {
                let keys = keys(first[side.rawValue], candidate.fields[side.rawValue])
                try await lookUp(
                    keys, candidate.fields[side.opposite.rawValue], &samples[side.opposite.rawValue], side.opposite)
            }
        }
        return samples
    }

    private func names(_ entity: EntityDescription) -> [String] { entity.fields.map(\.name) }

    // MARK: Records

    private func read(_ request: QueryRequest, _ side: Side) async throws -> RowBatch {
        let reader = try await connectors[side.rawValue].query(request)
        var rows = RowBatch(columnCount: request.fields.count)
        do {
            while let batch = try await reader.next() {
                for row in 0..<batch.rowCount { rows.appendRow(row, from: batch) }
            }
        } catch {
            await reader.close()
            throw error
        }
        await reader.close()
        return rows
    }

    private func keys(_ sample: EntitySample, _ fields: [String]) -> RowBatch {
        var keys = RowBatch(columnCount: fields.count)
        let columns = fields.compactMap { sample.column($0) }
        for row in 0..<sample.rowCount {
            let values = columns.map { sample.columns[$0][row] }
            if !values.contains(.null) { keys.appendRow(values) }
        }
        return keys
    }

    /// Adds the records that have some keys, but for those that are there already.
    private func lookUp(
        _ keys: RowBatch, _ fields: [String], _ sample: inout EntitySample, _ side: Side
    ) async throws {
        guard !keys.isEmpty else { return }
        let columns = fields.compactMap { sample.column($0) }
        var known = Set((0..<sample.rowCount).map { row in columns.map { sample.columns[$0][row] } })
        var wanted: [[Value]] = []
        for row in 0..<keys.rowCount where known.insert(fit(keys.values(row: row), fields, sample)).inserted {
            wanted.append(fit(keys.values(row: row), fields, sample))
        }
        for start in stride(from: 0, to: wanted.count, by: Self.lookUpSize) {
            var rows = RowBatch(columnCount: fields.count)
            for key in wanted[start..<min(start + Self.lookUpSize, wanted.count)] { rows.appendRow(key) }
            let request = QueryRequest(
                entity: sample.entity.name, fields: names(sample.entity),
                keys: KeySelection(fields: fields, rows: rows))
            try await append(try await read(request, side), to: &sample, side)
        }
    }

    /// Integers and decimals of one number are one key: in the type that the store has.
    private func fit(_ key: [Value], _ fields: [String], _ sample: EntitySample) -> [Value] {
        zip(key, fields).map { value, field in
            guard let type = sample.entity.field(field)?.type, let own = value.type, own != type else { return value }
            return Value(text: value.displayText, type: type) ?? value
        }
    }

    private func append(_ rows: RowBatch, to sample: inout EntitySample, _ side: Side) async throws {
        let width = sample.entity.fields.count
        var columns: [[Value]] = []
        for field in sample.fields[width...] { columns.append(try await values(of: field, rows, sample.entity, side)) }
        var whole = RowBatch(columnCount: sample.fields.count)
        for row in 0..<rows.rowCount { whole.appendRow(rows.values(row: row) + columns.map { $0[row] }) }
        sample.append(whole)
    }

    // MARK: Fields of referred records

    /// The texts by which the records that an entity refers to are told apart, for references by a number.
    private func paths(of entity: EntityDescription, _ side: Side) -> [FieldDescription] {
        var paths: [FieldDescription] = []
        for reference in entity.references where reference.fields.count == 1 {
            guard let target = schemas[side.rawValue].entity(reference.targetEntity),
                let root = reference.fields.first.flatMap({ entity.field($0) }), [.int64, .uuid].contains(root.type)
            else { continue }
            let unique = target.fields.filter { field in
                field.type == .text && target.keys.contains { $0.fields == [field.name] }
            }
            for field in unique.prefix(Self.mostPathsPerReference) {
                var path = field
                path.name = "\(root.name).\(field.name)"
                path.isNullable = root.isNullable
                path.path = FieldPath(
                    name: path.name,
                    hops: [
                        FieldPath.Hop(
                            fields: reference.fields, entity: target.name, targetFields: reference.targetFields)
                    ], field: field.name)
                paths.append(path)
            }
        }
        return paths
    }

    private func values(
        of field: FieldDescription, _ rows: RowBatch, _ entity: EntityDescription, _ side: Side
    ) async throws -> [Value] {
        guard let path = field.path, let column = entity.fields.firstIndex(where: { [$0.name] == path.root.fields })
        else { return Array(repeating: .null, count: rows.rowCount) }
        let own = (0..<rows.rowCount).map { rows.value($0, column) }
        let distinct = Array(Set(own.filter { $0 != .null }))
        var found: [Value: Value] = [:]
        for start in stride(from: 0, to: distinct.count, by: Self.lookUpSize) {
            var keys = RowBatch(columnCount: 1)
            for value in distinct[start..<min(start + Self.lookUpSize, distinct.count)] { keys.appendRow([value]) }
            let request = QueryRequest(
                entity: path.root.entity, fields: path.root.targetFields + [path.field],
                keys: KeySelection(fields: path.root.targetFields, rows: keys))
            let referred = try await read(request, side)
            for row in 0..<referred.rowCount { found[referred.value(row, 0)] = referred.value(row, 1) }
        }
        return own.map { found[$0] ?? .null }
    }
}
