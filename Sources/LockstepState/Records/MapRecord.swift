public import LockstepModel

/// What the engine remembers of one map of one link. Sides are numbered 0 and 1, in the order of the map's `between`.
public struct MapRecord: Sendable, Hashable {
    public var link: String
    public var map: String
    public var state: MapState
    /// Why it is in this state, for people; empty when there is nothing to say.
    public var reason: String
    /// Of the compiled map that ran last.
    public var fingerprint: String
    /// The positions of the snapshots that the first copy was made from, by side.
    public var floors: [Position?]
    /// The positions from which the map's changes wait while it is held (paused or failed) or catches up alone, by the
    /// side that the changes come from; nil while it goes along with its link.
    public var heldFrom: [Position?]

    public init(link: String, map: String) {
        self.link = link
        self.map = map
        state = .stopped
        reason = ""
        fingerprint = ""
        floors = [nil, nil]
        heldFrom = [nil, nil]
    }
}

/// One move of a map from a state to another.
public struct MapTransition: Sendable, Hashable {
    public var map: String
    public var from: MapState
    public var to: MapState
    /// Who moved it: a person's name, or `engine`.
    public var actor: String
    public var reason: String
    /// ISO 8601, UTC.
    public var time: String
}
