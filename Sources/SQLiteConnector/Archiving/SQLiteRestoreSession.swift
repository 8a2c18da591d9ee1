internal import ConnectorKit
internal import Glibc
internal import LockstepModel
internal import SQLiteAccess

/// Fills a SQLite file from an archive. A file that did not exist is made in a folder beside its place and gets its name
/// when it is whole; in a file that does, everything happens in one transaction.
actor SQLiteRestoreSession: RestoreSession, StorePart {
    static let doing = "restoring the store"
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let file: StoreFile
    private let target: RestoreRequest.Target
    /// What is written: the store's own file, or the one that becomes it.
    private let path: String
    /// Where a new file is made.
    private let making: LockedFolder?
    private let wasThere: Bool
    private var database: SQLiteDatabase
    private var isOwnEngine = true
    private var schema: ArchivedSchema?
    private var suffix = ""
    /// By table: live tables that take the archive's rows when all of them are there.
    private var replacements: [String: TableReplacement] = [:]
    /// By table: rows that referred to nothing before.
    private var danglingBefore: [String: Int64] = [:]
    private var wasAdopted = false
    /// Only some of the tables are made, from their descriptions.
    private var isPart = false
    private static let partNote = RestoreNote(
        message: "only fields and keys were made of the entities: their indexes, checks, references, collations and "
            + "triggers, and the views, come with the whole store only")
    private var removals: [Int: RowRemoval] = [:]
    private var nextRemoval = 0
    private var isFinished = false
    private var isClosed = false

    init(file: StoreFile, request: RestoreRequest) throws(ConnectorError) {
        thread = DedicatedThread("sqlite.restore")
        self.file = file
        target = request.target
        if file.isReadOnly { throw StoreFile.readOnlyError(Self.doing) }
        wasThere = access(file.path, F_OK) == 0
        switch request.target {
        case .empty:
            try Self.requireEmpty(file)
            let making = try Self.makeFolder(for: file)
            self.making = making
            let path = making.file("store.db")
            self.path = path
            database = try reporting(Self.doing) { try SQLiteDatabase(path: path, mode: .create) }
        case .replacing, .beside:
            making = nil
            path = file.path
            database = try file.open(forWriting: true, doing: Self.doing)
        }
    }

    private static func makeFolder(for file: StoreFile) throws(ConnectorError) -> LockedFolder {
        let (folder, name) = place(of: file)
        do {
            return try LockedFolder(in: folder, name: "\(name).restoring-")
        } catch {
            throw failure(error.number)
        }
    }

    /// The folder that a file is in, and its name there.
    private static func place(of file: StoreFile) -> (folder: String, name: Substring) {
        guard let slash = file.path.lastIndex(of: "/") else { return (".", file.path[...]) }
        let folder = slash == file.path.startIndex ? "/" : String(file.path[..<slash])
        return (folder, file.path[file.path.index(after: slash)...])
    }

    /// A file that is not there, or a database without tables.
    private static func requireEmpty(_ file: StoreFile) throws(ConnectorError) {
        guard access(file.path, F_OK) == 0 else { return }
        let database = try file.open(forWriting: false, doing: doing)
        defer { database.close() }
        let count = try reporting(doing) { try database.integer("SELECT count(*) FROM sqlite_schema") ?? 0 }
        guard count == 0 else {
            throw ConnectorError(
                .readOnly, doing: doing, message: "the file is not empty: it has \(count) tables, indexes and the like",
                hint: "restore to a path where there is no file yet")
        }
    }

    func prepare(_ schema: ArchivedSchema, tables: [String]?) throws -> [RestoreNote] {
        self.schema = schema
        isOwnEngine = schema.engine == "SQLite"
        let wanted = schema.tables.filter { tables?.contains($0.name) ?? (isOwnEngine || !$0.isEngineOwned) }
        return try reporting(Self.doing) {
            switch target {
            case .empty:
                // Nobody looks at the file before it is whole, so it needs no journal until then.
                let size = isOwnEngine ? Int(schema.settings["page_size"] ?? "") ?? 4096 : 4096
                try database.execute(
                    "PRAGMA page_size = \(size); PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
                        + "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -65536; BEGIN")
                guard isOwnEngine, wanted.count == schema.tables.count else {
                    for table in wanted {
                        try database.execute(TableStatement.create(table, name: table.name, isOwn: isOwnEngine))
                    }
                    isPart = true
                    return isOwnEngine ? [Self.partNote] : Self.lost(schema, wanted)
                }
                try database.execute(schema.before)
            case .replacing(let keepsOthers):
                try database.execute("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")
                danglingBefore = try dangling()
                for table in wanted {
                    guard let live = try SchemaReader(database: database).anyTable(named: table.name) else {
                        try database.execute(TableStatement.create(table, name: table.name, isOwn: isOwnEngine))
                        continue
                    }
                    replacements[table.name] = try TableReplacement(
                        table, live: live, keepsOthers: keepsOthers, number: replacements.count, in: database)
                }
            case .beside(let suffix):
                self.suffix = suffix
                try database.execute("BEGIN IMMEDIATE")
                for table in wanted {
                    try database.execute(
                        TableStatement.create(table, name: table.name + suffix, isOwn: isOwnEngine))
                }
            }
            return []
        }
    }

    /// What the other engine's SQL says beyond tables and keys.
    private static func lost(_ schema: ArchivedSchema, _ tables: [ArchivedTable]) -> [RestoreNote] {
        var notes: [RestoreNote] = []
        for table in tables where !table.entity.references.isEmpty {
            notes.append(
                RestoreNote(
                    table: table.name, message: "its references were not made: SQLite takes them with a table only"))
        }
        for word in ["VIEW", "TRIGGER", "FUNCTION", "INDEX"] {
            let count = (schema.before + schema.after).split(separator: "\n").count {
                $0.hasPrefix("CREATE \(word)") || $0.hasPrefix("CREATE UNIQUE \(word)")
            }
            if count > 0 {
                notes.append(RestoreNote(message: "\(count) × CREATE \(word) of \(schema.engine) was left out"))
            }
        }
        return notes
    }

    func adopt(imageAt image: String, of schema: ArchivedSchema) throws {
        self.schema = schema
        try reporting(Self.doing) {
            try take(image)
            wasAdopted = true
            // Nobody looks at the file before it is whole, so it needs no journal until then.
            try database.execute(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; "
                    + "PRAGMA ignore_check_constraints = ON; PRAGMA cache_size = -65536")
            try database.disableTriggers()
            try database.execute("BEGIN")
        }
    }

    /// Lets the copy be the file that is made, where it is on the same file system; else copies it.
    private func take(_ image: String) throws {
        database.close()
        // As anybody's new database: whoever may read those may read this one.
        let new = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard new >= 0 else { throw Self.failure(errno) }
        var facts = stat()
        let isKnown = fstat(new, &facts) == 0
        Glibc.close(new)
        guard isKnown, unlink(path) == 0 else { throw Self.failure(errno) }
        let isLinked = link(image, path) == 0
        if isLinked, chmod(path, facts.st_mode & 0o777) != 0 { throw Self.failure(errno) }
        database = try SQLiteDatabase(path: path, mode: .create)
        if isLinked { return }
        let source = try SQLiteDatabase(path: image, mode: .readOnly)
        defer { source.close() }
        try database.copy(from: source)
    }

    func removal(
        from table: String, where isTaken: @escaping @Sendable (_ key: UnsafeRawBufferPointer) throws -> Bool
    ) async throws -> any RowTextReader {
        let number = try reporting(Self.doing, table) {
            guard let archived = schema?.table(table) else {
                throw ConnectorError(
                    .schema, doing: Self.doing, entity: table, message: "the copy has no such table", hint: "")
            }
            nextRemoval += 1
            removals[nextRemoval] = try RowRemoval(archived, in: database, where: isTaken)
            return nextRemoval
        }
        return RemovalReader(session: self, removal: number)
    }

    fileprivate func next(removal number: Int) throws -> RowText? {
        guard let removal = removals[number] else { return nil }
        let text = try reporting(Self.doing, removal.table) { try removal.next() }
        if text == nil { removals[number] = nil }
        return text
    }

    fileprivate func close(removal number: Int) { removals[number] = nil }

    func writer(for table: String) async throws -> any RowTextWriter {
        let insertion = try self.insertion(table)
        return TableWriter(session: self, insertion: insertion)
    }

    private func insertion(_ table: String) throws(ConnectorError) -> Insertion {
        try reporting(Self.doing, table) {
            guard let archived = schema?.table(table),
                let stored = try SchemaReader(database: database).anyTable(named: table + suffix)
            else {
                throw ConnectorError(
                    .schema, doing: Self.doing, entity: table, message: "the table was not prepared", hint: "")
            }
            let names = archived.entity.fields.map(\.name)
            let columns = try names.map { name in
                guard let column = stored.column(name) else {
                    throw ConnectorError(
                        .schema, doing: Self.doing, entity: table, message: "the store's table has no column `\(name)`",
                        hint: "restore it beside the live one: --to with another name")
                }
                return column
            }
            let places = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
            let target = replacements[table].map { "temp.\($0.temporary)" } ?? quoted(table + suffix)
            let sql = "INSERT INTO \(target) (\(names.map(quoted).joined(separator: ", "))) VALUES (\(places))"
            return Insertion(
                table: table, statement: try database.prepare(sql),
                cells: columns.map { StoredCellText($0, of: table) },
                isOwn: isOwnEngine)
        }
    }

    func write(_ rows: RowText, _ insertion: Insertion) throws {
        try reporting(Self.doing, insertion.table) {
            do {
                try insertion.insert(rows)
            } catch let malformed as RowTextFields.Malformed {
                throw ConnectorError(
                    .corrupt, doing: Self.doing, entity: insertion.table,
                    message: "row \(insertion.count + 1) of the archive cannot be read: \(malformed.reason)",
                    hint: "verify the snapshot")
            }
        }
    }

    func finish(_ sequences: [SequenceValue]) throws -> [RestoreNote] {
        try reporting(Self.doing) {
            if case .empty = target, isOwnEngine, !wasAdopted, let schema {
                if !isPart { try database.execute(schema.after) }
                for name in ["user_version", "application_id"] {
                    if let value = schema.settings[name].flatMap(Int.init) {
                        try database.execute("PRAGMA \(name) = \(value)")
                    }
                }
            }
            for replacement in replacements.values { try replacement.apply() }
            if !replacements.isEmpty { try rebuildTextIndexes() }
            try checkReferences()
            try raise(sequences)
            try database.execute("COMMIT")
            if case .empty = target { try publish() }
            isFinished = true
            return []
        }
    }

    /// Full-text indexes of other tables' rows are kept up by triggers, which do not run for what is restored
    /// (<https://www.sqlite.org/fts5.html#external_content_tables>).
    private func rebuildTextIndexes() throws {
        let rows = try database.query(
            """
            SELECT name, replace(sql, ' ', '') FROM sqlite_schema
            WHERE sql LIKE 'CREATE VIRTUAL TABLE%USING fts_(%content=%'
            """)
        for row in rows where !["content=\'\'", "content=\"\""].contains(where: row[1].textOrEmpty.contains) {
            let name = quoted(row[0].textOrEmpty)
            try database.execute("INSERT INTO \(name) (\(name)) VALUES ('rebuild')")
        }
    }

    private func dangling() throws -> [String: Int64] {
        let rows = try database.query("SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1")
        return Dictionary(rows.map { ($0[0].textOrEmpty, $0[1].integerOrZero) }) { first, _ in first }
    }

    /// What is live must not lose what it refers to.
    private func checkReferences() throws {
        guard !replacements.isEmpty else { return }
        for (table, count) in try dangling().sorted(by: { $0.key < $1.key })
        where count > danglingBefore[table, default: 0] {
            throw ConnectorError(
                .unsupported, doing: Self.doing, entity: table,
                message:
                    "\(count - danglingBefore[table, default: 0]) of its records would refer to records that are not there",
                hint:
                    "restore the entities that belong together (--entity for each), or beside the live ones (--beside)")
        }
    }

    private func raise(_ sequences: [SequenceValue]) throws {
        guard isOwnEngine, try database.value("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'") != nil
        else { return }
        for sequence in sequences {
            let name = Value.text(SQLName.plain(sequence.sqlName))
            if try database.query("SELECT 1 FROM sqlite_schema WHERE name = ?1", [name]).isEmpty { continue }
            try database.query(
                "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", [name, .int64(sequence.last)])
            try database.query(
                "INSERT INTO sqlite_sequence(name, seq) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
                [name, .int64(sequence.last)])
        }
    }

    /// Syncs the file and gives it its name, which nobody has seen before.
    private func publish() throws {
        let mode = isOwnEngine ? schema?.settings["journal_mode"] : "wal"
        try database.execute("PRAGMA synchronous = FULL; PRAGMA journal_mode = \(mode == "wal" ? "WAL" : "DELETE")")
        database.close()
        let (folder, _) = Self.place(of: file)
        try Self.sync(path)
        try name()
        try Self.sync(folder)
        making?.remove()
    }

    private static func sync(_ path: String) throws(ConnectorError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(errno) }
    }

    /// What somebody else put there meanwhile is not overwritten, wherever the file system can tell.
    private func name() throws(ConnectorError) {
        if !wasThere {
            if link(path, file.path) == 0 { return }
            guard errno != EEXIST else {
                throw ConnectorError(
                    .readOnly, doing: Self.doing, message: "the file was made by somebody else meanwhile",
                    hint: "restore to a path where there is no file yet")
            }
        }
        guard rename(path, file.path) == 0 else { throw Self.failure(errno) }
    }

    private static func failure(_ number: Int32) -> ConnectorError {
        let isFull = number == ENOSPC || number == EDQUOT || number == EFBIG
        return ConnectorError(
            isFull ? .full : .forbidden, doing: doing, message: String(cString: strerror(number)),
            hint: isFull
                ? "make room on the disk of the restored file, or restore to another one"
                : "is the folder there, and may this user write it?")
    }

    func check() throws -> [String] {
        let database = try file.open(forWriting: false, doing: "checking the restored store")
        defer { database.close() }
        return try reporting("checking the restored store") {
            var problems = try SchemaReader(database: database).texts("PRAGMA integrity_check").filter { $0 != "ok" }
            for row in try database.query(
                "SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1")
            {
                problems.append(
                    "\(row[1].integerOrZero) rows of \(row[0].textOrEmpty) refer to rows that are not there")
            }
            return problems
        }
    }

    @discardableResult
    func abandon() -> String? {
        guard !isFinished else { return nil }
        database.rollback()
        database.close()
        making?.remove()
        isFinished = true
        return nil
    }

    func close() async {
        guard !isClosed else { return }
        isClosed = true
        abandon()
        database.close()
    }
}

/// A table being filled. Used on the session's thread.
final class Insertion: @unchecked Sendable {
    let table: String
    private let statement: SQLiteStatement
    private let cells: [StoredCellText]
    private let isOwn: Bool
    private var fields = RowTextFields()
    private(set) var count: Int64 = 0

    init(table: String, statement: SQLiteStatement, cells: [StoredCellText], isOwn: Bool) {
        self.table = table
        self.statement = statement
        self.cells = cells
        self.isOwn = isOwn
    }

    func insert(_ rows: RowText) throws {
        try RowTextFields.forEachLine(rows) { line in
            let found = try fields.forEachField(line) { index, field in
                guard index < cells.count else { throw RowTextFields.Malformed(reason: "it has too many fields") }
                try cells[index].bind(field, isOwn: isOwn, to: statement, at: index + 1)
            }
            guard found == cells.count else { throw RowTextFields.Malformed(reason: "it has too few fields") }
            _ = try statement.step()
            statement.rewind()
            count += 1
        }
    }
}

/// Hands rows to the session, whose thread writes them.
private final class TableWriter: RowTextWriter {
    private let session: SQLiteRestoreSession
    private let insertion: Insertion

    init(session: SQLiteRestoreSession, insertion: Insertion) {
        self.session = session
        self.insertion = insertion
    }

    func write(_ rows: RowText) async throws { try await session.write(rows, insertion) }

    func finish() async throws -> Int64 { await session.count(of: insertion) }
}

/// Hands on what the session takes away.
private final class RemovalReader: RowTextReader {
    private let session: SQLiteRestoreSession
    private let removal: Int

    init(session: SQLiteRestoreSession, removal: Int) {
        self.session = session
        self.removal = removal
    }

    func next() async throws -> RowText? { try await session.next(removal: removal) }

    func close() async { await session.close(removal: removal) }
}

extension SQLiteRestoreSession {
    func count(of insertion: Insertion) -> Int64 { insertion.count }
}

/// Names as SQL spells them.
enum SQLName {
    /// Without its quotes.
    static func plain(_ name: String) -> String {
        guard name.count >= 2, name.hasPrefix("\""), name.hasSuffix("\"") else { return name }
        return String(name.dropFirst().dropLast()).replacing("\"\"", with: "\"")
    }
}
