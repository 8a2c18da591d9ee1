/// What a plan found out about one map, beside what it would write.
public struct MapPlan: Sendable, Hashable, Codable {
    /// 64 hexadecimal digits over everything that the map would write, park and ask: the same world, the same digest.
    public var digest = ""
    /// The map would stop itself; the report's reason says why.
    public var wouldStop = false
    /// Records of either side that were looked at, and those outside the map's filter; nil where nobody had to look.
    public var survey: PlanSurveyCounts?
    /// Conflicts that rules would decide, by rule and winner; most frequent first.
    public var decided: [PlanDecision] = []
    /// Records that would be parked, by reason; most frequent first.
    public var parked: [PlanParking] = []
    /// Records that cannot have the unique values they should, by unique key.
    public var collisions: [PlanCollision] = []
    /// Values that value maps do not list, by field.
    public var unmapped: [PlanUnmapped] = []
    /// What each match rule found.
    public var duplicates: [PlanDuplicates] = []

    public init() {}

    /// Records that cannot have the unique values they should.
    public var collidingRecords: Int { collisions.reduce(0) { $0 + $1.records } }
    /// Records that would stand beside what is probably the same thing under another key.
    public var doubledRecords: Int { duplicates.map(\.doubledRecords).max() ?? 0 }
    /// Groups of probable duplicates within one side, of the rule that found most.
    public var duplicateGroups: Int { duplicates.map { $0.left.groups + $0.right.groups }.max() ?? 0 }
    /// Records with a value that a value map does not list.
    public var unmappedRecords: Int { unmapped.reduce(0) { $0 + $1.records } }
}

/// Records looked at and left out, by side.
public struct PlanSurveyCounts: Sendable, Hashable, Codable {
    public var leftRecords = 0
    public var rightRecords = 0
    public var leftOutside = 0
    public var rightOutside = 0

    public init() {}
}

/// Conflicts that one rule would decide for one side.
public struct PlanDecision: Sendable, Hashable, Codable {
    /// `newest`, `owner`, a store's name, `direction`, `update-wins` …
    public var rule: String
    /// The store whose values would count.
    public var winner: String
    public var conflicts: Int
}

/// Records that would be parked for one reason.
public struct PlanParking: Sendable, Hashable, Codable {
    public var code: String
    /// The field or constraint that it is about; may be empty.
    public var field: String
    /// The store that the records come from.
    public var source: String
    public var message: String
    public var records: Int
}

/// Records that would break one unique key of a store.
public struct PlanCollision: Sendable, Hashable, Codable {
    /// The store whose key it is.
    public var store: String
    public var key: String
    public var fields: [String]
    public var records: Int
    /// Those of them that clash with another record of the same plan, not with one that the store has already.
    public var amongThemselves: Int
}

/// Values of one field that its value map does not list.
public struct PlanUnmapped: Sendable, Hashable, Codable {
    public struct Value: Sendable, Hashable, Codable {
        public var value: String
        public var records: Int
    }
    public var store: String
    public var field: String
    /// What becomes of such records: `park`, `null` or `pass`.
    public var policy: String
    public var records: Int
    /// Most frequent first, a bounded number.
    public var values: [Value]
    /// Records whose value is not among `values`.
    public var otherRecords: Int
}

/// What one match rule found.
public struct PlanDuplicates: Sendable, Hashable, Codable {
    /// Probable duplicates within one store.
    public struct Within: Sendable, Hashable, Codable {
        public var groups = 0
        /// Records in these groups.
        public var records = 0
    }
    /// Records that are probably one thing.
    public struct Group: Sendable, Hashable, Codable {
        /// How near the texts are, 0…1; 1 where they are equal under the rule.
        public var score: Double
        /// All records of the group; `members` is a bounded number of them.
        public var records: Int
        public var members: [Member]
    }
    public struct Member: Sendable, Hashable, Codable {
        public var store: String
        public var key: String
        /// The values of the rule's fields.
        public var values: [String]
        /// Whether the other store has a record of the same key.
        public var hasCounterpart: Bool
    }
    /// `exact`, `normalised` or `similar`.
    public var rule: String
    /// By side, in pairs.
    public var leftFields: [String]
    public var rightFields: [String]
    public var left = Within()
    public var right = Within()
    /// Groups with records of both stores under different keys, of which at least one has no counterpart by key.
    public var acrossGroups = 0
    /// Records without a counterpart in these groups: each would be created beside what is probably the same thing.
    public var doubledRecords = 0
    /// Those across both stores first, then the largest.
    public var samples: [Group] = []
    /// How near texts were found, and what was not compared; empty where nothing was left out.
    public var method = ""
}

/// A field of an example, as it is and as it would be, or as both sides have it.
public struct PlanField: Sendable, Hashable, Codable {
    public var field: String
    /// Nil where there is no value.
    public var first: String?
    public var second: String?

    public init(field: String, first: String?, second: String?) {
        self.field = field
        self.first = first
        self.second = second
    }
}
