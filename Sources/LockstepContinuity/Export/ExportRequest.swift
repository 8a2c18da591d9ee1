public import ConnectorKit

/// What of a snapshot to write to one file, and how.
public struct ExportRequest: Sendable {
    /// Makes a connector of a file that is not there yet, for an engine whose stores are files; nil for other engines.
    public typealias FileStore = @Sendable (_ engine: String, _ path: String) throws -> (any Connector)?

    /// The stores; nil for all, together with the project's state.
    public var stores: [String]?
    /// Of the file to make.
    public var path: String
    public var sealing: Sealing
    /// Takes the place of a file that is there.
    public var replaces: Bool
    /// zstd's: 1 to 19.
    public var level: Int
    public var fileStore: FileStore
    public var progress: @Sendable (ContinuityProgress) -> Void

    public init(
        stores: [String]?, path: String, sealing: Sealing, replaces: Bool, level: Int,
        fileStore: @escaping FileStore, progress: @escaping @Sendable (ContinuityProgress) -> Void
    ) {
        self.stores = stores
        self.path = path
        self.sealing = sealing
        self.replaces = replaces
        self.level = level
        self.fileStore = fileStore
        self.progress = progress
    }
}

/// What was exported.
public struct ExportOutcome: Sendable, Hashable, Codable {
    public struct Store: Sendable, Hashable, Codable {
        public var name: String
        public var engine: String
        /// The file holds the store's own physical copy, too.
        public var hasImage: Bool
        public var tables: [Table]
    }
    public struct Table: Sendable, Hashable, Codable {
        public var name: String
        public var rows: Int64
    }
    public var snapshot: String
    public var path: String
    public var bytes: Int64
    /// Of the file, hexadecimal.
    public var sha256: String
    public var isSealed: Bool
    public var stores: [Store]
}
