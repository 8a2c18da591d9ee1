internal import LockstepModel

/// A question whose fields, keys or order may name paths, put to a store that knows none.
struct PathQuery {
    private let request: QueryRequest
    private let limits: BatchLimits
    private let paths: [FieldPath]
    private let finder: RecordFinder

    init(_ request: QueryRequest, limits: BatchLimits = .standard, paths: [FieldPath], _ finder: RecordFinder) {
        self.request = request
        self.limits = limits
        self.paths = paths
        self.finder = finder
    }

    /// - Parameter ask: puts a question without paths to the store.
    func open(_ ask: (QueryRequest) async throws -> any BatchReader) async throws -> any BatchReader {
        let names = Set(paths.map(\.name))
        let isOrdered = request.orderBy.contains(where: names.contains)
        let hasPathKeys = request.keys?.fields.contains(where: names.contains) ?? false
        guard isOrdered || hasPathKeys || request.fields.contains(where: names.contains) else {
            return try await ask(request)
        }
        // What is ordered by has to be read, too.
        let fields = request.fields + (isOrdered ? request.orderBy.filter { !request.fields.contains($0) } : [])
        let layout = FieldLayout(fields, paths: paths)
        var inner = request
        inner.fields = layout.innerFields
        if isOrdered {
            inner.orderBy = []
            inner.limit = nil
        }
        if hasPathKeys, let keys = request.keys {
            inner.keys = try await KeyTranslation(keys, paths: paths, finder).translated()
        }
        let base = try await ask(inner)
        let filled = layout.hasPaths ? ReferencingReader(base, PathReader(layout, finder)) : base
        guard isOrdered else { return filled }
        let order = request.orderBy.map { fields.firstIndex(of: $0) ?? 0 }
        let sorted = SpooledSort(filled, by: order, limit: request.limit, limits: limits)
        return fields.count == request.fields.count
            ? sorted : TrimmingReader(base: sorted, width: request.fields.count)
    }
}

/// Leaves out columns at the end, which only the order needed.
struct TrimmingReader: BatchReader {
    let base: any BatchReader
    let width: Int

    func next() async throws -> RowBatch? {
        guard let batch = try await base.next() else { return nil }
        var trimmed = RowBatch(columnCount: width, reservingRows: batch.rowCount, sharingHeapOf: batch)
        for row in 0..<batch.rowCount {
            for column in 0..<width { trimmed.append(batch[row, column]) }
        }
        return trimmed
    }

    func close() async { await base.close() }
}
