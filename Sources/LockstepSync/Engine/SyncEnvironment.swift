/// What the engine is given from outside.
public struct SyncEnvironment: Sendable {
    /// The time as ISO 8601 in UTC, for records and history; nothing is decided by it.
    public var now: @Sendable () -> String
    /// Called often, from the engine's task.
    public var progress: @Sendable (SyncProgress) -> Void
    /// Waits before a failed step is tried again.
    public var sleep: @Sendable (Duration) async throws -> Void

    public init(
        now: @escaping @Sendable () -> String, progress: @escaping @Sendable (SyncProgress) -> Void = { _ in },
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.progress = progress
        self.sleep = sleep
    }
}

/// Where a sync stands.
public struct SyncProgress: Sendable, Hashable {
    public enum Phase: String, Sendable, Hashable {
        case copying
        case comparing
        case following
        /// A plan looks at all records of a map.
        case checking
        /// A store cannot be used for the moment; it is tried again.
        case waiting
    }
    public var phase: Phase
    /// The map, the store that changes come from, or what is waited for.
    public var subject: String
    /// Records or changes so far.
    public var done: Int
    /// How many there will be, where the stores have an estimate.
    public var expected: Int?

    public init(phase: Phase, subject: String, done: Int, expected: Int?) {
        self.phase = phase
        self.subject = subject
        self.done = done
        self.expected = expected
    }
}
