/// One thing that was looked at.
public struct DrillCheck: Sendable, Hashable, Codable {
    /// The rungs of the ladder, lowest first.
    public enum Level: String, Sendable, Hashable, Codable, CaseIterable {
        case isolation
        /// Objects of the repository, their lengths and digests.
        case digests
        case signature
        case chain
        case restore
        /// The engine's own check of itself.
        case engine
        case schema
        /// Row counts and row-set hashes.
        case rows
        case sequences
        /// The plan's assertions, commands and questions.
        case application
        case sync
        case failover
        case cleanup
    }
    public enum Result: String, Sendable, Hashable, Codable {
        case pass, fail
        /// It was not looked at. Never counts as passed.
        case skipped
    }

    /// `rows.orders/customers`: level, store, and what else tells it from others.
    public var id: String
    public var level: Level
    public var name: String
    public var store: String?
    public var expected: String?
    public var actual: String?
    public var result: Result
    /// Why it failed or was skipped.
    public var reason: String?
    /// Where it is skipped, the drill as a whole proves nothing.
    public var required: Bool
    public var seconds: Double

    public init(
        id: String, level: Level, name: String, store: String? = nil, expected: String? = nil, actual: String? = nil,
        result: Result, reason: String? = nil, required: Bool = true, seconds: Double = 0
    ) {
        self.id = id
        self.level = level
        self.name = name
        self.store = store
        self.expected = expected
        self.actual = actual
        self.result = result
        self.reason = reason
        self.required = required
        self.seconds = seconds
    }
}
