/// A snapshot as the repository holds it.
public struct StoredSnapshot: Sendable, Hashable {
    public let record: SnapshotRecord
    /// The record's bytes as they are stored: what its digest and signature are over.
    public let bytes: [UInt8]
    /// By which others name it: the id, and the SHA-256 of ``bytes``.
    public let reference: SnapshotReference
    /// When it was stored by the repository's own clock, microseconds since 1970-01-01T00:00:00Z.
    public let stored: Int64
    /// That it is to go; nil while it lives.
    public internal(set) var tombstone: StoredTombstone?

    public var id: String { reference.id }

    /// Whether an increment was made on this very record, or on the one that this one stands for.
    func isBase(of increment: StoredSnapshot) -> Bool {
        guard let base = increment.record.base else { return false }
        return base == reference || base == record.standsFor
    }
}

/// `tombstones/<snapshot>.json`: a snapshot that is to go, and why. It stays when the snapshot is gone, so that a gap in
/// the chain of snapshots is explained.
public struct Tombstone: Sendable, Hashable, Codable {
    public static let currentFormat = "lockstep.tombstone/1"

    public var format: String
    public var repository: String
    public var snapshot: SnapshotReference
    public var reason: String

    public init(repository: String, snapshot: SnapshotReference, reason: String) {
        format = Self.currentFormat
        self.repository = repository
        self.snapshot = snapshot
        self.reason = reason
    }
}

/// A tombstone, and since when it stands by the repository's own clock (microseconds since 1970-01-01T00:00:00Z).
public struct StoredTombstone: Sendable, Hashable {
    public let tombstone: Tombstone
    public let stored: Int64
}

/// All that a repository says of its snapshots, also what is wrong with them.
public struct RepositorySurvey: Sendable {
    /// Those that can be read, tombstoned ones too, ascending by id.
    public var snapshots: [StoredSnapshot]
    /// By snapshot, also those of snapshots that are gone.
    public var tombstones: [String: StoredTombstone]
    /// Records and tombstones that are not what they must be.
    public var faults: [ContinuityError]

    public var living: [StoredSnapshot] { snapshots.filter { $0.tombstone == nil } }
}

/// Checks a record's signature before anything in the record is believed.
///
/// - Parameters:
///   - record: the bytes that are signed.
///   - signature: the signature object's bytes; nil where there is none.
/// - Throws: ``ContinuityError`` with code `signature` where it is not to be trusted.
public typealias RecordCheck = @Sendable (_ record: [UInt8], _ signature: [UInt8]?) throws -> Void
