/// One run of a job, for history and status.
public struct RunRecord: Sendable, Hashable {
    public var id: Int64
    /// `sync`, `plan`, …
    public var job: String
    public var link: String
    /// ISO 8601, UTC.
    public var startedAt: String
    /// Empty while it runs, or when it was killed.
    public var finishedAt: String
    /// `done`, `partial`, `failed`, `interrupted`; empty while it runs, or when it was killed.
    public var outcome: String
    /// One line for people; no field values.
    public var summary: String
}
