/// The snapshot that a drill restores, and what is known of it.
public struct DrillSnapshot: Sendable, Hashable, Codable {
    public var id: String
    /// The repository's own identifier, and where it is.
    public var repository: String
    public var address: String
    /// Hexadecimal SHA-256 of the snapshot's record, and of its manifest.
    public var recordSha256: String
    public var manifestSha256: String
    /// The snapshots that are restored one over the other, the full first, this one last.
    public var chain: [String]
    /// `SHA256:…`; nil where it is not signed.
    public var signer: String?
    /// The age recipients that it is sealed for.
    public var recipients: [String]
    /// Microseconds since 1970-01-01T00:00:00Z: the latest of the stores' cuts.
    public var cutTime: Int64
    public var cuts: [Cut]
    /// Which of several copies was used: `primary`, `second copy`.
    public var copy: String?
    /// Until when the storage lets nobody delete its objects; nil where there is no lock, or the storage does not say.
    public var lockedUntil: Int64?
    /// The newest snapshot that there was, as the id and the time of its cut: what a real loss would have gone back to.
    public var newest: Newest?
    /// How chance chose it, so that the choice can be made again: `seed 81923, number 3 of 7`.
    public var choice: String?

    public struct Newest: Sendable, Hashable, Codable {
        public var id: String
        public var cutTime: Int64

        public init(id: String, cutTime: Int64) {
            self.id = id
            self.cutTime = cutTime
        }
    }

    /// Where a store stood.
    public struct Cut: Sendable, Hashable, Codable {
        public var store: String
        public var engine: String
        public var engineVersion: String?
        public var position: String?
        /// Microseconds since 1970-01-01T00:00:00Z: every transaction committed until then is in the snapshot.
        public var time: Int64

        public init(store: String, engine: String, engineVersion: String? = nil, position: String?, time: Int64) {
            self.store = store
            self.engine = engine
            self.engineVersion = engineVersion
            self.position = position
            self.time = time
        }
    }

    public init(
        id: String, repository: String, address: String, recordSha256: String, manifestSha256: String,
        chain: [String], signer: String?, recipients: [String], cutTime: Int64, cuts: [Cut], copy: String? = nil,
        lockedUntil: Int64? = nil, newest: Newest? = nil, choice: String? = nil
    ) {
        self.id = id
        self.repository = repository
        self.address = address
        self.recordSha256 = recordSha256
        self.manifestSha256 = manifestSha256
        self.chain = chain
        self.signer = signer
        self.recipients = recipients
        self.cutTime = cutTime
        self.cuts = cuts
        self.copy = copy
        self.lockedUntil = lockedUntil
        self.newest = newest
        self.choice = choice
    }

    public func cut(of store: String) -> Cut? { cuts.first { $0.store == store } }
}

/// Something that was looked at in the repository.
public struct ArchiveProof: Sendable, Hashable {
    public enum Subject: String, Sendable, Hashable, CaseIterable {
        /// Objects are there, with their lengths and digests.
        case digests
        case signature
        /// From the full to this snapshot, and from each snapshot to the one before it, nothing is missing or replaced.
        case chain
    }
    public enum Result: Sendable, Hashable {
        case holds
        /// What is wrong, and in which object.
        case broken(String)
        /// Why it could not be looked at.
        case notLooked(String)
    }
    public var subject: Subject
    /// What was counted or compared: "41 of 41 objects", "SHA256:…".
    public var expected: String
    public var actual: String
    public var result: Result

    public init(_ subject: Subject, expected: String, actual: String, result: Result) {
        self.subject = subject
        self.expected = expected
        self.actual = actual
        self.result = result
    }
}
