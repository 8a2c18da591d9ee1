public import LockstepMapping

/// A scratch store that is to be made.
public struct ScratchRequest: Sendable, Hashable {
    /// Every scratch store's name begins with this: nothing else is ever made or dropped by a drill.
    public static let prefix = "lockstep_drill_"

    /// The store of the snapshot.
    public var store: String
    public var target: DrillPlan.Target
    /// ``prefix`` and random letters and digits: fit for databases and files.
    public var name: String
    /// Which entities; nil for all.
    public var entities: [String]?

    public init(store: String, target: DrillPlan.Target, name: String, entities: [String]?) {
        self.store = store
        self.target = target
        self.name = name
        self.entities = entities
    }
}

/// Where a store is, as exactly as can be told: so that two names of one place are seen to be one.
public struct StorePlace: Sendable, Hashable, Codable {
    /// The project's store, or the scratch store's name.
    public var store: String
    /// ``Capabilities/storeKind``.
    public var engine: String
    /// Servers: every resolved address with its port (`127.0.0.1:5432`, a socket's path). Files: none.
    public var endpoints: [String]
    /// Servers: the database's name. Files: the path, links resolved.
    public var container: String
    /// What stays the same under another name: `device:inode`, a cluster's system identifier with the database's number.
    /// Empty where the place is not there yet, or cannot be asked.
    public var identities: [String]

    public init(store: String, engine: String, endpoints: [String], container: String, identities: [String]) {
        self.store = store
        self.engine = engine
        self.endpoints = endpoints
        self.container = container
        self.identities = identities
    }
}

/// Something of a store that is another as soon as anybody writes to it.
public struct StoreMark: Sendable, Hashable {
    public var store: String
    /// Nil where there is none.
    public var mark: String?
    /// Why there is none.
    public var reason: String?

    public init(store: String, mark: String?, reason: String? = nil) {
        self.store = store
        self.mark = mark
        self.reason = reason
    }
}

/// A restored store that belongs to the drill.
public struct ScratchStore: Sendable, Hashable {
    public var request: ScratchRequest
    public var place: StorePlace
    public var engine: String
    public var engineVersion: String
    /// For commands of the plan; holds no secret.
    public var url: String
    public var rows: Int64
    public var bytes: Int64
    /// By ``DrillWorld/elapsed()``.
    public var firstByte: Duration?
    public var dataLoaded: Duration?
    /// Indexes and constraints are made, everything is visible.
    public var finished: Duration
    /// What was not brought over as it was.
    public var notes: [String]

    public init(
        request: ScratchRequest, place: StorePlace, engine: String, engineVersion: String, url: String, rows: Int64,
        bytes: Int64, firstByte: Duration?, dataLoaded: Duration?, finished: Duration, notes: [String] = []
    ) {
        self.request = request
        self.place = place
        self.engine = engine
        self.engineVersion = engineVersion
        self.url = url
        self.rows = rows
        self.bytes = bytes
        self.firstByte = firstByte
        self.dataLoaded = dataLoaded
        self.finished = finished
        self.notes = notes
    }
}

/// Rows of a query as text; nil for null.
public struct QueryRows: Sendable, Hashable {
    public var columns: [String]
    public var rows: [[String?]]

    public init(columns: [String], rows: [[String?]]) {
        self.columns = columns
        self.rows = rows
    }
}
