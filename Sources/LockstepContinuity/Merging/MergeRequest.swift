/// How to make a full snapshot of an increment.
public struct MergeRequest: Sendable {
    public var sealing: Sealing
    /// Nil where snapshots are not signed.
    public var signingKey: SigningKey?
    /// Checks what is in the repository already; nil where nothing is signed.
    public var check: RecordCheck?
    /// zstd's: 1 to 19.
    public var level: Int
    /// Where the project keeps what the next snapshot is compared with; nil where it keeps nothing.
    public var indexPath: String?
    /// The program and its version.
    public var writer: String
    /// Microseconds since 1970-01-01T00:00:00Z by this machine's clock.
    public var now: @Sendable () -> Int64
    public var fileStore: ExportRequest.FileStore
    public var progress: @Sendable (ContinuityProgress) -> Void

    public init(
        sealing: Sealing, signingKey: SigningKey?, check: RecordCheck?, level: Int, indexPath: String?, writer: String,
        now: @escaping @Sendable () -> Int64, fileStore: @escaping ExportRequest.FileStore,
        progress: @escaping @Sendable (ContinuityProgress) -> Void
    ) {
        self.sealing = sealing
        self.signingKey = signingKey
        self.check = check
        self.level = level
        self.indexPath = indexPath
        self.writer = writer
        self.now = now
        self.fileStore = fileStore
        self.progress = progress
    }
}
