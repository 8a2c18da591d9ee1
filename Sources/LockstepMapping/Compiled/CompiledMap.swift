public import LockstepModel

/// One of the two stores that a map joins, in the order of the map's `between`.
public enum Side: Int, Sendable, Hashable, CaseIterable {
    case left = 0
    case right = 1

    public var opposite: Side { self == .left ? .right : .left }
}

/// Which ways a map, or one of its fields, goes.
public enum Direction: Sendable, Hashable {
    case both
    /// From this side to the opposite one.
    case from(Side)

    public func includes(from side: Side) -> Bool { self == .both || self == .from(side) }
}

/// Who wins where both sides changed the same field.
public enum OverlapRule: Sendable, Hashable {
    case side(Side)
    /// The record with the later value in its own field wins; a tie goes to the left side.
    case newest(left: String, right: String)
    /// Nobody until a person decides: both sides keep what they have.
    case manual
}

/// Who wins where one side deleted a record that the other changed.
public enum DeleteRule: Sendable, Hashable {
    case updateWins
    case deleteWins
    case manual
}

/// What happens on the other side to a record that leaves the filter.
public enum LeaveRule: Sendable, Hashable {
    /// It stays, and is followed no longer.
    case unlink
    case delete
    /// It stays, and is followed on.
    case keep
}

/// A map that was checked against both schemas and can run.
public struct CompiledMap: Sendable {
    public let name: String
    /// Store names, by ``Side``.
    public let stores: [String]
    /// Entity names, by ``Side``.
    public let entities: [String]
    public let direction: Direction
    public let overlapRule: OverlapRule
    public let deleteRule: DeleteRule
    public let propagatesDeletes: Bool
    /// The share of an entity (0…1) above which deletes stop the map; nil where there is no guard.
    public let deleteGuard: Double?
    public let leaveRule: LeaveRule
    /// Changes with the map's meaning, not with its comments or order of lines.
    public let fingerprint: String
    /// What goes from a side to its opposite, by ``Side``; nil where nothing does.
    public let plans: [DirectionPlan?]
    /// By ``Side``: the paths among the fields that plans read and write there.
    public let paths: [[FieldPath]]
    /// By ``Side``: fields that are written there in a second pass, because the map says so. What the references between
    /// all maps of a link ask for is found by the engine.
    public let deferredFields: [[String]]
    /// How plans find probable duplicates.
    public var matchRules: [MatchRule] = []
    /// The zone in which `newest` reads times without zone, where it compares them with points in time.
    var stampZone: LocalZone?

    public init(
        name: String, stores: [String], entities: [String], direction: Direction, overlapRule: OverlapRule,
        deleteRule: DeleteRule, propagatesDeletes: Bool, deleteGuard: Double?, leaveRule: LeaveRule,
        fingerprint: String, plans: [DirectionPlan?], paths: [[FieldPath]] = [[], []],
        deferredFields: [[String]] = [[], []]
    ) {
        self.name = name
        self.stores = stores
        self.entities = entities
        self.direction = direction
        self.overlapRule = overlapRule
        self.deleteRule = deleteRule
        self.propagatesDeletes = propagatesDeletes
        self.deleteGuard = deleteGuard
        self.leaveRule = leaveRule
        self.fingerprint = fingerprint
        self.plans = plans
        self.paths = paths
        self.deferredFields = deferredFields
    }

    public func plan(from side: Side) -> DirectionPlan? { plans[side.rawValue] }
}

/// A field that a direction writes on its target.
public struct TargetField: Sendable, Hashable {
    /// Who is right where both sides changed the field, before the map's rule is asked.
    public enum Authority: Sendable, Hashable {
        /// The map's rule decides.
        case rule
        /// The source always wins: the field goes one way only, or the source owns it.
        case source
        /// The target always wins an overlap: it owns the field.
        case target
    }
    public var name: String
    /// Which pair of the map the field belongs to: the same number in both directions' plans.
    public var pair: Int
    public var authority: Authority

    public init(name: String, pair: Int, authority: Authority) {
        self.name = name
        self.pair = pair
        self.authority = authority
    }
}
