public import ConnectorKit

/// What a snapshot holds, for those who may read it: canonical JSON, sealed like the parts.
public struct Manifest: Sendable, Hashable, Codable {
    public static let currentFormat = "lockstep.manifest/1"

    public var format: String
    /// The snapshot's own id: a manifest of another snapshot is none of this one.
    public var snapshot: String
    public var stores: [StoreManifest]
    public var parts: [PartManifest]

    public init(snapshot: String, stores: [StoreManifest], parts: [PartManifest]) {
        format = Self.currentFormat
        self.snapshot = snapshot
        self.stores = stores
        self.parts = parts
    }

    public func store(_ name: String) -> StoreManifest? { stores.first { $0.name == name } }
}

/// One store of a snapshot.
public struct StoreManifest: Sendable, Hashable, Codable {
    public var name: String
    public var cut: ArchiveCut
    /// As of the cut; also in increments.
    public var schema: ArchivedSchema
    public var sequences: [SequenceValue]
    public var tables: [TableManifest]
    /// The member that is the engine's own physical copy; nil where there is none.
    public var image: String?
    /// What the rows do not bring back exactly.
    public var notes: [RestoreNote]
    /// The store is the project's state database, which belongs to the cut.
    public var isState: Bool

    public init(
        name: String, cut: ArchiveCut, schema: ArchivedSchema, sequences: [SequenceValue], tables: [TableManifest],
        image: String? = nil, notes: [RestoreNote] = [], isState: Bool = false
    ) {
        self.name = name
        self.cut = cut
        self.schema = schema
        self.sequences = sequences
        self.tables = tables
        self.image = image
        self.notes = notes
        self.isState = isState
    }
}

/// One table at the cut, whatever the snapshot holds of it.
public struct TableManifest: Sendable, Hashable, Codable {
    public enum Content: String, Sendable, Hashable, Codable {
        /// `members` are all its rows.
        case rows
        /// `members` are deltas to the base's rows.
        case changes
        /// As in the base.
        case unchanged
    }

    public var name: String
    public var content: Content
    public var members: [String]
    /// Rows at the cut; nil where an increment did not count them.
    public var rows: Int64?
    /// ``RowSetHash`` of all its rows at the cut; nil where an increment could not know it.
    public var hash: String?

    public init(name: String, content: Content, members: [String], rows: Int64?, hash: String?) {
        self.name = name
        self.content = content
        self.members = members
        self.rows = rows
        self.hash = hash
    }
}

/// One part, and every member in it, in order.
public struct PartManifest: Sendable, Hashable, Codable {
    public var object: ObjectReference
    public var members: [MemberManifest]

    public init(object: ObjectReference, members: [MemberManifest]) {
        self.object = object
        self.members = members
    }
}

/// A file in a part. Nothing that is not named here, or is longer than it says here, is ever used.
public struct MemberManifest: Sendable, Hashable, Codable {
    /// `rows/crm/accounts/0000.tsv`: relative, without `..`, only of `a-z A-Z 0-9 . _ - % /`; other characters of
    /// stores and tables as `%` and two hexadecimal digits for each byte of their UTF-8.
    public var name: String
    public var size: Int64
    /// Hexadecimal SHA-256 of its bytes.
    public var sha256: String
    /// Lines, where it holds rows or changes.
    public var rows: Int64?

    public init(name: String, size: Int64, sha256: String, rows: Int64? = nil) {
        self.name = name
        self.size = size
        self.sha256 = sha256
        self.rows = rows
    }
}
