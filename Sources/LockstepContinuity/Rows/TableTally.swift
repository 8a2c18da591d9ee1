internal import ConnectorKit

/// Counts and hashes the rows of a table on their way, to prove that they are those that were backed up.
struct TableTally {
    let store: String
    let manifest: TableManifest
    private(set) var rows: Int64 = 0
    private var hash = RowSetHash()

    /// - Parameter earlier: the table as it was at another snapshot, whose rows are there already.
    init(store: String, manifest: TableManifest, from earlier: TableManifest? = nil) {
        self.store = store
        self.manifest = manifest
        rows = earlier?.rows ?? 0
        hash = earlier?.hash.flatMap { RowSetHash($0) } ?? RowSetHash()
    }

    mutating func add(_ text: RowText) {
        text.bytes.withUnsafeBytes { _ = hash.addLines($0) }
        rows += Int64(text.rowCount)
    }

    mutating func subtract(_ text: RowText) {
        var gone = RowSetHash()
        text.bytes.withUnsafeBytes { _ = gone.addLines($0) }
        hash.remove(gone)
        rows -= Int64(text.rowCount)
    }

    func notTaken(_ taken: Int64, of loaded: Int64) -> ContinuityError {
        ContinuityError(
            .target, doing: "restoring", object: "\(store).\(manifest.name)",
            message: "the table took \(taken) of \(loaded) rows", hint: "this is a defect of the connector")
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
