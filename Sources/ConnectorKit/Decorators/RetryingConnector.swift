public import LockstepModel

/// How often, and after which waits, a call is repeated.
public struct RetryPolicy: Sendable, Hashable {
    /// Calls in all, the first included.
    public var attempts: Int
    /// The wait before the second call; each further wait is twice as long.
    public var firstWait: Duration
    /// No wait is longer.
    public var longestWait: Duration

    public init(attempts: Int, firstWait: Duration, longestWait: Duration) {
        self.attempts = attempts
        self.firstWait = firstWait
        self.longestWait = longestWait
    }

    /// 6 calls over about 6 seconds: longer than a failover of a pooled connection or a lock of another program, and
    /// short enough that a person who waits learns that the store is down.
    public static let standard = RetryPolicy(attempts: 6, firstWait: .milliseconds(200), longestWait: .seconds(5))

    /// The wait after the given number of calls.
    public func wait(after calls: Int) -> Duration {
        var wait = firstWait
        for _ in 1..<max(1, calls) where wait < longestWait { wait *= 2 }
        return min(wait, longestWait)
    }
}

/// Repeats what is safe to repeat when a store is unreachable or busy, around any connector.
///
/// Repeated are calls that open something or that ask, and those that give the same result when done twice (installing
/// and removing capture, releasing, forgetting checkpoints). What is open is never repeated: a broken snapshot, reader or
/// transaction is gone, and only its owner knows where to begin anew.
public struct RetryingConnector: Connector {
    public let base: any Connector
    public let policy: RetryPolicy
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Parameter sleep: waits; `{ try await Task.sleep(for: $0) }` where the program is put together.
    public init(
        _ base: any Connector, policy: RetryPolicy = .standard,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.base = base
        self.policy = policy
        self.sleep = sleep
    }

    public var capabilities: Capabilities { base.capabilities }

    public func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] {
        try await retrying { try await base.checkAccess(request) }
    }

    public func describe(_ request: DescribeRequest) async throws -> StoreDescription {
        try await retrying { try await base.describe(request) }
    }

    public func identity() async throws -> StoreIdentity? {
        try await retrying { try await base.identity() }
    }

    public func activityMark() async throws -> String? {
        try await retrying { try await base.activityMark() }
    }

    public func installCapture(_ request: CaptureRequest) async throws {
        try await retrying { try await base.installCapture(request) }
    }

    public func removeCapture() async throws {
        try await retrying { try await base.removeCapture() }
    }

    public func snapshot(_ request: SnapshotRequest) async throws -> any Snapshot {
        try await retrying { try await base.snapshot(request) }
    }

    public func changes(_ request: ChangesRequest) async throws -> any ChangeReader {
        try await retrying { try await base.changes(request) }
    }

    public func write(_ request: WriteSessionRequest) async throws -> any WriteSession {
        try await retrying { try await base.write(request) }
    }

    public func archive(_ request: ArchiveRequest) async throws -> any ArchiveSource {
        try await retrying { try await base.archive(request) }
    }

    public func restore(_ request: RestoreRequest) async throws -> any RestoreSession {
        try await retrying { try await base.restore(request) }
    }

    public func checkpoints() async throws -> [String: Position] {
        try await retrying { try await base.checkpoints() }
    }

    public func forgetCheckpoints(lanes: [String]) async throws {
        try await retrying { try await base.forgetCheckpoints(lanes: lanes) }
    }

    public func release(_ position: Position) async throws {
        try await retrying { try await base.release(position) }
    }

    public func query(_ request: QueryRequest) async throws -> any BatchReader {
        try await retrying { try await base.query(request) }
    }

    public func count(_ request: CountRequest) async throws -> Int64 {
        try await retrying { try await base.count(request) }
    }

    public func close() async { await base.close() }

    /// The last attempt's error is the caller's; so is the first that does not heal by itself.
    private func retrying<Result: Sendable>(_ call: @Sendable () async throws -> Result) async throws -> Result {
        for attempt in 1..<max(2, policy.attempts) where policy.attempts > 1 {
            do {
                return try await call()
            } catch let error as ConnectorError {
                switch error.disposition {
                case .halt, .resnapshot: throw error
                case .retry: try await sleep(policy.wait(after: attempt))
                }
            }
        }
        return try await call()
    }
}
