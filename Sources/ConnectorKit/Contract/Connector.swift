public import LockstepModel

/// One store behind the contract that the whole engine is built on.
///
/// A connector is made for one store and used by one engine. The engine pulls; a connector never calls back. All
/// methods may be called at any time and from any task; what they return (snapshots, readers, sessions) is used by one
/// task at a time. Every error thrown is a ``ConnectorError``, whose code says what the engine may do about it.
/// Blocking C calls run on threads that the connector owns (``DedicatedThread``), never in Swift's cooperative pool.
public protocol Connector: Sendable {
    var capabilities: Capabilities { get }

    /// Whether the store is reachable and allows what the request asks for. No side effect.
    ///
    /// - Returns: everything that is wrong, each with its remedy; empty when all is well.
    /// - Throws: only where the store cannot be asked at all (down, wrong password).
    func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding]

    /// Entities, fields, types, keys and references as the store has them.
    func describe(_ request: DescribeRequest) async throws -> StoreDescription

    /// What tells this store from a copy or a replacement; nil before capture was ever installed.
    func identity() async throws -> StoreIdentity?

    /// Something that is another after anybody wrote to the store; it may also be another for no reason. Cheap, so that it
    /// can be asked every few seconds. Nil where the store cannot tell just now.
    func activityMark() async throws -> String?

    /// Makes the store keep the changes of these entities (and only these: entities left out stop being captured).
    /// Idempotent, and also the repair after a schema change.
    func installCapture(_ request: CaptureRequest) async throws

    /// Leaves the store as it was before ``installCapture(_:)``. Idempotent.
    func removeCapture() async throws

    /// Opens all of a store at one point in time, which is also a position that changes can be read from: no gap, no
    /// overlap. Writers are not blocked.
    func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot

    /// Whole committed transactions after a position, in commit order. The same question gives the same answer until
    /// what it asks about is released.
    ///
    /// - Throws: ``ConnectorError`` with code `historyLost` where the store no longer has what follows the position.
    func changes(_ request: ChangesRequest) async throws -> any ChangeReader

    /// Opens a session that writes. What it writes is marked as the engine's own and never comes back as a change.
    func write(_ request: WriteSessionRequest) async throws -> any WriteSession

    /// The checkpoints that write sessions stored in this store, by lane; empty before the first.
    func checkpoints() async throws -> [String: Position]

    /// Forgets checkpoints, so that their lanes start anew.
    func forgetCheckpoints(lanes: [String]) async throws

    /// The engine has durably used everything up to the position: the store may trim.
    func release(_ position: Position) async throws

    /// Reads current records.
    func query(_ request: QueryRequest) async throws -> any BatchReader

    /// How many records an entity has, filtered if asked.
    func count(_ request: CountRequest) async throws -> Int64

    /// Opens all of the store at one point in time, with its schema, for a backup.
    func archive(_ request: ArchiveRequest) async throws -> any ArchiveSource

    /// Opens the store to be filled from a backup.
    ///
    /// - Throws: ``ConnectorError``, where the store is not as the request wants it; nothing has then changed.
    func restore(_ request: RestoreRequest) async throws -> any RestoreSession

    /// Ends everything. Callable twice, never throws.
    func close() async
}

/// Facts about a kind of store that the engine decides by. Where the engine would need to know which kind of store it
/// talks to, a fact is missing here.
public struct Capabilities: Sendable, Hashable {
    /// The kind's name, for messages: `SQLite`, `PostgreSQL`.
    public var storeKind: String
    /// The SQL that predicates are passed on in; nil where filters cannot be pushed down.
    public var dialect: Dialect?
    /// One process at a time may write; a write session blocks others.
    public var hasSingleWriter: Bool

    public init(storeKind: String, dialect: Dialect?, hasSingleWriter: Bool) {
        self.storeKind = storeKind
        self.dialect = dialect
        self.hasSingleWriter = hasSingleWriter
    }
}

/// What tells a store from a copy of it or from another one in its place.
public struct StoreIdentity: Sendable, Hashable {
    /// A random identifier that ``Connector/installCapture(_:)`` left in the store, with what the server says of itself.
    public var text: String

    public init(text: String) { self.text = text }
}

/// What a link is about to do with a store.
public struct AccessRequest: Sendable, Hashable {
    public enum Purpose: Sendable, Hashable { case read, capture, write }
    public var entities: [String]
    public var purposes: Set<Purpose>

    public init(entities: [String], purposes: Set<Purpose>) {
        self.entities = entities
        self.purposes = purposes
    }
}

/// Something that stands in the way, and how to mend it.
public struct AccessFinding: Sendable, Hashable {
    public enum Severity: String, Sendable, Hashable { case error, warning }
    public var severity: Severity
    /// Stable: `LS-STORE-…`.
    public var code: String
    public var entity: String?
    public var message: String
    public var hint: String

    public init(severity: Severity, code: String, entity: String? = nil, message: String, hint: String) {
        self.severity = severity
        self.code = code
        self.entity = entity
        self.message = message
        self.hint = hint
    }
}

/// Which entities to describe; nil for all that people made.
public struct DescribeRequest: Sendable, Hashable {
    public var entities: [String]?

    public init(entities: [String]? = nil) { self.entities = entities }
}

/// Which entities to capture, with all their fields.
public struct CaptureRequest: Sendable, Hashable {
    public var entities: [String]

    public init(entities: [String]) { self.entities = entities }
}
