/// Writes the index of one table while its pieces are read side by side.
actor TableIndexing {
    private let writer: RowIndexWriter

    init(path: String) throws { writer = try RowIndexWriter(path: path) }

    func add(_ fingerprints: [RowFingerprint]) throws { try writer.add(fingerprints) }

    /// - Returns: false where two rows have one key.
    func finish() throws -> Bool { try writer.finish() }
}

/// How the rows of one table are read: compared, indexed, or neither.
struct TableReading: Sendable {
    var keys: RowKeys?
    /// What the base had; nil where all rows are stored.
    var base: RowIndex?
    /// Nil where nothing is compared with it later.
    var indexing: TableIndexing?
}
