public import ConnectorKit

/// What to back up, and how it is kept.
public struct BackupRequest: Sendable {
    /// A store, and how to reach it.
    public struct Store: Sendable {
        public var name: String
        public var connector: any Connector

        public init(name: String, connector: any Connector) {
            self.name = name
            self.connector = connector
        }
    }
    public var stores: [Store]
    /// The project's state database, which belongs to the cut; nil where there is none yet.
    public var statePath: String?
    public var sealing: Sealing
    /// Nil where snapshots are not signed.
    public var signingKey: SigningKey?
    /// Checks what is in the repository already; nil where nothing is signed.
    public var check: RecordCheck?
    /// zstd's: 1 to 19.
    public var level: Int
    public var label: String?
    /// The project's name, by which its snapshots are told from those of others.
    public var project: String?
    /// It keeps what a restore in place is about to replace.
    public var isSafety = false
    /// Where the project keeps what the next snapshot is compared with; nil where every snapshot is a full one.
    public var indexPath: String?
    /// Takes a full one, whatever it could be compared with.
    public var isFull = false
    /// Takes none at all where nothing changed since the one that it would be made on: ``NothingChanged`` is thrown then.
    public var skipsUnchanged = false
    /// The program and its version.
    public var writer: String
    /// Microseconds since 1970-01-01T00:00:00Z by this machine's clock.
    public var now: @Sendable () -> Int64
    public var progress: @Sendable (ContinuityProgress) -> Void

    public init(
        stores: [Store], statePath: String?, sealing: Sealing, signingKey: SigningKey?, check: RecordCheck?,
        level: Int, label: String?, indexPath: String? = nil, isFull: Bool = false, writer: String,
        now: @escaping @Sendable () -> Int64,
        progress: @escaping @Sendable (ContinuityProgress) -> Void
    ) {
        self.stores = stores
        self.statePath = statePath
        self.sealing = sealing
        self.signingKey = signingKey
        self.check = check
        self.level = level
        self.label = label
        self.indexPath = indexPath
        self.isFull = isFull
        self.writer = writer
        self.now = now
        self.progress = progress
    }
}

/// The stores are as they were at the snapshot before.
public struct NothingChanged: Error, Sendable, Hashable {
    /// The snapshot that they are equal to.
    public var since: String
}
