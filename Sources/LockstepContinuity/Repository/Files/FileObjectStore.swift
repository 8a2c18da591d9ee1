import Glibc

/// A folder of write-once objects: a local disk, or one that the system mounts (NFS, SMB, an external disk).
///
/// An object is written to a temporary file beside the others (`.uploads/`), synced, and then linked to its name, which
/// the system does only where the name is free. So an object is seen whole or not at all, two writers never overwrite
/// each other, and the right to delete is not needed: without it the temporary name stays behind as a second link.
public struct FileObjectStore: ObjectStore {
    /// Reads and writes of one object at a time on each of these threads: enough for a disk array, and few enough open
    /// files.
    static let workerCount = 8

    /// The absolute path of the folder.
    public let path: String
    private let makesFolder: Bool
    private let workers = BlockingWorkers("repository.files", count: workerCount)

    /// - Parameter path: a folder that need not exist yet: the first object makes it. May be relative to the working
    ///   folder; may be or go through symbolic links, as nothing below it may.
    /// - Parameter makesFolder: false where the folder must be there: a disk that is not mounted is then no new repository.
    public init(path: String, makesFolder: Bool = true) {
        var path = path.hasPrefix("/") ? path : Self.workingFolder() + "/" + path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
        self.makesFolder = makesFolder
    }

    public var address: String { "file:\(path)" }

    private var folder: ObjectFolder { ObjectFolder(path: path, makesRoot: makesFolder) }

    public func create(_ name: String, fromFile path: String) async throws -> Bool {
        let folder = folder
        return try await workers.run { try folder.create(name, .file(path), cancellation: $0) }
    }

    public func create(_ name: String, bytes: [UInt8]) async throws -> Bool {
        let folder = folder
        return try await workers.run { try folder.create(name, .bytes(bytes), cancellation: $0) }
    }

    public func read(_ name: String, offset: Int64, count: Int) async throws -> [UInt8] {
        let folder = folder
        return try await workers.run { _ in try folder.read(name, offset: offset, count: count) }
    }

    public func facts(_ name: String) async throws -> ObjectFacts? {
        let folder = folder
        return try await workers.run { _ in try folder.facts(name) }
    }

    public func list(_ prefix: String) async throws -> [ObjectFacts] {
        let folder = folder
        return try await workers.run { try folder.list(prefix, cancellation: $0) }
    }

    public func delete(_ name: String) async throws {
        let folder = folder
        try await workers.run { _ in try folder.delete(name) }
    }

    public func sweep(before time: Int64) async throws -> Int64 {
        let folder = folder
        return try await workers.run { try folder.sweep(before: time, cancellation: $0) }
    }

    /// The clock of the file system: on a network file system the server's.
    public func clock() async throws -> Int64 {
        let folder = folder
        return try await workers.run { _ in try folder.clock() }
    }

    public func close() async {}

    private static func workingFolder() -> String {
        guard let text = getcwd(nil, 0) else { return "" }
        defer { free(text) }
        return String(cString: text)
    }
}
