internal import LockstepModel
internal import SQLiteAccess

/// What referred records were before the changes that a reader has seen, in a temporary file: flat memory, and gone with
/// its connection.
actor ReferredHistory {
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let stations: [ReferredStations.Station]
    private let database: SQLiteDatabase

    init(_ stations: [ReferredStations.Station]) throws {
        thread = DedicatedThread("references.history")
        self.stations = stations
        do {
            database = try SQLiteDatabase(path: "", mode: .create)
            // Nobody else sees the file, and it is never read again after a crash.
            try database.execute(
                """
                PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;
                CREATE TABLE changed(station, key, row, old, PRIMARY KEY(station, key)) WITHOUT ROWID;
                CREATE TABLE gone(station, key, old, PRIMARY KEY(station, key)) WITHOUT ROWID;
                CREATE TABLE touched(entity, image, first, PRIMARY KEY(entity, image)) WITHOUT ROWID
                """)
        } catch {
            throw ConnectorError(spooling: error)
        }
    }

    /// Remembers what records were before their first change.
    func add(changed changes: [ReferredStations.Change]) throws {
        try run {
            for change in changes {
                for row in 0..<change.keys.rowCount {
                    try database.query(
                        "INSERT OR IGNORE INTO changed VALUES (?1, ?2, ?3, ?4)",
                        [
                            .int64(Int64(change.station)), .bytes(Self.key(change.keys, row)),
                            .bytes(change.keys.encodedRow(row)), .bytes(change.rows.encodedRow(row)),
                        ])
                }
            }
        }
    }

    /// Remembers the last that is known of records that were deleted.
    func add(gone changes: [ReferredStations.Change]) throws {
        try run {
            for change in changes {
                for row in 0..<change.keys.rowCount {
                    try database.query(
                        "INSERT OR REPLACE INTO gone VALUES (?1, ?2, ?3)",
                        [
                            .int64(Int64(change.station)), .bytes(Self.key(change.keys, row)),
                            .bytes(change.rows.encodedRow(row)),
                        ])
                }
            }
        }
    }

    /// The changes of records, and what was touched, have been told.
    func forgetChanged() throws {
        try run { try database.execute("DELETE FROM changed; DELETE FROM touched") }
    }

    /// The answer to a look-up as it would have been before the changes.
    func before(_ rows: RowBatch, _ request: LookUpRequest) throws -> RowBatch {
        let wanted = ReferredStations.Station(
            entity: request.entity, keyFields: request.keys.fields, fields: request.fields)
        guard let index = stations.firstIndex(of: wanted) else { return rows }
        let station = Value.int64(Int64(index))
        let columns = wanted.keyFields.map { wanted.fields.firstIndex(of: $0) ?? 0 }
        return try run {
            var result = RowBatch(columnCount: rows.columnCount, reservingRows: rows.rowCount)
            var seen: Set<[UInt8]> = []
            for row in 0..<rows.rowCount {
                let key = KeyEncoder.encode(rows, row: row, columns: columns)
                seen.insert(key)
                let old = try database.value(
                    "SELECT old FROM changed WHERE station = ?1 AND key = ?2", [station, .bytes(key)])
                if case .bytes(let encoded)? = old {
                    // The record is found by the key that it has now.
                    var former = RowBatch(columnCount: rows.columnCount)
                    guard former.appendRow(encoded: encoded) else { continue }
                    for column in 0..<rows.columnCount {
                        let isKey = columns.contains(column)
                        result.append(
                            isKey ? rows[row, column] : former[0, column], from: isKey ? rows : former)
                    }
                } else {
                    result.appendRow(row, from: rows)
                }
            }
            for row in 0..<request.keys.rows.rowCount {
                let key = Self.key(request.keys.rows, row)
                guard !seen.contains(key) else { continue }
                let old = try database.value(
                    "SELECT old FROM gone WHERE station = ?1 AND key = ?2", [station, .bytes(key)])
                if case .bytes(let encoded)? = old { _ = result.appendRow(encoded: encoded) }
            }
            return result
        }
    }

    /// A page of the keys of a station's changed records; nil at the end.
    func changedKeys(station: Int, after last: [UInt8], limit: Int) throws -> (keys: RowBatch, last: [UInt8])? {
        try run {
            var keys = RowBatch(columnCount: stations[station].keyFields.count)
            var end = last
            let found = try database.query(
                "SELECT key, row FROM changed WHERE station = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
                [.int64(Int64(station)), .bytes(last), .int64(Int64(limit))])
            for row in found {
                guard case .bytes(let key) = row[0], case .bytes(let encoded) = row[1] else { continue }
                _ = keys.appendRow(encoded: encoded)
                end = key
            }
            return found.isEmpty ? nil : (keys, end)
        }
    }

    // MARK: Records that changed after the end of what is read

    /// Follows records from image to image, each with what it was first.
    func touch(_ part: EntityChanges) throws {
        let width = part.fields.count
        try run {
            for (row, operation) in part.operations.enumerated() where operation != .truncate {
                let before = part.rows.rows(row..<row + 1).columns(0..<width).encodedRow(0)
                let after = part.image(row).encodedRow(0)
                var first: Value = operation == .insert ? .null : .bytes(before)
                if operation != .insert {
                    let known = try database.query(
                        "DELETE FROM touched WHERE entity = ?1 AND image = ?2 RETURNING first",
                        [.text(part.entity), .bytes(before)])
                    if let known = known.first { first = known[0] }
                }
                // A deleted record has no image; what it was stands under a name that no image has.
                let image = operation == .delete ? [0xFF] + before : after
                try database.query(
                    "INSERT OR REPLACE INTO touched VALUES (?1, ?2, ?3)",
                    [.text(part.entity), .bytes(image), first])
            }
        }
    }

    /// Which rows are images that records had only after the end of what is read.
    func isTouched(_ entity: String, _ rows: RowBatch) throws -> [Bool] {
        try run {
            try (0..<rows.rowCount).map { row in
                try database.value(
                    "SELECT 1 FROM touched WHERE entity = ?1 AND image = ?2",
                    [.text(entity), .bytes(rows.encodedRow(row))]) != nil
            }
        }
    }

    /// A page of what touched records were first; nil at the end.
    func touchedRows(
        _ entity: String, width: Int, after last: [UInt8], limit: Int
    ) throws -> (rows: RowBatch, last: [UInt8])? {
        try run {
            var rows = RowBatch(columnCount: width)
            var end = last
            let found = try database.query(
                "SELECT image, first FROM touched WHERE entity = ?1 AND image > ?2 ORDER BY image LIMIT ?3",
                [.text(entity), .bytes(last), .int64(Int64(limit))])
            for row in found {
                guard case .bytes(let image) = row[0] else { continue }
                end = image
                if case .bytes(let encoded) = row[1] { _ = rows.appendRow(encoded: encoded) }
            }
            return found.isEmpty ? nil : (rows, end)
        }
    }

    func close() { database.close() }

    private static func key(_ rows: RowBatch, _ row: Int) -> [UInt8] {
        KeyEncoder.encode(rows, row: row, columns: 0..<rows.columnCount)
    }

    private func run<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as SQLiteError {
            throw ConnectorError(spooling: error)
        }
    }
}

extension EntityChanges {
    /// The image after of one row, `unchanged` cells taken from the image before.
    func image(_ row: Int) -> RowBatch {
        let width = fields.count
        var image = RowBatch(columnCount: width)
        for column in 0..<width {
            let after = rows[row, width + column]
            image.append(after.kind == .unchanged ? rows[row, column] : after, from: rows)
        }
        return image
    }
}
