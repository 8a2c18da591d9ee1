internal import ConnectorKit

/// Counts and hashes the rows of a table on their way, to prove that they are those that were backed up.
struct TableTally {
    let store: String
    let manifest: TableManifest
    private(set) var rows: Int64 = 0
    private var hash = RowSetHash()

    init(store: String, manifest: TableManifest) {
        self.store = store
        self.manifest = manifest
    }

    mutating func add(_ text: RowText) {
        text.bytes.withUnsafeBytes { _ = hash.addLines($0) }
        rows += Int64(text.rowCount)
    }

    /// - Throws: ``ContinuityError`` where the rows are others than those that the manifest counts and hashes.
    func check(doing: String) throws {
        guard manifest.rows == nil || rows == manifest.rows, manifest.hash == nil || hash.description == manifest.hash
        else {
            throw ContinuityError(
                .damaged, doing: doing, object: "\(store).\(manifest.name)",
                message: "its \(rows) rows are not the \(manifest.rows ?? rows) that were backed up",
                hint: "verify the snapshot with --data; take an older one")
        }
    }
}
