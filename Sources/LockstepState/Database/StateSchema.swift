/// The tables of the state database. Each version's step is kept, so that an older file is brought up to date.
enum StateSchema {
    static let currentVersion: Int64 = 2

    /// Marks the file as Lockstep's in its header ("LKST").
    static let applicationID: Int64 = 0x4C4B_5354

    /// The statements that lead from the version before to this one; index 0 leads to version 1.
    static let steps: [String] = [
        """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE store(name TEXT PRIMARY KEY, identity TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE map(
            link TEXT NOT NULL, map TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, fingerprint TEXT NOT NULL,
            floor0 TEXT, floor1 TEXT, held0 TEXT, held1 TEXT, PRIMARY KEY(link, map)) WITHOUT ROWID;
        CREATE TABLE map_transition(
            id INTEGER PRIMARY KEY, link TEXT NOT NULL, map TEXT NOT NULL, from_state TEXT NOT NULL,
            to_state TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL, time TEXT NOT NULL);
        CREATE TABLE idle(lane TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE parked(
            id INTEGER PRIMARY KEY AUTOINCREMENT, link TEXT NOT NULL, map TEXT NOT NULL, source INTEGER NOT NULL,
            key BLOB NOT NULL, key_text TEXT NOT NULL, operation INTEGER NOT NULL, before BLOB, after BLOB,
            code TEXT NOT NULL, field TEXT NOT NULL, message TEXT NOT NULL, attempts INTEGER NOT NULL,
            first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
            lane TEXT NOT NULL, position INTEGER NOT NULL, confirmed INTEGER NOT NULL,
            healed_lane TEXT, healed_position INTEGER, UNIQUE(link, map, source, key));
        CREATE INDEX parked_healed ON parked(healed_lane) WHERE healed_lane IS NOT NULL;
        CREATE INDEX parked_pending ON parked(lane) WHERE confirmed = 0;
        CREATE TABLE conflict(
            id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL, link TEXT NOT NULL, map TEXT NOT NULL,
            kind TEXT NOT NULL, key BLOB NOT NULL, key_text TEXT NOT NULL, fields TEXT NOT NULL, pairs TEXT NOT NULL,
            base BLOB, base_side INTEGER NOT NULL, left_row BLOB, right_row BLOB, rule TEXT NOT NULL, winner INTEGER,
            status TEXT NOT NULL, decided_by TEXT NOT NULL, detected_at TEXT NOT NULL, decided_at TEXT NOT NULL,
            lane TEXT NOT NULL, position INTEGER NOT NULL, confirmed INTEGER NOT NULL,
            UNIQUE(link, map, digest));
        CREATE INDEX conflict_open ON conflict(link, map, key) WHERE status = 'open';
        CREATE INDEX conflict_key ON conflict(link, map, key);
        CREATE INDEX conflict_pending ON conflict(lane) WHERE confirmed = 0;
        CREATE TABLE revisit(
            link TEXT NOT NULL, map TEXT NOT NULL, key BLOB NOT NULL, row BLOB NOT NULL, side INTEGER NOT NULL,
            PRIMARY KEY(link, map, key)) WITHOUT ROWID;
        CREATE TABLE run(
            id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, link TEXT NOT NULL, started_at TEXT NOT NULL,
            finished_at TEXT NOT NULL, outcome TEXT NOT NULL, summary TEXT NOT NULL);
        """,
        """
        ALTER TABLE parked ADD COLUMN rest_before BLOB;
        ALTER TABLE parked ADD COLUMN rest_field TEXT;
        """,
        """
        CREATE TABLE accepted_schema(
            link TEXT NOT NULL, map TEXT NOT NULL, side INTEGER NOT NULL, entity TEXT NOT NULL,
            actor TEXT NOT NULL, time TEXT NOT NULL, PRIMARY KEY(link, map, side)) WITHOUT ROWID;
        """,
    ]
}
