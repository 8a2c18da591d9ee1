/// What everybody may know of a snapshot, also those who hold no key: enough to check that all of it is there, to prune
/// and to copy. Written last, as canonical JSON, under the snapshot's own name, only if that name is free: the snapshot
/// exists from then on, whole.
public struct SnapshotRecord: Sendable, Hashable, Codable {
    public static let currentFormat = "lockstep.snapshot/1"

    public enum Kind: String, Sendable, Hashable, Codable {
        /// Stands alone.
        case full
        /// What changed since ``SnapshotRecord/base``.
        case increment
    }

    public var format: String
    /// The repository's own identifier: a record of another repository is no record of this one.
    public var repository: String
    /// `20260131T235959Z-0123456789ab`: the cut's time and 48 random bits; also the object's name.
    public var id: String
    public var kind: Kind
    /// The increment's base: the id, and the SHA-256 of its record's bytes in hexadecimal. Nil for fulls.
    public var base: SnapshotReference?
    /// The newest snapshot that the writer saw in the repository: the chain by which a removed or replaced one shows.
    public var previous: SnapshotReference?
    /// The snapshots that this one was merged of, the oldest first; empty where the stores themselves were read.
    public var madeFrom: [String]
    /// The last of these, which holds the same at the same cut: a synthetic full may take its place as the base of
    /// increments. Nil where the stores themselves were read.
    public var standsFor: SnapshotReference?
    /// Microseconds since 1970-01-01T00:00:00Z: the latest of the stores' cuts.
    public var cutTime: Int64
    /// When the writer began and ended by its own clock, and how far that was from the repository's, in microseconds.
    public var begun: Int64
    public var ended: Int64
    public var clockOffset: Int64
    public var stores: [StoreCut]
    public var manifest: ObjectReference
    public var parts: [ObjectReference]
    /// The age recipients that it is sealed for; empty where it is not encrypted.
    public var recipients: [String]
    /// `SHA256:…` of the key that signs; nil where it is not signed.
    public var signer: String?
    /// The program that wrote it, with its version.
    public var writer: String
    /// What the person said it is for.
    public var label: String?
    /// The project that took it, by its name. Stores of other projects may have the same names.
    public var project: String?
    /// It keeps what a restore in place was about to replace: no backup that anybody meant by `latest`. Nil for no.
    public var isSafety: Bool?

    /// A store of the snapshot. Names and positions are no secrets; everything else is in the manifest.
    public struct StoreCut: Sendable, Hashable, Codable {
        public var name: String
        public var engine: String
        public var position: String?
        public var identity: String?
        /// Microseconds since 1970-01-01T00:00:00Z.
        public var time: Int64

        public init(name: String, engine: String, position: String?, identity: String?, time: Int64) {
            self.name = name
            self.engine = engine
            self.position = position
            self.identity = identity
            self.time = time
        }
    }

    public init(
        repository: String, id: String, kind: Kind, base: SnapshotReference?, previous: SnapshotReference?,
        madeFrom: [String] = [], standsFor: SnapshotReference? = nil, cutTime: Int64,
        begun: Int64, ended: Int64,
        clockOffset: Int64, stores: [StoreCut], manifest: ObjectReference, parts: [ObjectReference],
        recipients: [String], signer: String?, writer: String, label: String? = nil, project: String? = nil,
        isSafety: Bool? = nil
    ) {
        format = Self.currentFormat
        self.repository = repository
        self.id = id
        self.kind = kind
        self.base = base
        self.previous = previous
        self.madeFrom = madeFrom
        self.standsFor = standsFor
        self.cutTime = cutTime
        self.begun = begun
        self.ended = ended
        self.clockOffset = clockOffset
        self.stores = stores
        self.manifest = manifest
        self.parts = parts
        self.recipients = recipients
        self.signer = signer
        self.writer = writer
        self.label = label
        self.project = project
        self.isSafety = isSafety
    }
}

/// A snapshot, and the bytes of its record that are meant.
public struct SnapshotReference: Sendable, Hashable, Codable {
    public var id: String
    /// Hexadecimal SHA-256 of the record's bytes.
    public var sha256: String

    public init(id: String, sha256: String) {
        self.id = id
        self.sha256 = sha256
    }
}

/// An object by name, length and digest of its stored bytes (the ciphertext, where it is encrypted).
public struct ObjectReference: Sendable, Hashable, Codable {
    public var name: String
    public var size: Int64
    /// Hexadecimal SHA-256.
    public var sha256: String

    public init(name: String, size: Int64, sha256: String) {
        self.name = name
        self.size = size
        self.sha256 = sha256
    }
}
