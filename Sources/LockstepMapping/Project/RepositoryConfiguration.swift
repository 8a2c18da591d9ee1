/// Where backups of a project go, for whom they are sealed, and how long they stay: `repository:` in `lockstep.yaml`.
public struct RepositoryConfiguration: Sendable, Hashable {
    public enum Place: Sendable, Hashable {
        /// The absolute path of a folder.
        case folder(String)
        case bucket(String, prefix: String)
    }
    public var place: Place
    /// As the file has it.
    public var url: Located<String>
    /// Further settings of a bucket: `endpoint`, `region`, `lockDays`.
    public var options: [String: String]
    public var accessKey: SecretReference?
    public var secretKey: SecretReference?
    /// age recipients; empty only where ``isEncrypted`` is false.
    public var recipients: [Located<String>]
    /// False where the file says `encryption: none`.
    public var isEncrypted: Bool
    /// An OpenSSH Ed25519 private key; nil where snapshots are not signed.
    public var signingKey: SecretReference?
    /// The absolute path of an OpenSSH allowed_signers file; nil to trust the signing key's own public half.
    public var trustedSigners: String?
    /// How many of each to keep; nil to keep everything.
    public var keep: KeepCounts?
    /// How long what is pruned can still be brought back, in seconds.
    public var graceSeconds: Int
    /// The stores that a backup is of; nil for all.
    public var stores: [String]?
    /// zstd's: 1 to 19.
    public var compressionLevel: Int
    public var location: SourceLocation

    public static let standardGraceSeconds = 24 * 60 * 60
    /// Rows become as small by level 1 as by level 3, files by five hundredths less small, in half the time.
    public static let standardCompressionLevel = 1
}

/// Grandfather, father, son: how many of the newest snapshots of each kind stay.
public struct KeepCounts: Sendable, Hashable {
    public var last = 0
    public var hourly = 0
    public var daily = 0
    public var weekly = 0
    public var monthly = 0
    public var yearly = 0
    /// Everything younger than this stays, in seconds; nil for none.
    public var withinSeconds: Int?

    public init() {}
}
