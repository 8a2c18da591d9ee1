/// A rehearsed recovery, as a file of `drills/` describes it.
public struct DrillPlan: Sendable, Hashable {
    /// What is rehearsed. Each kind proves something, and leaves something unproved.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The snapshot is looked at, nothing is restored.
        case verify
        /// Restored to a scratch target and checked there.
        case restore
        /// The standby store of a link takes the writes.
        case failover
        /// It takes them, and gives them back.
        case failback
        /// Restored, failed over and failed back.
        case full
    }
    /// Which snapshot is taken. Those who run the drill had better not choose.
    public enum Selection: Sendable, Hashable {
        case latest
        /// The oldest one that is still kept.
        case oldest
        case random
        /// The newest whose cut is at or before a time: microseconds since 1970-01-01T00:00:00Z.
        case at(Int64)
        case id(String)
    }
    /// What becomes of the scratch stores.
    public enum Keeping: String, Sendable, Hashable, CaseIterable {
        case never
        /// They stay for looking at where the drill does not pass.
        case onFailure = "on-failure"
    }
    /// What goes on in the project's stores while the drill runs.
    public enum Production: String, Sendable, Hashable, CaseIterable {
        /// Nobody writes, so that whatever changes in them is the drill's doing.
        case quiet
        /// People work with them: a change proves nothing either way.
        case busy
    }

    public var name: Located<String>
    public var version: Int
    public var description: String?
    public var kind: Located<Kind>
    /// What is supposed to have happened.
    public var scenario: String?
    /// What success is, in words; written before the drill begins.
    public var criteria: String?
    public var selection: Located<Selection>
    /// Names of the project's stores; empty for all of the snapshot.
    public var stores: [Located<String>]
    /// Where a store is restored to that ``targets`` does not name.
    public var target: Target
    /// By store.
    public var targets: [String: Target]
    public var groups: [Group]
    /// The group at whose end the data counts as usable again: the recovery time ends there.
    public var usableAfter: String?
    public var objectives: Objectives
    /// By store.
    public var assets: [String: Asset]
    public var people: People
    /// Seconds after which the drill is due again; nil where it has no schedule.
    public var every: Int64?
    public var keeping: Keeping
    public var production: Production
    /// Those concerned were told beforehand.
    public var isAnnounced: Bool
    /// As messages name it.
    public var file: String
    /// The file's bytes: what a report's digest of the plan is of.
    public var source: [UInt8]

    /// Where a store is restored to.
    public enum Target: Sendable, Hashable {
        /// Of the store's own engine: a SQLite file, or a PostgreSQL cluster that lives as long as the drill.
        case temporary
        case temporarySQLite
        /// A PostgreSQL cluster of its own, on this machine.
        case temporaryCluster
        /// A database of a random name is made on this server, and dropped.
        case database(url: StoreURL, password: SecretReference?)
    }

    /// Steps that belong together, in order.
    public struct Group: Sendable, Hashable {
        public var name: Located<String>
        public var steps: [DrillStep]
    }

    /// Recovery time and recovery point, in seconds; nil where none is promised.
    public struct Objective: Sendable, Hashable, Codable {
        public var rto: Int64?
        public var rpo: Int64?

        public init(rto: Int64? = nil, rpo: Int64? = nil) {
            self.rto = rto
            self.rpo = rpo
        }

        public var isEmpty: Bool { rto == nil && rpo == nil }
    }

    /// What is promised of all the stores together, and of each.
    public struct Objectives: Sendable, Hashable {
        public var all: Objective
        public var stores: [String: Objective]

        public init(all: Objective = Objective(), stores: [String: Objective] = [:]) {
            self.all = all
            self.stores = stores
        }

        public var isEmpty: Bool { all.isEmpty && stores.values.allSatisfy(\.isEmpty) }
    }

    /// What a store is to the business.
    public struct Asset: Sendable, Hashable {
        public var process: String?
        public var role: String?
        public var tier: String?
        /// The longest outage that can be borne, in seconds (MTPD).
        public var tolerable: Int64?
    }

    /// Who answers for the drill.
    public struct People: Sendable, Hashable {
        public var director: String?
        public var operators: [String] = []
        public var observers: [String] = []
        public var approver: String?
    }

    /// All steps in order.
    public var steps: [DrillStep] { groups.flatMap(\.steps) }

    public func target(of store: String) -> Target { targets[store] ?? target }
}

/// What became of reading a plan: the plan where nothing is wrong, and everything that is.
public struct LoadedDrillPlan: Sendable {
    public var plan: DrillPlan?
    public var diagnostics: [Diagnostic]
}
