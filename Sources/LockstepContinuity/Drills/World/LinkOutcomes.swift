public import LockstepMapping

/// What comparing the two scratch stores of a link found.
public struct Reconciliation: Sendable, Hashable {
    public var equal: Int64
    /// Records that are on both sides and differ.
    public var different: Int64
    public var onlyFirst: Int64
    public var onlySecond: Int64
    /// Some of them: map and key, never a field's value.
    public var samples: [String]

    public init(equal: Int64, different: Int64, onlyFirst: Int64, onlySecond: Int64, samples: [String] = []) {
        self.equal = equal
        self.different = different
        self.onlyFirst = onlyFirst
        self.onlySecond = onlySecond
        self.samples = samples
    }

    public var isEqual: Bool { different == 0 && onlyFirst == 0 && onlySecond == 0 }
}

/// How the sync of a link went on from the cut.
public struct ResumedSync: Sendable, Hashable {
    /// Every map went on from a position of the cut; none had to begin anew.
    public var resumed: Bool
    /// Why not.
    public var reason: String?
    /// Why both sides had to be compared anew although the cut is whole: what follows the cut is in a server's own log,
    /// which no backup holds. Nil where it went on from the positions of the cut.
    public var comparedAnew: String?
    /// Records written by the first run, and by the second, which finds nothing to do where the link has come to rest.
    public var firstWrites: Int64
    public var secondWrites: Int64
    public var parked: Int64
    public var conflicts: Int64

    public init(
        resumed: Bool, reason: String? = nil, firstWrites: Int64, secondWrites: Int64, parked: Int64, conflicts: Int64
    ) {
        self.resumed = resumed
        self.reason = reason
        self.firstWrites = firstWrites
        self.secondWrites = secondWrites
        self.parked = parked
        self.conflicts = conflicts
    }
}

/// Which store of a link is to take the writes.
public struct SwitchRequest: Sendable, Hashable {
    public enum Direction: String, Sendable, Hashable { case failover, failback }
    public var direction: Direction
    public var link: String
    /// The store that takes the writes from now on; nil to give them back to where they were.
    public var store: String?
    public var ground: DrillStep.Ground
    /// By store; empty on live ground.
    public var scratch: [String: ScratchStore]

    public init(
        direction: Direction, link: String, store: String?, ground: DrillStep.Ground, scratch: [String: ScratchStore]
    ) {
        self.direction = direction
        self.link = link
        self.store = store
        self.ground = ground
        self.scratch = scratch
    }
}

/// What became of it.
public struct SwitchOutcome: Sendable, Hashable {
    /// The store that takes the writes now.
    public var primary: String
    /// A write to the other store was tried, and refused; nil where it was not tried.
    public var isFenced: Bool?
    /// A write to the new primary was tried, and went through; nil where it was not tried.
    public var takesWrites: Bool?
    /// Records that were committed before and are on neither side now; nil where it was not compared.
    public var lost: Int64?
    /// Records that are there more than once; nil where it was not compared.
    public var doubled: Int64?
    /// Changes that were on their way and were applied before the switch.
    public var drained: Int64
    /// What was done, for the log.
    public var notes: [String]
    /// What a real switch would not bring along: findings.
    public var limits: [String]

    public init(
        primary: String, isFenced: Bool?, takesWrites: Bool?, lost: Int64?, doubled: Int64?, drained: Int64,
        notes: [String] = [], limits: [String] = []
    ) {
        self.primary = primary
        self.isFenced = isFenced
        self.takesWrites = takesWrites
        self.lost = lost
        self.doubled = doubled
        self.drained = drained
        self.notes = notes
        self.limits = limits
    }
}

/// A question to a person.
public struct DrillQuestion: Sendable, Hashable {
    public var text: String
    /// Who should answer.
    public var person: String?
    public var timeoutSeconds: Int64

    public init(text: String, person: String?, timeoutSeconds: Int64) {
        self.text = text
        self.person = person
        self.timeoutSeconds = timeoutSeconds
    }
}

/// What a person said.
public enum DrillAnswer: Sendable, Hashable {
    /// Who it was, as the system knows them.
    case yes(by: String, note: String?)
    case no(by: String, note: String?)
    case timedOut
    /// Nobody is there to be asked.
    case unattended
}
