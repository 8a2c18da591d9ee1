public import LockstepMapping

/// What the records of a link's stores say about its maps.
public struct DataLintReport: Sendable, Hashable {
    public var findings: [DataFinding] = []
    public var coverage: [DataCoverage] = []

    public init() {}
}

/// Something that is wrong with records, as a map sees them.
public struct DataFinding: Sendable, Hashable {
    public var diagnostic: Diagnostic
    public var map: String
    /// How many records it is about.
    public var records: Int
    /// For values that no value map lists: which, the most frequent first. For the user's own eyes: never for logs.
    public var values: [CountedValue] = []
    /// How many further values there are; they are not kept.
    public var furtherValues = 0
}

/// A value and how many records have it.
public struct CountedValue: Sendable, Hashable, Codable {
    public var value: String
    public var records: Int
}

/// How far an entity was read for a map.
public struct DataCoverage: Sendable, Hashable, Codable {
    public var map: String
    public var store: String
    public var entity: String
    /// What was looked for: `values`, `keys` or `overlap`.
    public var purpose: String
    /// Records that were read.
    public var records: Int
    /// False where reading ended at the limit, so that there may be more.
    public var isWhole: Bool
}
