internal import LockstepModel

/// Finds records by many keys at a time.
struct RecordFinder: Sendable {
    /// What was found of some keys.
    struct Found: Sendable {
        static let nothing: Int32 = -1
        static let several: Int32 = -2

        var rows: RowBatch
        /// One a key: its row, ``nothing`` or ``several``.
        var places: [Int32]
    }

    /// Keys that one question has at most.
    private static let largestKeyCount = 8192
    /// Keys of one question that are asked for one by one, where the store calls equal what differs in its bytes.
    private static let largestSingleCount = 256

    let look: @Sendable (LookUpRequest) async throws -> RowBatch

    init(_ look: @escaping @Sendable (LookUpRequest) async throws -> RowBatch) { self.look = look }

    /// - Parameter query: reads records; of a store as it is, or of a snapshot.
    init(query: @escaping @Sendable (QueryRequest) async throws -> any BatchReader) {
        look = { request in
            var rows = RowBatch(columnCount: request.fields.count)
            let reader = try await query(
                QueryRequest(
                    entity: request.entity, fields: request.fields, keys: request.keys, limit: request.limit))
            do {
                while rows.rowCount < request.limit, let batch = try await reader.next() {
                    for row in 0..<min(batch.rowCount, request.limit - rows.rowCount) {
                        rows.appendRow(row, from: batch)
                    }
                }
            } catch {
                await reader.close()
                throw error
            }
            await reader.close()
            return rows
        }
    }

    /// - Parameters:
    ///   - keyFields: among `fields`.
    ///   - keys: different ones, without nulls.
    func records(
        of entity: String, _ keyFields: [String], _ keys: RowBatch, fields: [String]
    ) async throws -> Found {
        var found = Found(rows: RowBatch(columnCount: fields.count), places: [])
        found.places.reserveCapacity(keys.rowCount)
        var first = 0
        while first < keys.rowCount {
            let end = min(keys.rowCount, first + Self.largestKeyCount)
            try await find(entity, keyFields, keys.rows(first..<end), fields, &found)
            first = end
        }
        return found
    }

    private func find(
        _ entity: String, _ keyFields: [String], _ keys: RowBatch, _ fields: [String], _ found: inout Found
    ) async throws {
        // Two of each say already that there are several.
        let limit = keys.rowCount * 2 + 16
        let rows = try await look(
            LookUpRequest(
                entity: entity, fields: fields, keys: KeySelection(fields: keyFields, rows: keys), limit: limit))
        if rows.rowCount >= limit, keys.rowCount > 1 {
            // Some key has many: those of the others may be among what was left out.
            let middle = keys.rowCount / 2
            try await find(entity, keyFields, keys.rows(0..<middle), fields, &found)
            return try await find(entity, keyFields, keys.rows(middle..<keys.rowCount), fields, &found)
        }
        let columns = keyFields.map { fields.firstIndex(of: $0) ?? 0 }
        let firstPlace = found.places.count
        found.places += [Int32](repeating: Found.nothing, count: keys.rowCount)
        let hasStrangers = Self.match(rows, columns, keys, from: firstPlace, &found)
        guard hasStrangers else { return }
        var singles = 0
        for key in 0..<keys.rowCount where found.places[firstPlace + key] == Found.nothing {
            singles += 1
            guard singles <= Self.largestSingleCount else { break }
            let rows = try await look(
                LookUpRequest(
                    entity: entity, fields: fields,
                    keys: KeySelection(fields: keyFields, rows: keys.rows(key..<key + 1)), limit: 2))
            for row in 0..<rows.rowCount { Self.add(row, of: rows, to: firstPlace + key, &found) }
        }
    }

    /// - Returns: whether some rows have none of the keys.
    private static func match(
        _ rows: RowBatch, _ columns: [Int], _ keys: RowBatch, from firstPlace: Int, _ found: inout Found
    ) -> Bool {
        var known = DistinctKeys(columnCount: columns.count)
        _ = known.numbers(of: Array(0..<columns.count), in: keys)
        var hasStrangers = false
        for row in 0..<rows.rowCount {
            if let number = known.number(of: columns, row, in: rows) {
                add(row, of: rows, to: firstPlace + Int(number), &found)
            } else {
                hasStrangers = true
            }
        }
        return hasStrangers
    }

    /// The same record may come twice, for two spellings of its key.
    private static func add(_ row: Int, of rows: RowBatch, to place: Int, _ found: inout Found) {
        let known = found.places[place]
        if known == Found.nothing {
            found.places[place] = Int32(found.rows.rowCount)
            found.rows.appendRow(row, from: rows)
        } else if known >= 0 {
            let isSame = (0..<rows.columnCount).allSatisfy { column in
                RowBatch.areEqual(found.rows[Int(known), column], in: found.rows, rows[row, column], in: rows)
            }
            if !isSame { found.places[place] = Found.several }
        }
    }
}

extension RowBatch {
    /// A copy of some rows.
    func rows(_ indexes: some Collection<Int>) -> RowBatch {
        if indexes.count == rowCount { return self }
        var rows = RowBatch(columnCount: columnCount, reservingRows: indexes.count)
        for index in indexes { rows.appendRow(index, from: self) }
        return rows
    }
}
