import ConnectorKit
import LockstepModel

/// Fills a database from an archive: nobody sees anything of it, under its name, before it is finished.
actor PostgreSQLRestoreSession: RestoreSession {
    static let doing = "restoring the store"
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let target: RestoreRequest.Target
    private var database: RestoreDatabase
    private var wire: Wire { database.wire }
    private var schema: ArchivedSchema?
    private var isOwn = true
    private var wanted: [ArchivedTable] = []
    private var suffix = ""
    /// Tables that rows were written to since the last commit, and those of them that are whole.
    private var begun: Set<String> = []
    private var whole: Set<String> = []
    /// A second connection to copy through, where the rows of a table need not be one transaction.
    private let lane: CopyLane?
    /// Live tables that take the archive's rows when all of them are there.
    private var replacements: [TableReplacement] = []
    private var isFinished = false

    private init(_ database: RestoreDatabase, _ lane: CopyLane?, target: RestoreRequest.Target) {
        thread = database.wire.thread
        self.lane = lane
        self.database = database
        self.target = target
    }

    static func open(_ settings: ConnectionSettings, _ request: RestoreRequest) async throws -> PostgreSQLRestoreSession
    {
        let database = try await RestoreDatabase.open(settings, request)
        try await ThreadRunner(database.wire.thread).run {
            try ConnectorError.translating(doing) {
                try database.begin()
                if request.target == .empty, !database.isHidden {
                    try RestoreDatabase.requireEmpty(
                        database.wire, database.name ?? "", hint: "restore into a database that does not exist yet")
                }
            }
        }
        let lane = database.isHidden ? try await database.lane() : nil
        return PostgreSQLRestoreSession(database, lane, target: request.target)
    }

    var kept: Set<String> { database.kept ?? [] }

    func prepare(_ schema: ArchivedSchema, tables: [String]?) throws -> [RestoreNote] {
        self.schema = schema
        isOwn = schema.engine == "PostgreSQL"
        wanted = schema.tables.filter { tables?.contains($0.name) ?? (isOwn || !$0.isEngineOwned) }
        if case .beside(let suffix) = target { self.suffix = suffix }
        if let kept = database.kept {
            let unfinished = wanted.filter { !kept.contains($0.name) }.map { definition($0).sqlName }
            try ConnectorError.translating(Self.doing) { try database.empty(unfinished) }
            return database.notes
        }
        return try ConnectorError.translating(Self.doing) {
            let notes = database.notes + (try makeTables(schema))
            try database.keepTables(notes)
            return notes
        }
    }

    private func makeTables(_ schema: ArchivedSchema) throws -> [RestoreNote] {
        if usesScripts {
            let notes = try run(schema.before)
            let others = schema.tables.filter { table in !wanted.contains { $0.name == table.name } }
            for table in others { try wire.execute("drop table if exists \(table.sqlName) cascade") }
            return notes
        }
        if case .replacing(let keepsOthers) = target { return try prepareReplacing(keepsOthers: keepsOthers) }
        for table in wanted where suffix.isEmpty || !table.isEngineOwned {
            try wire.execute(definition(table).create())
        }
        return try lost(schema)
    }

    /// Tables that are not there are made, the others have their differences written when all rows are known.
    private func prepareReplacing(keepsOthers: Bool) throws -> [RestoreNote] {
        let all = wanted
        wanted = []
        for table in all {
            if try wire.query("select to_regclass($1) is null", [table.sqlName]).flag(0, 0) {
                try wire.execute(definition(table).create())
                wanted.append(table)
            } else {
                replacements.append(
                    try TableReplacement(table, keepsOthers: keepsOthers, number: replacements.count, on: wire))
            }
        }
        return []
    }

    /// The archive's own SQL makes all of the store, and parts of it by leaving out the rest.
    private var usesScripts: Bool { isOwn && target == .empty }
    private var isWhole: Bool { wanted.count == schema?.tables.count }

    private func lost(_ schema: ArchivedSchema) throws -> [RestoreNote] {
        ["VIEW", "TRIGGER", "FUNCTION", "INDEX"].compactMap { word in
            let count = (schema.before + "\n" + schema.after).split(separator: "\n").count {
                $0.uppercased().hasPrefix("CREATE \(word)") || $0.uppercased().hasPrefix("CREATE UNIQUE \(word)")
            }
            return count == 0 ? nil : RestoreNote(message: "\(count) × CREATE \(word) was left out")
        }
    }

    private func definition(_ table: ArchivedTable) -> TableDefinition {
        TableDefinition(table: table, isOwn: isOwn, suffix: suffix)
    }

    func adopt(imageAt path: String, of schema: ArchivedSchema) throws { throw Self.hasNoImage }

    func removal(
        from table: String, where isTaken: @escaping @Sendable (_ key: UnsafeRawBufferPointer) throws -> Bool
    ) throws -> any RowTextReader { throw Self.hasNoImage }

    private static let hasNoImage = ConnectorError(
        .unsupported, doing: doing, message: "a PostgreSQL database has no image", hint: "restore its rows")

    func writer(for table: String) throws -> any RowTextWriter {
        let replacement = replacements.first { $0.table.name == table }
        guard let archived = replacement?.table ?? wanted.first(where: { $0.name == table }) else {
            throw ConnectorError(
                .schema, doing: Self.doing, entity: table, message: "the table is not restored", hint: "")
        }
        let fields = TableDefinition.list(archived.entity.fields.map(\.name))
        return CopyTextWriter(
            session: self, lane: lane, table: table,
            sql: "copy \(replacement?.temporary ?? definition(archived).sqlName) \(fields) from stdin")
    }

    fileprivate func copy(_ rows: RowText, table: String, sql: String) throws -> Int64 {
        begun.insert(table)
        return try ConnectorError.translating(Self.doing, entity: table) { try wire.copy(rows, sql) }
    }

    /// What is kept is committed, so only when no other table has a part of its rows.
    func keep(_ table: String) async throws {
        whole.insert(table)
        guard begun.isSubset(of: whole) else { return }
        // First the rows, then the word that they are there.
        try await lane?.commit()
        try ConnectorError.translating(Self.doing, entity: table) { try database.keep(whole) }
        (begun, whole) = ([], [])
    }

    func finish(_ sequences: [SequenceValue]) async throws -> [RestoreNote] {
        let notes = try complete(sequences)
        // Nobody may be connected to a database that is renamed.
        await lane?.close()
        database = try await database.publish()
        isFinished = true
        return notes
    }

    private func complete(_ sequences: [SequenceValue]) throws -> [RestoreNote] {
        try ConnectorError.translating(Self.doing) {
            var notes: [RestoreNote] = []
            if usesScripts {
                for sequence in sequences {
                    try wire.query(
                        """
                        select pg_catalog.setval(to_regclass($1::text), $2::int8, $3::bool)
                        where to_regclass($1::text) is not null
                        """, [sequence.sqlName, String(sequence.last), sequence.isCalled ? "t" : "f"])
                }
                notes = try isWhole ? run(schema?.after ?? "") : runWhatFits(schema?.after ?? "")
            } else if isReplacing {
                try TableReplacement.apply(replacements, on: wire)
                try raise(sequences)
                notes = try addKeysAndReferences()
            } else if suffix.isEmpty {
                notes = try addKeysAndReferences()
            }
            try database.commit()
            return notes
        }
    }

    private var isReplacing: Bool { if case .replacing = target { true } else { false } }

    /// Live sequences never go back: what they gave out may be in use elsewhere.
    private func raise(_ sequences: [SequenceValue]) throws {
        for sequence in sequences where sequence.isCalled {
            try wire.query(
                """
                select pg_catalog.setval(s.seqrelid::regclass, $2::int8) from pg_catalog.pg_sequence s
                where s.seqrelid = to_regclass($1::text) and coalesce(pg_catalog.pg_sequence_last_value(seqrelid), 0) < $2::int8
                """, [sequence.sqlName, String(sequence.last)])
        }
    }

    private func addKeysAndReferences() throws -> [RestoreNote] {
        var notes: [RestoreNote] = []
        for table in wanted {
            for key in table.entity.keys where !key.isPrimary {
                let sql = "alter table \(definition(table).sqlName) add unique \(TableDefinition.list(key.fields))"
                if try !wire.attempt(sql) {
                    notes.append(RestoreNote(table: table.name, message: "the unique key \(key.name) was not made"))
                }
            }
        }
        for table in wanted {
            for reference in table.entity.references {
                guard let referred = wanted.first(where: { $0.name == reference.targetEntity }),
                    try wire.attempt(
                        "alter table \(definition(table).sqlName) add foreign key "
                            + "\(TableDefinition.list(reference.fields)) references \(definition(referred).sqlName) "
                            + TableDefinition.list(reference.targetFields))
                else {
                    notes.append(
                        RestoreNote(
                            table: table.name, message: "its reference to \(reference.targetEntity) was not made"))
                    continue
                }
            }
        }
        return notes
    }

    /// What says who may do what, or who owns it, may fail where roles differ; all else must succeed.
    private static let optional = [
        "GRANT", "REVOKE", "COMMENT ON EXTENSION", "ALTER DEFAULT", "CREATE PUBLICATION",
        "ALTER PUBLICATION", "CREATE EVENT TRIGGER", "SECURITY LABEL", "CREATE POLICY", "ALTER EVENT TRIGGER",
    ]

    private func run(_ script: String) throws -> [RestoreNote] {
        var notes: [RestoreNote] = []
        for statement in ScriptStatements.split(script) {
            let isOptional =
                Self.optional.contains { statement.hasPrefix($0) }
                || statement.hasPrefix("ALTER ") && statement.contains(" OWNER TO ")
            if !isOptional {
                if statement != "CREATE SCHEMA public" { try wire.execute(statement) }
            } else if try !wire.attempt(statement) {
                notes.append(RestoreNote(message: "left out, for this server refused it: \(statement.prefix(120))"))
            }
        }
        return notes
    }

    /// Of a part of a store, what concerns other parts is left out.
    private func runWhatFits(_ script: String) throws -> [RestoreNote] {
        var count = 0
        for statement in ScriptStatements.split(script) where try !wire.attempt(statement) { count += 1 }
        let message = "\(count) statements of the schema were left out: they need entities that were not restored"
        return count == 0 ? [] : [RestoreNote(message: message)]
    }

    func check() throws -> [String] {
        try ConnectorError.translating("checking the store") {
            try wire.query(
                """
                select conrelid::regclass || ': the constraint ' || conname || ' is not validated'
                from pg_catalog.pg_constraint where not convalidated order by 1
                """
            ).strings
                + wire.query(
                    """
                    select indexrelid::regclass || ': the index is not valid' from pg_catalog.pg_index
                    where not indisvalid order by 1
                    """
                ).strings
        }
    }

    func abandon() async -> String? {
        guard !isFinished else { return nil }
        isFinished = true
        await lane?.close()
        return await database.giveUp()
    }

    func close() async { _ = await abandon() }
}

/// Hands one table's blocks to its session, and to the second connection in turn.
private actor CopyTextWriter: RowTextWriter {
    private let session: PostgreSQLRestoreSession
    private let lane: CopyLane?
    private let table: String
    private let sql: String
    private var blocks = 0
    private var count: Int64 = 0

    init(session: PostgreSQLRestoreSession, lane: CopyLane?, table: String, sql: String) {
        self.session = session
        self.lane = lane
        self.table = table
        self.sql = sql
    }

    nonisolated var width: Int { lane == nil ? 1 : 2 }

    func write(_ rows: RowText) async throws {
        guard !rows.bytes.isEmpty else { return }
        blocks += 1
        // The session's own is the first: it knows then that the table has begun.
        if let lane, blocks.isMultiple(of: 2) {
            let taken = try await lane.copy(rows, table: table, sql: sql)
            count += taken
        } else {
            let taken = try await session.copy(rows, table: table, sql: sql)
            count += taken
        }
    }

    func finish() -> Int64 { count }
}
