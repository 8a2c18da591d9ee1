/// What a sync did, or what a plan says that it would do.
public struct SyncReport: Sendable, Hashable, Codable {
    public var link: String
    public var maps: [MapReport]
    /// Rounds until both sides were quiet.
    public var rounds: Int
    /// What a plan is known by, in plans only: 64 hexadecimal digits over all maps' digests.
    public var digest: String?

    public init(link: String, maps: [MapReport], rounds: Int = 0) {
        self.link = link
        self.maps = maps
        self.rounds = rounds
    }

    public var openConflicts: Int { maps.reduce(0) { $0 + $1.openConflicts } }
    public var parked: Int { maps.reduce(0) { $0 + $1.parked } }
    public var hasFailures: Bool { maps.contains { $0.state == "failed" } }
    public var changes: Int { maps.reduce(0) { $0 + $1.toLeft.total + $1.toRight.total } }
}

/// What was, or would be, written on one side.
public struct WriteCounts: Sendable, Hashable, Codable {
    public var inserts = 0
    public var updates = 0
    public var deletes = 0

    public init() {}

    public var total: Int { inserts + updates + deletes }
}

/// One map's part of a report.
public struct MapReport: Sendable, Hashable, Codable {
    public var map: String
    public var leftEntity: String
    public var rightEntity: String
    /// The map's state at the end, as ``MapState`` names it.
    public var state: String
    public var reason: String
    public var toLeft = WriteCounts()
    public var toRight = WriteCounts()
    /// Records found equal by the comparison of a first copy.
    public var equal = 0
    /// Conflicts that a rule decided in this run, and those that wait for a person, of any run.
    public var decidedConflicts = 0
    public var openConflicts = 0
    /// Records parked at the end.
    public var parked = 0
    /// Examples, in plans only.
    public var samples: [PlanSample] = []
    /// What else a plan found out, in plans only.
    public var plan: MapPlan?

    public init(map: String, leftEntity: String, rightEntity: String) {
        self.map = map
        self.leftEntity = leftEntity
        self.rightEntity = rightEntity
        state = "stopped"
        reason = ""
    }
}

/// One example of what a sync would do.
public struct PlanSample: Sendable, Hashable, Codable {
    /// `insert`, `update`, `delete`, `conflict`, `collision`, `park`.
    public var action: String
    /// The store that would be written; of conflicts and parked records the store that the change comes from.
    public var store: String
    public var key: String
    /// What would change: `field: old -> new`.
    public var details: [String]
    /// The same field by field: as it is and as it would be; of conflicts the left and the right side's values.
    public var fields: [PlanField]
    /// Conflicts: the store that wins, `nobody` where a person decides. Collisions: the key of the other record. Parked
    /// records: the code.
    public var note: String

    public init(
        action: String, store: String, key: String, details: [String], fields: [PlanField] = [], note: String = ""
    ) {
        self.action = action
        self.store = store
        self.key = key
        self.details = details
        self.fields = fields
        self.note = note
    }
}
