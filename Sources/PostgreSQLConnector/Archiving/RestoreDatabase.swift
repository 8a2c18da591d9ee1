import ConnectorKit

/// The database that a restore fills. One that is there already is filled in one transaction. One that is not, where the
/// restore may go on after an interruption, is made under another name, keeps each table as soon as it is whole, and gets
/// its own name at the end: nobody takes it for restored before.
struct RestoreDatabase {
    /// What the other name ends with.
    static let ending = ".restoring"
    /// PostgreSQL cuts longer names off (NAMEDATALEN).
    private static let longestName = 63
    private static let duplicateDatabase = "42P04"
    private static let lockNumber = 7_813_578
    private static let schema = SQLText.identifier("lockstep.restoring")

    let settings: ConnectionSettings
    /// Where it is filled now: its own name or the other one.
    let name: String?
    let isHidden: Bool
    let wire: Wire
    /// What an interrupted restore left whole; nil where this one begins.
    private(set) var kept: Set<String>?
    private(set) var notes: [RestoreNote] = []

    static func open(_ settings: ConnectionSettings, _ request: RestoreRequest) async throws -> RestoreDatabase {
        do {
            let wire = try await Wire.open(settings)
            return RestoreDatabase(settings: settings, name: settings.databaseName, isHidden: false, wire: wire)
        } catch let error as ConnectorError where error.code == .absent {
            guard request.target == .empty, let name = settings.databaseName else { throw error }
            if let mark = request.mark, name.utf8.count + ending.utf8.count <= longestName {
                return try await hidden(settings, as: name + ending, mark)
            }
            try await make(name, settings)
            return RestoreDatabase(
                settings: settings, name: name, isHidden: false, wire: try await Wire.open(settings))
        }
    }

    /// Another connection to where it is filled.
    func lane() async throws -> CopyLane {
        var other = settings
        other.database = name
        return CopyLane(try await Wire.open(other))
    }

    // MARK: Under another name

    private static func hidden(
        _ settings: ConnectionSettings, as name: String, _ mark: String
    ) async throws -> RestoreDatabase {
        var gone: String?
        for _ in 0..<2 {
            var database = try await opened(settings, as: name)
            guard let found = try await database.take(mark) else {
                if let gone { database.notes = [RestoreNote(message: "an unfinished restore of \(gone) was given up")] }
                return database
            }
            let other = try await maintenance(settings)
            database.wire.close()
            try await run(other) { _ = try $0.execute("drop database \(SQLText.identifier(name))") }
            gone = found
        }
        throw ConnectorError(
            .inUse, doing: PostgreSQLRestoreSession.doing, message: "another restore begins in \(name)",
            hint: "let it end, then try again")
    }

    private static func opened(_ settings: ConnectionSettings, as name: String) async throws -> RestoreDatabase {
        var other = settings
        other.database = name
        let wire: Wire
        do { wire = try await Wire.open(other) } catch let error as ConnectorError where error.code == .absent {
            try await make(name, settings)
            wire = try await Wire.open(other)
        }
        return RestoreDatabase(settings: settings, name: name, isHidden: true, wire: wire)
    }

    private static func make(_ name: String, _ settings: ConnectionSettings) async throws {
        try await run(try await maintenance(settings)) {
            do {
                _ = try $0.execute("create database \(SQLText.identifier(name)) template template0 encoding 'UTF8'")
            } catch let error as ServerError where error.state == Self.duplicateDatabase {
                // Somebody made it just now: whether it can be filled is asked next.
            }
        }
    }

    private static func maintenance(_ settings: ConnectionSettings) async throws -> Wire {
        var other = settings
        other.database = "postgres"
        return try await Wire.open(other)
    }

    private static func run<Result: Sendable>(
        _ wire: Wire, _ body: @escaping @Sendable (Wire) throws -> Result
    ) async throws -> Result {
        try await ThreadRunner(wire.thread).run {
            try ConnectorError.translating(PostgreSQLRestoreSession.doing) { try body(wire) }
        }
    }

    /// Begins the first transaction.
    ///
    /// - Returns: what was restored there, where that is something else.
    private mutating func take(_ mark: String) async throws -> String? {
        try await lock()
        let name = name ?? ""
        let found = try await Self.run(wire) { wire -> (mark: String, kept: Set<String>, notes: [String])? in
            // What was kept is safe when the last transaction is: that one is synced, and all before it with it.
            try wire.execute("set synchronous_commit = off")
            guard try wire.query("select to_regclass($1) is null", [Self.schema + ".mark"]).flag(0, 0) == false else {
                try Self.requireEmpty(wire, name, hint: "rename it, if it is the one you wait for, or drop it")
                try wire.execute(
                    """
                    begin; create schema \(Self.schema); create table \(Self.schema).mark(mark text);
                    create table \(Self.schema).kept(entity text primary key);
                    create table \(Self.schema).notes(message text)
                    """)
                try wire.query("insert into \(Self.schema).mark values ($1)", [mark])
                return nil
            }
            return (
                try wire.query("select mark from \(Self.schema).mark").strings.first ?? "",
                Set(try wire.query("select entity from \(Self.schema).kept").strings),
                try wire.query("select message from \(Self.schema).notes").strings
            )
        }
        guard let found else { return nil }
        guard found.mark == mark else { return found.mark.split(separator: " ").first.map(String.init) ?? "" }
        kept = found.kept
        notes = found.notes.map { RestoreNote(message: $0) }
        return nil
    }

    /// The server may notice only some seconds later that a killed restore is gone.
    private func lock() async throws {
        for _ in 0..<10 {
            let isTaken = try await Self.run(wire) {
                try $0.query("select pg_catalog.pg_try_advisory_lock(\(Self.lockNumber))").flag(0, 0)
            }
            if isTaken { return }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw ConnectorError(
            .inUse, doing: PostgreSQLRestoreSession.doing, message: "another restore fills \(name ?? "") right now",
            hint: "let it end")
    }

    // MARK: Steps, on the connection's thread

    /// Begins the transaction that everything up to the next step is in.
    func begin() throws {
        if wire.isIdle { try wire.execute("set statement_timeout = 0; begin") }
    }

    /// All tables are made: an interrupted restore goes on from here.
    mutating func keepTables(_ notes: [RestoreNote]) throws {
        guard isHidden else { return }
        for note in notes { try wire.query("insert into \(Self.schema).notes values ($1)", [note.message]) }
        try wire.execute("commit")
        kept = []
        try begin()
    }

    /// Takes rows away that were written and not kept: with several connections, some may have been committed.
    func empty(_ tables: [String]) throws {
        guard !tables.isEmpty else { return }
        try wire.execute("truncate \(tables.joined(separator: ", ")); commit")
        try begin()
    }

    /// Tables are whole and proved.
    mutating func keep(_ entities: Set<String>) throws {
        guard isHidden else { return }
        for entity in entities { try wire.query("insert into \(Self.schema).kept values ($1)", [entity]) }
        try wire.execute("commit")
        kept?.formUnion(entities)
        try begin()
    }

    /// Everything is there.
    func commit() throws {
        _ = try wire.attempt("analyze")
        if isHidden { try wire.execute("drop schema \(Self.schema) cascade; set local synchronous_commit = on") }
        try wire.execute("commit")
    }

    /// - Throws: `readOnly` where somebody's tables are there.
    static func requireEmpty(_ wire: Wire, _ name: String, hint: String) throws {
        let count =
            try wire.query(
                """
                select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
                    and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and not exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
                """
            ).integer(0, 0) ?? 0
        guard count == 0 else {
            throw ConnectorError(
                .readOnly, doing: PostgreSQLRestoreSession.doing,
                message: "the database \(name) is not empty: it has \(count) tables, views and sequences", hint: hint)
        }
    }

    // MARK: The end

    /// Gives it its own name.
    func publish() async throws -> RestoreDatabase {
        guard isHidden, let name, let own = settings.databaseName else { return self }
        let other = try await Self.maintenance(settings)
        // Nobody may be connected to a database that is renamed.
        wire.close()
        try await Self.run(other) {
            do {
                _ = try $0.execute("alter database \(SQLText.identifier(name)) rename to \(SQLText.identifier(own))")
            } catch let error as ServerError where error.state == Self.duplicateDatabase {
                throw ConnectorError(
                    .readOnly, doing: PostgreSQLRestoreSession.doing,
                    message: "a database \(own) was made by somebody else meanwhile",
                    hint: "what was restored is whole, in \(name): rename it, or drop it")
            }
        }
        return RestoreDatabase(settings: settings, name: own, isHidden: false, wire: try await Wire.open(settings))
    }

    /// Takes everything back but what the same restore can go on from.
    ///
    /// - Returns: what is left, for people; nil where nothing is.
    func giveUp() async -> String? {
        try? await Self.run(wire) { _ = try $0.execute("rollback") }
        guard isHidden, let name else { return nil }
        wire.close()
        if let kept, !kept.isEmpty {
            return "\(kept.count) entities are whole in the database \(name): the same command goes on with them, "
                + "and dropping the database gives them up"
        }
        do {
            let other = try await Self.maintenance(settings)
            try await Self.run(other) { _ = try $0.execute("drop database \(SQLText.identifier(name))") }
        } catch {
            // The server is away; it is used, or removed, by the next restore to this place.
        }
        return nil
    }
}
