public import LockstepModel

extension StateDatabase {
    // MARK: Stores

    /// The identity that a store had when it was last synced; nil before.
    public func storeIdentity(_ store: String) throws -> String? {
        try run("SELECT identity FROM store WHERE name = ?1", [.text(store)]).first?.first?.storedText
    }

    public func setStoreIdentity(_ store: String, _ identity: String) throws {
        try run(
            "INSERT INTO store VALUES (?1, ?2) ON CONFLICT(name) DO UPDATE SET identity = excluded.identity",
            [.text(store), .text(identity)])
    }

    // MARK: Maps

    public func maps(link: String? = nil) throws -> [MapRecord] {
        let rows = try run(
            """
            SELECT link, map, state, reason, fingerprint, floor0, floor1, held0, held1 FROM map
            WHERE ?1 IS NULL OR link = ?1 ORDER BY link, map
            """, [link.map(Value.text) ?? .null])
        return rows.map { row in
            var record = MapRecord(link: row[0].storedText, map: row[1].storedText)
            record.state = MapState(rawValue: row[2].storedText) ?? .failed
            record.reason = row[3].storedText
            record.fingerprint = row[4].storedText
            record.floors = [Position(text: row[5].storedText), Position(text: row[6].storedText)]
            record.heldFrom = [Position(text: row[7].storedText), Position(text: row[8].storedText)]
            return record
        }
    }

    public func map(link: String, map: String) throws -> MapRecord {
        try maps(link: link).first { $0.map == map } ?? MapRecord(link: link, map: map)
    }

    /// Stores the record; a move to another state is checked and kept in the history.
    ///
    /// - Parameter actor: who moves it: a person's name, or `engine`.
    public func setMap(_ record: MapRecord, actor: String, time: String) throws {
        let old = try map(link: record.link, map: record.map)
        guard old.state.mayMove(to: record.state) else {
            throw StateError(
                .illegalMove,
                "map \(record.map) is \(old.state.rawValue) and cannot become \(record.state.rawValue)",
                hint: "`lockstep status` shows the states")
        }
        try inTransaction {
            try run(
                """
                INSERT INTO map VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(link, map) DO UPDATE SET
                state = excluded.state, reason = excluded.reason, fingerprint = excluded.fingerprint,
                floor0 = excluded.floor0, floor1 = excluded.floor1, held0 = excluded.held0, held1 = excluded.held1
                """,
                [
                    .text(record.link), .text(record.map), .text(record.state.rawValue), .text(record.reason),
                    .text(record.fingerprint), .optional(record.floors[0]), .optional(record.floors[1]),
                    .optional(record.heldFrom[0]), .optional(record.heldFrom[1]),
                ])
            guard old.state != record.state else { return }
            try run(
                """
                INSERT INTO map_transition(link, map, from_state, to_state, actor, reason, time)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                """,
                [
                    .text(record.link), .text(record.map), .text(old.state.rawValue), .text(record.state.rawValue),
                    .text(actor), .text(record.reason), .text(time),
                ])
        }
    }

    /// The moves of a map, oldest first.
    public func transitions(link: String, map: String) throws -> [MapTransition] {
        try run(
            """
            SELECT map, from_state, to_state, actor, reason, time FROM map_transition
            WHERE link = ?1 AND map = ?2 ORDER BY id
            """, [.text(link), .text(map)]
        ).map { row in
            MapTransition(
                map: row[0].storedText, from: MapState(rawValue: row[1].storedText) ?? .stopped,
                to: MapState(rawValue: row[2].storedText) ?? .stopped, actor: row[3].storedText,
                reason: row[4].storedText, time: row[5].storedText)
        }
    }

    // MARK: Idle positions

    /// How far a stream is known to hold nothing for us beyond its checkpoint; nil before.
    public func idlePosition(lane: String) throws -> Position? {
        try run("SELECT position FROM idle WHERE lane = ?1", [.text(lane)]).first?.first
            .flatMap { Position(text: $0.storedText) }
    }

    public func setIdlePosition(lane: String, _ position: Position) throws {
        try run(
            "INSERT INTO idle VALUES (?1, ?2) ON CONFLICT(lane) DO UPDATE SET position = excluded.position",
            [.text(lane), .text(position.text)])
    }

    public func forgetIdlePosition(lane: String) throws {
        try run("DELETE FROM idle WHERE lane = ?1", [.text(lane)])
    }

    // MARK: Runs

    public func startRun(job: String, link: String, time: String) throws -> Int64 {
        try run(
            "INSERT INTO run(job, link, started_at, finished_at, outcome, summary) VALUES (?1, ?2, ?3, '', '', '') RETURNING id",
            [.text(job), .text(link), .text(time)]
        ).first?.first?.storedInteger ?? 0
    }

    public func finishRun(_ id: Int64, outcome: String, summary: String, time: String) throws {
        try run(
            "UPDATE run SET finished_at = ?2, outcome = ?3, summary = ?4 WHERE id = ?1",
            [.int64(id), .text(time), .text(outcome), .text(summary)])
    }

    /// The latest runs, newest first.
    public func runs(link: String? = nil, limit: Int = 20) throws -> [RunRecord] {
        try run(
            """
            SELECT id, job, link, started_at, finished_at, outcome, summary FROM run
            WHERE ?1 IS NULL OR link = ?1 ORDER BY id DESC LIMIT ?2
            """, [link.map(Value.text) ?? .null, .int64(Int64(limit))]
        ).map { row in
            RunRecord(
                id: row[0].storedInteger, job: row[1].storedText, link: row[2].storedText,
                startedAt: row[3].storedText, finishedAt: row[4].storedText, outcome: row[5].storedText,
                summary: row[6].storedText)
        }
    }
}
