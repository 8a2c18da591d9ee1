/// What a person allowed for one run.
public struct SyncPermissions: Sendable, Hashable {
    /// Maps whose guard against many deletes is lifted for this run.
    public var deleteMaps: Set<String>
    /// Compare both sides anew, as if the maps had never been synced.
    public var isResync: Bool

    /// The maps to bring over; nil for all. The others are held where they stand, as a pause would, and go on with the
    /// next run that includes them.
    public var onlyMaps: Set<String>?

    /// In a plan: held maps are looked at as if they were resumed.
    public var resumesHeld: Bool

    public init(
        deleteMaps: Set<String> = [], isResync: Bool = false, onlyMaps: Set<String>? = nil,
        resumesHeld: Bool = false
    ) {
        self.deleteMaps = deleteMaps
        self.isResync = isResync
        self.onlyMaps = onlyMaps
        self.resumesHeld = resumesHeld
    }

    /// A guard never stops fewer deletes than this: in a table of a handful of records, every delete is a large share.
    static let smallestGuardedCount = 10

    func allowsDeletes(_ map: String) -> Bool { deleteMaps.contains(map) }
}
