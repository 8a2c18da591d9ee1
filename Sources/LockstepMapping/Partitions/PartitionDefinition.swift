/// How the records of a map are parted: by a field of either side, and which part the map is for.
public struct PartitionDefinition: Sendable, Hashable {
    /// By ``Side``: the field, or path, by which a record says its partition; nil where records have none.
    public var fields: [Located<String>?]
    /// The stores' own rule: an entity without such a field is in no partition. Otherwise the map's words.
    public var isDefault: Bool
    /// All partitions that the map's file is for; empty where it is not told.
    public var all: [String]
    /// The one that this map is for; nil for all together, which makes the partition a part of the key only.
    public var value: String?
    /// The schemas were asked, and the map's key, filters and pairs say the partition.
    public internal(set) var isSettled = false

    init(fields: [Located<String>?], isDefault: Bool, all: [String] = [], value: String? = nil) {
        self.fields = fields
        self.isDefault = isDefault
        self.all = all
        self.value = value
    }
}

/// What a mapping file says of partitions.
public struct PartitionSetting: Sendable, Hashable {
    public enum Fields: Sendable, Hashable {
        /// `partition: none`: the map's records are in no partition, whatever the stores say.
        case none
        /// By ``Side``; nil where that side's records have none.
        case fields([Located<String>?])
    }
    /// Nil where the map leaves it to the stores.
    public var fields: Fields?
    /// Nil where the map leaves it to the link.
    public var partitions: [Located<String>]?
    public var location: SourceLocation
}

/// A map's name: what its file says, and the partition that it is for (`customers@DE`).
public struct MapName: Sendable, Hashable, CustomStringConvertible {
    public var base: String
    public var partition: String?

    public init(base: String, partition: String?) {
        self.base = base
        self.partition = partition
    }

    public init(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        base = parts.first.map(String.init) ?? ""
        partition = parts.count > 1 ? String(parts[1]) : nil
    }

    public var description: String { partition.map { "\(base)@\($0)" } ?? base }
}
