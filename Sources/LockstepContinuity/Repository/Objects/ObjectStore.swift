/// A place for write-once objects: a folder, or a bucket. Nothing is ever rewritten, so everything works without the
/// right to delete, and under object lock.
public protocol ObjectStore: Sendable {
    /// Where it is, for messages; never holds a secret.
    var address: String { get }

    /// Stores a file as an object, durable on return, unless there is an object of that name already. The object is seen
    /// whole or not at all. The file is given up: it may become the object itself, so nobody writes to it any more; its
    /// name may be removed.
    ///
    /// - Returns: whether this call made it; false where there was one.
    func create(_ name: String, fromFile path: String) async throws -> Bool

    /// The same for a few bytes.
    func create(_ name: String, bytes: [UInt8]) async throws -> Bool

    /// Reads a piece; less than `count` bytes only where the object ends.
    ///
    /// - Throws: ``ContinuityError`` with code `missing` where there is no such object.
    func read(_ name: String, offset: Int64, count: Int) async throws -> [UInt8]

    /// The object's facts; nil where there is none.
    func facts(_ name: String) async throws -> ObjectFacts?

    /// Objects whose name begins with the prefix, ascending by the bytes of their names, unfinished uploads left out.
    func list(_ prefix: String) async throws -> [ObjectFacts]

    /// Deletes an object; nothing where there is none.
    ///
    /// - Throws: ``ContinuityError`` with code `forbidden` where it is locked or the right is missing.
    func delete(_ name: String) async throws

    /// Removes what interrupted uploads left behind that began before `time` (microseconds since 1970, by the store's
    /// clock). - Returns: the bytes freed.
    func sweep(before time: Int64) async throws -> Int64

    /// The store's own clock, microseconds since 1970-01-01T00:00:00Z.
    func clock() async throws -> Int64

    func close() async
}

/// What a store says of an object without reading it.
public struct ObjectFacts: Sendable, Hashable {
    public var name: String
    public var size: Int64
    /// Microseconds since 1970-01-01T00:00:00Z, by the store's clock.
    public var modified: Int64
    /// Until when the object lock holds; nil where there is none, or the store does not say.
    public var lockedUntil: Int64?

    public init(name: String, size: Int64, modified: Int64, lockedUntil: Int64? = nil) {
        self.name = name
        self.size = size
        self.modified = modified
        self.lockedUntil = lockedUntil
    }
}
