internal import LockstepModel

/// Makes rows as they were asked for, paths filled, of rows that the store gave.
struct PathReader: Sendable {
    let layout: FieldLayout
    private let followers: [PathFollower]

    init(_ layout: FieldLayout, _ finder: RecordFinder) {
        self.layout = layout
        followers = layout.trees.map { PathFollower($0, finder) }
    }

    /// - Parameter inner: rows of the layout's inner fields.
    func fill(_ inner: RowBatch) async throws -> RowBatch { assemble(inner, [try await follow(inner, image: 0)]) }

    /// - Parameters:
    ///   - changes: rows of the layout's inner fields twice, before and after.
    ///   - before: follows the images before.
    func fill(changes: RowBatch, before: PathReader) async throws -> RowBatch {
        assemble(changes, [try await before.follow(changes, image: 0), try await follow(changes, image: 1)])
    }

    private func follow(_ inner: RowBatch, image: Int) async throws -> [PathFollower.Followed] {
        var followed: [PathFollower.Followed] = []
        for (tree, follower) in zip(layout.trees, followers) {
            let columns = layout.rootColumns(tree).map { $0 + image * layout.innerFields.count }
            followed.append(try await follower.follow(inner, columns))
        }
        return followed
    }

    /// - Parameter followed: by image and tree.
    private func assemble(_ inner: RowBatch, _ followed: [[PathFollower.Followed]]) -> RowBatch {
        let width = layout.innerFields.count
        var rows = RowBatch(
            columnCount: layout.fields.count * followed.count, reservingRows: inner.rowCount, sharingHeapOf: inner)
        for row in 0..<inner.rowCount {
            for (image, trees) in followed.enumerated() {
                for column in layout.columns {
                    switch column {
                    case .inner(let index): rows.append(inner[row, image * width + index])
                    case .path(let tree, let leaf): trees[tree].append(row: row, path: leaf, to: &rows)
                    }
                }
            }
        }
        return rows
    }

    func forget() async {
        for follower in followers { await follower.forget() }
    }
}

/// A reader whose rows get their paths filled.
actor ReferencingReader: BatchReader {
    private let base: any BatchReader
    private let paths: PathReader

    init(_ base: any BatchReader, _ paths: PathReader) {
        self.base = base
        self.paths = paths
    }

    func next() async throws -> RowBatch? {
        guard let batch = try await base.next() else { return nil }
        return try await paths.fill(batch)
    }

    func close() async { await base.close() }
}
