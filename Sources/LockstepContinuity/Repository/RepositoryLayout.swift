/// Where a repository keeps what.
enum RepositoryLayout {
    static let identity = "repository.json"
    static let parts = "parts/"
    static let manifests = "manifests/"
    static let signatures = "signatures/"
    static let snapshots = "snapshots/"
    static let tombstones = "tombstones/"

    static func part(_ sha256: String, ending: String) -> String { "\(parts)\(sha256.prefix(2))/\(sha256)\(ending)" }
    static func manifest(_ sha256: String, ending: String) -> String { "\(manifests)\(sha256)\(ending)" }
    static func signature(_ sha256: String) -> String { "\(signatures)\(sha256).sig" }
    static func snapshot(_ id: String) -> String { "\(snapshots)\(id).json" }
    static func tombstone(_ id: String) -> String { "\(tombstones)\(id).json" }

    /// The snapshot that an object of `snapshots/` or `tombstones/` is about; nil where the name is none of ours.
    static func snapshotID(of name: String, in folder: String) -> String? {
        guard name.hasPrefix(folder), name.hasSuffix(".json") else { return nil }
        let id = String(name.dropFirst(folder.count).dropLast(".json".count))
        return SnapshotIdentifier.isValid(id) ? id : nil
    }
}
