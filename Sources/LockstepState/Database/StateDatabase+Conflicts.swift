internal import LockstepModel

/// A record that both sides must be compared under once more when the streams are quiet.
public struct RevisitKey: Sendable, Hashable {
    public var map: String
    public var key: [UInt8]
    /// The key's values in the key fields of `side`.
    public var row: StoredRow
    public var side: Int

    public init(map: String, key: [UInt8], row: StoredRow, side: Int) {
        self.map = map
        self.key = key
        self.row = row
        self.side = side
    }
}

extension StateDatabase {
    /// Keeps conflicts. One that is known already (same key, same fields, same values) is not kept twice; an open one of
    /// the same key and fields is brought up to date.
    ///
    /// - Returns: how many were not known before.
    @discardableResult
    public func keep(_ conflicts: [ConflictRecord], pending: PendingMark?, time: String) throws -> Int {
        guard !conflicts.isEmpty else { return 0 }
        return try inTransaction {
            var fresh = 0
            for conflict in conflicts {
                try retire(conflict)
                if conflict.status == .open, try refreshOpen(conflict, time: time) { continue }
                fresh += try insert(conflict, pending: pending, time: time)
            }
            return fresh
        }
    }

    /// A conflict that was settled and happens again is one more: the old one keeps its decision, under another digest.
    /// Only what was dismissed at a first meeting stays dismissed as long as the values are the same.
    private func retire(_ conflict: ConflictRecord) throws {
        try run(
            """
            UPDATE conflict SET digest = digest || '#' || id
            WHERE link = ?1 AND map = ?2 AND digest = ?3
              AND (status = 'resolved' OR status = 'dismissed' AND ?4 <> 'first-meeting'
                   OR status = 'automatic' AND ?5 = 'open')
            """,
            [
                .text(conflict.link), .text(conflict.map), .text(conflict.digest), .text(conflict.kind.rawValue),
                .text(conflict.status.rawValue),
            ])
    }

    private func refreshOpen(_ conflict: ConflictRecord, time: String) throws -> Bool {
        try !run(
            """
            UPDATE conflict SET left_row = ?4, right_row = ?5, digest = ?6, kind = ?7, fields = ?8, pairs = ?9
            WHERE link = ?1 AND map = ?2 AND key = ?3 AND status = 'open'
              AND NOT EXISTS (SELECT 1 FROM conflict c WHERE c.link = ?1 AND c.map = ?2 AND c.digest = ?6
                              AND c.id <> conflict.id)
            RETURNING id
            """,
            [
                .text(conflict.link), .text(conflict.map), .bytes(conflict.key), .optional(conflict.left),
                .optional(conflict.right), .text(conflict.digest), .text(conflict.kind.rawValue),
                .text(conflict.fields.joined(separator: "\u{1F}")),
                .text(conflict.pairs.map(String.init).joined(separator: ",")),
            ]
        ).isEmpty
    }

    private func insert(_ conflict: ConflictRecord, pending: PendingMark?, time: String) throws -> Int {
        try run(
            """
            INSERT INTO conflict(digest, link, map, kind, key, key_text, fields, pairs, base, base_side, left_row,
                right_row, rule, winner, status, decided_by, detected_at, decided_at, lane, position, confirmed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
            ON CONFLICT(link, map, digest) DO NOTHING RETURNING id
            """,
            [
                .text(conflict.digest), .text(conflict.link), .text(conflict.map), .text(conflict.kind.rawValue),
                .bytes(conflict.key), .text(conflict.keyText), .text(conflict.fields.joined(separator: "\u{1F}")),
                .text(conflict.pairs.map(String.init).joined(separator: ",")), .optional(conflict.base),
                .int64(Int64(conflict.baseSide)), .optional(conflict.left), .optional(conflict.right),
                .text(conflict.rule), conflict.winner.map { .int64(Int64($0)) } ?? .null,
                .text(conflict.status.rawValue), .text(conflict.decidedBy), .text(time),
                .text(conflict.status == .open ? "" : time), .text(pending?.lane ?? ""),
                .int64(pending == nil ? 0 : Self.openPosition), .int64(pending == nil ? 1 : 0),
            ]
        ).count
    }

    /// Conflicts, oldest first.
    ///
    /// - Parameter after: only conflicts with a larger id, for paging.
    public func conflicts(
        link: String? = nil, map: String? = nil, status: ConflictRecord.Status? = nil, after id: Int64 = 0,
        limit: Int = 1000
    ) throws -> [ConflictRecord] {
        try conflicts(
            where: "(?1 IS NULL OR link = ?1) AND (?2 IS NULL OR map = ?2) AND (?3 IS NULL OR status = ?3) AND id > ?4",
            [
                link.map(Value.text) ?? .null, map.map(Value.text) ?? .null,
                status.map { .text($0.rawValue) } ?? .null, .int64(id),
            ], limit: limit)
    }

    public func conflict(id: Int64) throws -> ConflictRecord? {
        try conflicts(where: "id = ?1", [.int64(id)], limit: 1).first
    }

    /// Whether a conflict of this kind was ever found at a key.
    public func hasConflict(
        link: String, map: String, key: [UInt8], kind: ConflictRecord.Kind
    ) throws -> Bool {
        try !run(
            "SELECT 1 FROM conflict WHERE link = ?1 AND map = ?2 AND key = ?3 AND kind = ?4 LIMIT 1",
            [.text(link), .text(map), .bytes(key), .text(kind.rawValue)]
        ).isEmpty
    }

    public func conflictCount(link: String? = nil, map: String? = nil, status: ConflictRecord.Status) throws -> Int {
        Int(
            try run(
                """
                SELECT count(*) FROM conflict
                WHERE (?1 IS NULL OR link = ?1) AND (?2 IS NULL OR map = ?2) AND status = ?3
                """, [link.map(Value.text) ?? .null, map.map(Value.text) ?? .null, .text(status.rawValue)]
            ).first?.first?.storedInteger ?? 0)
    }

    /// Keeps a decision.
    public func decideConflict(
        id: Int64, status: ConflictRecord.Status, winner: Int?, decidedBy: String, time: String
    ) throws {
        try run(
            "UPDATE conflict SET status = ?2, winner = ?3, decided_by = ?4, decided_at = ?5 WHERE id = ?1",
            [
                .int64(id), .text(status.rawValue), winner.map { .int64(Int64($0)) } ?? .null, .text(decidedBy),
                .text(time),
            ])
    }

    // MARK: Revisits

    public func addRevisits(link: String, _ keys: [RevisitKey]) throws {
        guard !keys.isEmpty else { return }
        try inTransaction {
            for key in keys {
                try run(
                    "INSERT OR REPLACE INTO revisit(link, map, key, row, side) VALUES (?1, ?2, ?3, ?4, ?5)",
                    [
                        .text(link), .text(key.map), .bytes(key.key), .bytes(key.row.encoded()),
                        .int64(Int64(key.side)),
                    ])
            }
        }
    }

    /// The first keys to look at again; keys of parked records come last, as they can only be looked at once healed.
    ///
    /// - Parameter maps: of these only; nil for all.
    public func revisits(link: String, maps: [String]? = nil, limit: Int = 1000) throws -> [RevisitKey] {
        let places = maps.map { "AND map IN (\($0.indices.map { "?\($0 + 2)" }.joined(separator: ", ")))" } ?? ""
        return try run(
            """
            SELECT map, key, row, side FROM revisit r WHERE link = ?1 \(places)
            ORDER BY EXISTS (SELECT 1 FROM parked p WHERE p.link = r.link AND p.map = r.map AND p.key = r.key)
            LIMIT \(limit)
            """, [.text(link)] + (maps ?? []).map(Value.text)
        )
        .compactMap { row in
            guard let key = row[1].storedBytes, let bytes = row[2].storedBytes,
                let stored = StoredRow(encoded: bytes)
            else { return nil }
            return RevisitKey(map: row[0].storedText, key: key, row: stored, side: Int(row[3].storedInteger))
        }
    }

    public func removeRevisits(link: String, _ keys: [RevisitKey]) throws {
        guard !keys.isEmpty else { return }
        try inTransaction {
            for key in keys {
                try run(
                    "DELETE FROM revisit WHERE link = ?1 AND map = ?2 AND key = ?3",
                    [.text(link), .text(key.map), .bytes(key.key)])
            }
        }
    }

    private func conflicts(where condition: String, _ bindings: [Value], limit: Int) throws -> [ConflictRecord] {
        try run(
            """
            SELECT id, link, map, kind, key, key_text, fields, pairs, base, base_side, left_row, right_row, rule, winner,
                status, decided_by, detected_at, decided_at, digest
            FROM conflict WHERE \(condition) ORDER BY id LIMIT \(limit)
            """, bindings
        ).map(Self.conflict)
    }

    private static func conflict(_ row: [Value]) -> ConflictRecord {
        ConflictRecord(
            id: row[0].storedInteger, digest: row[18].storedText, link: row[1].storedText, map: row[2].storedText,
            kind: ConflictRecord.Kind(rawValue: row[3].storedText) ?? .overlap, key: row[4].storedBytes ?? [],
            keyText: row[5].storedText, fields: row[6].storedText.split(separator: "\u{1F}").map(String.init),
            pairs: row[7].storedText.split(separator: ",").compactMap { Int($0) },
            base: row[8].storedBytes.flatMap(StoredRow.init(encoded:)), baseSide: Int(row[9].storedInteger),
            left: row[10].storedBytes.flatMap(StoredRow.init(encoded:)),
            right: row[11].storedBytes.flatMap(StoredRow.init(encoded:)), rule: row[12].storedText,
            winner: row[13].isNull ? nil : Int(row[13].storedInteger),
            status: ConflictRecord.Status(rawValue: row[14].storedText) ?? .open, decidedBy: row[15].storedText,
            detectedAt: row[16].storedText, decidedAt: row[17].storedText)
    }
}

extension ConflictRecord {
    /// A digest of what makes a conflict the same whichever direction found it: the key, the fields and both sides'
    /// values in them. FNV-1a, 64 bits, twice with different offsets: an index key among one record's conflicts, not a
    /// proof.
    public static func digest(of bytes: [UInt8]) -> String {
        func hash(_ offset: UInt64) -> UInt64 { bytes.reduce(offset) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } }
        return String(hash(0xcbf2_9ce4_8422_2325), radix: 16) + String(hash(0x8422_2325_cbf2_9ce4), radix: 16)
    }
}
