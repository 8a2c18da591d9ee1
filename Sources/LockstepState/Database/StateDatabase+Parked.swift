internal import LockstepModel

extension StateDatabase {
    /// Parks a record, or replaces what is parked under its key.
    ///
    /// - Parameter pending: the stream whose transaction it belongs to; nil where it counts at once.
    ///
    /// - Parameter removing: records that are forgotten before, in the same transaction.
    public func park(
        _ records: [ParkedRecord], removing ids: [Int64] = [], pending: PendingMark?, time: String
    ) throws {
        guard !records.isEmpty || !ids.isEmpty else { return }
        try inTransaction {
            for id in ids { try run("DELETE FROM parked WHERE id = ?1", [.int64(id)]) }
            for record in records {
                try run(
                    """
                    INSERT INTO parked(link, map, source, key, key_text, operation, before, after, code, field, message,
                        attempts, first_seen, last_seen, lane, position, confirmed)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13, ?14, ?15, ?16)
                    ON CONFLICT(link, map, source, key) DO UPDATE SET operation = excluded.operation,
                        before = excluded.before, after = excluded.after, code = excluded.code, field = excluded.field,
                        message = excluded.message, attempts = excluded.attempts, last_seen = excluded.last_seen
                    """,
                    [
                        .text(record.link), .text(record.map), .int64(Int64(record.source)), .bytes(record.key),
                        .text(record.keyText), .int64(Int64(record.operation.rawValue)), .optional(record.before),
                        .optional(record.after), .text(record.code), .text(record.field), .text(record.message),
                        .int64(Int64(record.attempts)), .text(time), .text(pending?.lane ?? ""),
                        .int64(pending == nil ? 0 : Self.openPosition), .int64(pending == nil ? 1 : 0),
                    ])
            }
        }
    }

    /// What is parked, oldest first.
    ///
    /// - Parameter after: only records with a larger id, for paging.
    public func parked(
        link: String? = nil, map: String? = nil, source: Int? = nil, after id: Int64 = 0, limit: Int = 1000
    ) throws -> [ParkedRecord] {
        try parked(
            where: "(?1 IS NULL OR link = ?1) AND (?2 IS NULL OR map = ?2) AND (?3 IS NULL OR source = ?3) AND id > ?4",
            [
                link.map(Value.text) ?? .null, map.map(Value.text) ?? .null,
                source.map { .int64(Int64($0)) } ?? .null, .int64(id),
            ], limit: limit)
    }

    public func parked(id: Int64) throws -> ParkedRecord? {
        try parked(where: "id = ?1", [.int64(id)], limit: 1).first
    }

    public func parked(link: String, map: String, source: Int, key: [UInt8]) throws -> ParkedRecord? {
        try parked(
            where: "link = ?1 AND map = ?2 AND source = ?3 AND key = ?4",
            [.text(link), .text(map), .int64(Int64(source)), .bytes(key)], limit: 1
        ).first
    }

    /// What is parked under any of these keys.
    public func parked(link: String, map: String, source: Int, keys: [[UInt8]]) throws -> [ParkedRecord] {
        try keys.compactMap { try parked(link: link, map: map, source: source, key: $0) }
    }

    /// Forgets what is parked under these keys with this code.
    public func unpark(link: String, map: String, source: Int, keys: [[UInt8]], code: String) throws {
        guard !keys.isEmpty else { return }
        try inTransaction {
            for key in keys {
                try run(
                    "DELETE FROM parked WHERE link = ?1 AND map = ?2 AND source = ?3 AND key = ?4 AND code = ?5",
                    [.text(link), .text(map), .int64(Int64(source)), .bytes(key), .text(code)])
            }
        }
    }

    /// The keys that are parked, so that later changes of them can be held back.
    public func parkedKeys(link: String, map: String, source: Int) throws -> [[UInt8]] {
        try run(
            "SELECT key FROM parked WHERE link = ?1 AND map = ?2 AND source = ?3",
            [.text(link), .text(map), .int64(Int64(source))]
        ).compactMap { $0[0].storedBytes }
    }

    public func parkedCount(link: String? = nil, map: String? = nil) throws -> Int {
        Int(
            try run(
                "SELECT count(*) FROM parked WHERE (?1 IS NULL OR link = ?1) AND (?2 IS NULL OR map = ?2)",
                [link.map(Value.text) ?? .null, map.map(Value.text) ?? .null]
            ).first?.first?.storedInteger ?? 0)
    }

    public func unpark(ids: [Int64]) throws {
        guard !ids.isEmpty else { return }
        try inTransaction {
            for id in ids { try run("DELETE FROM parked WHERE id = ?1", [.int64(id)]) }
        }
    }

    private func parked(where condition: String, _ bindings: [Value], limit: Int) throws -> [ParkedRecord] {
        try run(
            """
            SELECT id, link, map, source, key, key_text, operation, before, after, code, field, message, attempts,
                first_seen, last_seen
            FROM parked WHERE \(condition) ORDER BY id LIMIT \(limit)
            """, bindings
        ).map { row in
            ParkedRecord(
                id: row[0].storedInteger, link: row[1].storedText, map: row[2].storedText,
                source: Int(row[3].storedInteger), key: row[4].storedBytes ?? [], keyText: row[5].storedText,
                operation: Operation(rawValue: UInt8(clamping: row[6].storedInteger)) ?? .update,
                before: row[7].storedBytes.flatMap(StoredRow.init(encoded:)),
                after: row[8].storedBytes.flatMap(StoredRow.init(encoded:)), code: row[9].storedText,
                field: row[10].storedText, message: row[11].storedText, attempts: Int(row[12].storedInteger),
                firstSeen: row[13].storedText, lastSeen: row[14].storedText)
        }
    }
}
