public import LockstepModel

/// What of a store to archive.
public struct ArchiveRequest: Sendable, Hashable {
    /// The changes after the cut will be archived, too: the cut needs a position. A store without capture then has none.
    public var wantsPosition: Bool

    public init(wantsPosition: Bool = true) { self.wantsPosition = wantsPosition }
}

/// A store at one point in time, with all that is needed to make it anew: every table (also those that no map names),
/// the schema, sequences, settings. Writers are not blocked. Its readers may be open side by side.
public protocol ArchiveSource: Sendable {
    var cut: ArchiveCut { get }
    var schema: ArchivedSchema { get }

    /// Pieces of a table, each some `bytes` of row text, that together are the whole table, none twice. An empty table
    /// is one piece.
    func pieces(of table: String, bytes: Int) async throws -> [ArchivePiece]

    /// Reads a piece in the store's fastest order.
    func rows(of table: String, piece: ArchivePiece) async throws -> any RowTextReader

    /// What the sequences have given out by now: read after the rows, for sequences stand outside of snapshots. To be
    /// raised to when restoring, never lowered.
    func sequences() async throws -> [SequenceValue]

    /// Writes the engine's own physical copy of this very point in time to a file that does not exist yet, while rows are
    /// read as well. The file is not synced. Only where ``ArchivedSchema/hasImage``.
    func writeImage(
        to path: String, progress: @escaping @Sendable (_ done: Int64, _ total: Int64) -> Void
    ) async throws

    /// What was read so far that rows alone do not bring back exactly; a physical copy does.
    func notes() async -> [RestoreNote]

    /// Callable twice, never throws.
    func close() async
}

/// Where in a store's history a snapshot of it stands.
public struct ArchiveCut: Sendable, Hashable, Codable {
    /// The ``Position/text`` that changes go on from; nil where capture is not installed.
    public var position: String?
    /// Which entities capture keeps the changes of; empty where it is not installed.
    public var captured: [String]
    /// The ``StoreIdentity/text``; nil where capture was never installed.
    public var identity: String?
    /// Microseconds since 1970-01-01T00:00:00Z by the store's clock (SQLite: this machine's).
    public var time: Int64

    public init(position: String?, captured: [String], identity: String?, time: Int64) {
        self.position = position
        self.captured = captured
        self.identity = identity
        self.time = time
    }
}

/// All that makes a store but its rows.
public struct ArchivedSchema: Sendable, Hashable, Codable {
    /// ``Capabilities/storeKind`` of the connector that wrote it.
    public var engine: String
    public var engineVersion: String
    /// Facts that decide whether rows and order mean the same elsewhere: encoding, collation, time zone, page size,
    /// `user_version`, extensions. Never a secret.
    public var settings: [String: String]
    /// The engine's SQL that makes types, tables without indexes, sequences: all that must be there before rows come.
    public var before: String
    /// The engine's SQL that makes indexes, keys, constraints, triggers, views: better made when the rows are there.
    public var after: String
    /// Every table that holds rows, in an order in which rows may be loaded.
    public var tables: [ArchivedTable]
    /// The engine can write a physical copy of itself.
    public var hasImage: Bool

    public init(
        engine: String, engineVersion: String, settings: [String: String], before: String, after: String,
        tables: [ArchivedTable], hasImage: Bool
    ) {
        self.engine = engine
        self.engineVersion = engineVersion
        self.settings = settings
        self.before = before
        self.after = after
        self.tables = tables
        self.hasImage = hasImage
    }

    public func table(_ name: String) -> ArchivedTable? { tables.first { $0.name == name } }
}

/// A table of an archived store.
public struct ArchivedTable: Sendable, Hashable, Codable {
    /// Name, fields in the order of the row text (generated ones are left out), keys and references.
    public var entity: EntityDescription
    /// The table's name as the engine's SQL spells it: quoted, with its schema where it is not the default one.
    public var sqlName: String
    /// The fields that tell its rows apart: the primary key, else a unique key without nulls; empty where there is none.
    public var key: [String]
    /// The table is Lockstep's own (`lockstep.…`, `_lockstep_…`): restored with the store, never into another kind.
    public var isEngineOwned: Bool

    public init(entity: EntityDescription, sqlName: String, key: [String], isEngineOwned: Bool) {
        self.entity = entity
        self.sqlName = sqlName
        self.key = key
        self.isEngineOwned = isEngineOwned
    }

    public var name: String { entity.name }
}

/// A part of a table; only the source that made it knows what it means. The same table without changes between has the
/// same pieces.
public struct ArchivePiece: Sendable, Hashable, Codable {
    /// Counted from 0.
    public var number: Int
    public var token: String

    public init(number: Int, token: String) {
        self.number = number
        self.token = token
    }
}

/// The value that a sequence (or an AUTOINCREMENT table) gave out last.
public struct SequenceValue: Sendable, Hashable, Codable {
    /// As the engine's SQL spells it.
    public var sqlName: String
    public var last: Int64
    /// False where `last` was set and not given out yet (PostgreSQL's `is_called`).
    public var isCalled: Bool

    public init(sqlName: String, last: Int64, isCalled: Bool = true) {
        self.sqlName = sqlName
        self.last = last
        self.isCalled = isCalled
    }
}

/// Rows as text: one line a row, ended by a line feed; fields between tabs; `\N` for null; a backslash before what
/// would be mistaken (`\\`, `\t`, `\n`, `\r`, `\b`, `\f`, `\v`). It is the text format of PostgreSQL's COPY
/// (<https://www.postgresql.org/docs/current/sql-copy.html>, "Text Format"), and fields are spelled as PostgreSQL spells
/// them: `t` and `f`, `2024-02-29 23:59:59.5`, `2024-02-29 22:59:59.5+00`, bytes as `\x` and hexadecimal digits (so
/// `\\x…` in the line), doubles in the shortest spelling that gives them back, `NaN`, `Infinity`, `-Infinity`.
public struct RowText: Sendable {
    /// Whole lines.
    public var bytes: [UInt8]
    public var rowCount: Int

    public init(bytes: [UInt8] = [], rowCount: Int = 0) {
        self.bytes = bytes
        self.rowCount = rowCount
    }
}

/// Blocks of rows as text, some 256 KiB each, until nil.
public protocol RowTextReader: Sendable {
    /// The next block, never empty; nil at the end.
    func next() async throws -> RowText?

    /// Ends the reading early. Callable twice, never throws.
    func close() async
}

/// What is to become of a store that an archive is restored into.
public struct RestoreRequest: Sendable, Hashable {
    public enum Target: Sendable, Hashable {
        /// The store is absent or empty, else the request is refused. Until ``RestoreSession/finish(_:)`` returns
        /// nobody else sees anything of it (or sees it marked as unfinished, where the engine cannot hide it).
        case empty
        /// The store is live: the tables that are restored become what the archive says, in one transaction. Only what
        /// differs is written, and capture tells of it as of anybody's changes. Tables that the archive does not know
        /// stay, and so do records that it does not know where `keepsOthers`.
        case replacing(keepsOthers: Bool)
        /// The store is live: each table is made beside the others under its name with the suffix, without references.
        case beside(suffix: String)
    }
    public var target: Target
    /// Names what is restored as no other restore does, for people up to the first space: with it an engine that can goes on
    /// where a restore of the same into ``Target/empty`` was interrupted. Nil: nothing is left by an interrupted one.
    public var mark: String?

    public init(target: Target, mark: String? = nil) {
        self.target = target
        self.mark = mark
    }
}

/// Fills a store from an archive. Used by one task; its writers may be used side by side.
public protocol RestoreSession: Sendable {
    /// Makes the tables: by the archive's own SQL where it came from the same engine, else from the descriptions.
    ///
    /// - Parameter tables: which to make; nil for all (of another engine: all that are not the engine's own).
    /// - Returns: what another engine cannot take over (a trigger, a check, a view), for people to read.
    func prepare(_ schema: ArchivedSchema, tables: [String]?) async throws -> [RestoreNote]

    /// The tables that an interrupted restore of the same left whole, after ``prepare(_:tables:)``.
    var kept: Set<String> { get async }

    /// The table has all its rows, and they were proved: an interrupted restore need not load it again.
    func keep(_ table: String) async throws

    /// Makes the whole store out of the engine's own physical copy, a file that may be taken over; instead of
    /// ``prepare(_:tables:)``. Only where ``ArchivedSchema/hasImage`` and the engine is the same. What came later than
    /// the copy is then laid over it: ``removal(from:where:)`` takes rows away, writers add them.
    func adopt(imageAt path: String, of schema: ArchivedSchema) async throws

    /// Takes rows out of a table of the adopted copy, before its writer is opened. Nothing is told of it: no trigger
    /// runs, no reference or check is looked at.
    ///
    /// - Parameter isTaken: whether the row goes, told from its ``ArchivedTable/key`` as row text: fields with tabs
    ///   between, without a line feed; nothing where the table has no key. Called on a thread of the session.
    /// - Returns: reads the rows that were there, each taken away when it was read.
    func removal(
        from table: String, where isTaken: @escaping @Sendable (_ key: UnsafeRawBufferPointer) throws -> Bool
    ) async throws -> any RowTextReader

    /// Opens a table for rows. All rows of a table come through one writer.
    func writer(for table: String) async throws -> any RowTextWriter

    /// Makes indexes, constraints, triggers and views, sets sequences, and lets everybody see it.
    func finish(_ sequences: [SequenceValue]) async throws -> [RestoreNote]

    /// The store's own look at itself (`integrity_check`, `foreign_key_check`, constraints validated): what is wrong,
    /// empty where all is well. After ``finish(_:)``.
    func check() async throws -> [String]

    /// Takes everything back: nothing that looks restored is left. Never throws; nothing after ``finish(_:)``.
    ///
    /// - Returns: what is left for the same restore to go on with, for people to read; nil where nothing is.
    @discardableResult
    func abandon() async -> String?

    /// Callable twice, never throws.
    func close() async
}

/// Something that was not brought over as it was.
public struct RestoreNote: Sendable, Hashable, Codable {
    public var table: String?
    public var message: String

    public init(table: String? = nil, message: String) {
        self.table = table
        self.message = message
    }
}

/// Takes the rows of one table.
public protocol RowTextWriter: Sendable {
    /// So many writes may be under way at once.
    var width: Int { get }

    /// - Throws: ``ConnectorError``, also where a row is no row of the table; nothing of the session is visible then.
    func write(_ rows: RowText) async throws

    /// - Returns: how many rows the table took.
    func finish() async throws -> Int64
}

extension RowTextWriter {
    public var width: Int { 1 }
}

extension RestoreSession {
    /// For engines that begin anew.
    public var kept: Set<String> { [] }

    public func keep(_ table: String) async throws {}
}

extension Connector {
    /// Stores that cannot tell need not say so.
    public func activityMark() async throws -> String? { nil }

    /// Stores that cannot be archived need not say so.
    public func archive(_ request: ArchiveRequest) async throws -> any ArchiveSource {
        throw notArchived("opening the store for a backup")
    }

    /// Stores that cannot be restored into need not say so.
    public func restore(_ request: RestoreRequest) async throws -> any RestoreSession {
        throw notArchived("opening the store for a restore")
    }

    private func notArchived(_ doing: String) -> ConnectorError {
        ConnectorError(
            .unsupported, doing: doing, message: "\(capabilities.storeKind) stores cannot be backed up or restored",
            hint: "back the service up with its own means")
    }
}
