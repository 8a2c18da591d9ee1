import LockstepMapping

extension ProjectScaffold {
    /// A shop and a CRM that know some of the same people, under other names.
    static let sample = ProjectScaffold(
        files: [
            ("lockstep.yaml", .text(configuration)), ("mappings/customers.yaml", .text(map)),
            ("shop.db", .database(shop)), ("crm.db", .database(crm)),
        ] + schemas + [(".gitignore", .text(gitignore))])

    /// What the engine makes is not for version control.
    static let gitignore = """
        .lockstep/

        """

    private static let configuration = """
        \(FileSchema.line(path: "\(schemaFolder)/\(FileSchema.projectFileName)"))
        project: sample                        # what Lockstep keeps equal; paths are relative to this file

        # Where records live. Passwords never stand here: password: {env: NAME}, {file: path} or {command: …}
        stores:
          shop: {url: "sqlite:shop.db"}
          crm: {url: "sqlite:crm.db"}          # or: "postgresql://user@host:5432/database"

        # Which stores are joined, and by which maps.
        links:
          shop-crm: {between: [shop, crm], maps: mappings/*.yaml, run: by hand}

        """

    private static let map = """
        \(mapSchemaLine)
        map: customers                                 # which records belong together, and which fields
        version: 1.0.0
        between: {shop: customers, crm: contacts}      # store: entity
        key:                                           # unique on both sides
          - {shop: account, crm: number}
        direction: both                                # both | shop-to-crm | crm-to-shop
        fields:
          - {shop: name, crm: full_name}
          - {shop: email, crm: mail}
          - {shop: city, crm: town}
          - {shop: status, crm: blocked, values: {active: 0, blocked: 1}, unmapped: park}
        # Both sides changed the same field: the later one wins, and the other is kept (`lockstep conflicts --all`).
        conflicts: {overlap: "newest(modified_at, modified_on)", delete: update-wins}
        # Stop and ask when a run would delete more than this share.
        deletes: {propagate: true, guard: 20%}

        """

    private static let shop = """
        PRAGMA journal_mode = wal;
        CREATE TABLE customers (
            account TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            email TEXT,
            city TEXT,
            status TEXT NOT NULL DEFAULT 'active',
            modified_at DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S', 'now'))
        );
        INSERT INTO customers VALUES
            ('C-001', 'Ada Moreau', 'ada@example.com', 'Lyon', 'active', '2026-01-10 09:00:00'),
            ('C-002', 'Bjørn Dahl', 'bjorn@example.com', 'Bergen', 'active', '2026-01-11 10:30:00'),
            ('C-003', '陳美玲', 'meiling@example.com', '臺北', 'active', '2026-01-12 08:15:00'),
            ('C-004', 'Dita Novak', NULL, 'Brno', 'blocked', '2026-01-13 16:45:00'),
            ('C-005', 'Emeka Obi', 'emeka@example.com', 'Lagos', 'active', '2026-01-14 12:00:00');

        """

    /// One contact is equal, one differs, two are unknown to the shop.
    private static let crm = """
        PRAGMA journal_mode = wal;
        CREATE TABLE contacts (
            id INTEGER PRIMARY KEY,
            number TEXT NOT NULL UNIQUE,
            full_name TEXT NOT NULL,
            mail TEXT,
            town TEXT,
            blocked INTEGER NOT NULL DEFAULT 0,
            modified_on DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S', 'now'))
        );
        INSERT INTO contacts (number, full_name, mail, town, blocked, modified_on) VALUES
            ('C-001', 'Ada Moreau', 'ada@example.com', 'Lyon', 0, '2026-01-10 09:00:00'),
            ('C-002', 'Bjørn Dahl', 'bjorn@example.com', 'Oslo', 0, '2026-02-01 09:00:00'),
            ('C-006', 'Farah Aziz', 'farah@example.com', 'Amman', 0, '2026-01-20 11:00:00'),
            ('C-007', 'Goran Ilić', 'goran@example.com', 'Novi Sad', 1, '2026-01-21 15:30:00');

        """
}
