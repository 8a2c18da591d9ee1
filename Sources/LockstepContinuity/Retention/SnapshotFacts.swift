/// What retention needs to know of a snapshot.
public struct SnapshotFacts: Sendable, Hashable {
    public var id: String
    public var kind: SnapshotRecord.Kind
    /// The increment's base; nil for fulls.
    public var base: String?
    /// The newest snapshot that its writer saw.
    public var previous: String?
    /// What it is of, the project first: the rules of retention count for each set of stores by itself.
    public var stores: [String]
    /// The snapshots that it was made of without reading the stores, oldest first: it has the cut of the last of them and
    /// may stand for that one.
    public var madeOf: [String]
    /// Microseconds since 1970-01-01T00:00:00Z: the cut by its writer's clock, and when it was stored by the repository's.
    public var cutTime: Int64
    public var stored: Int64

    /// It keeps what a restore in place replaced: no rule of retention counts it.
    public var isSafety = false

    public init(
        id: String, kind: SnapshotRecord.Kind, base: String?, previous: String? = nil, stores: [String] = [],
        madeOf: [String] = [], cutTime: Int64, stored: Int64
    ) {
        self.id = id
        self.kind = kind
        self.base = base
        self.previous = previous
        self.stores = stores
        self.madeOf = madeOf
        self.cutTime = cutTime
        self.stored = stored
    }

    public init(_ snapshot: StoredSnapshot) {
        let record = snapshot.record
        self.init(
            id: record.id, kind: record.kind, base: record.base?.id, previous: record.previous?.id,
            stores: [record.project ?? ""] + record.stores.map(\.name).sorted(),
            madeOf: record.madeFrom, cutTime: record.cutTime,
            stored: snapshot.stored)
        isSafety = record.isSafety == true
    }
}
