internal import LockstepMapping
internal import LockstepModel

/// The fields of one direction's target that may be written after their record: what they refer to may come later, or
/// refer back.
struct Deferral {
    /// Indexes into the plan's target fields.
    let columns: [Int]
    /// The same fields' sources, as indexes into the plan's source fields, in the same order.
    let sources: [Int]
    /// Their names on the target, for people.
    let names: [String]

    /// Nothing is deferred.
    init() {
        columns = []
        sources = []
        names = []
    }

    /// - Precondition: each column can be deferred (`DirectionPlan.deferrableSource`).
    init(plan: DirectionPlan, columns: [Int]) {
        self.columns = columns
        sources = columns.compactMap { plan.deferrableSource(ofTarget: $0) }
        names = columns.map { plan.targetFields[$0].name }
        precondition(sources.count == columns.count, "only plain fields are deferred")
    }

    var isEmpty: Bool { columns.isEmpty }

    /// Whether a row has something to defer.
    ///
    /// - Parameter offset: where the image begins.
    func concerns(_ rows: RowBatch, row: Int, offset: Int) -> Bool {
        columns.contains { column in
            let kind = rows[row, offset + column].kind
            return kind != .null && kind != .unchanged
        }
    }

    /// A target image without what is deferred.
    func without(_ image: [Value]) -> [Value] { Self.nulling(columns, image) }

    /// A source image that maps to a target image without what is deferred.
    func without(source image: [Value]) -> [Value] { Self.nulling(sources, image) }

    /// Target rows (one image each) without what is deferred; their bytes stay where they are.
    func without(_ rows: RowBatch) -> RowBatch {
        var result = RowBatch(columnCount: rows.columnCount, reservingRows: rows.rowCount, sharingHeapOf: rows)
        for row in 0..<rows.rowCount { append(rows, row: row, offset: 0, width: rows.columnCount, to: &result) }
        return result
    }

    /// Appends an image without what is deferred to a batch that shares the heap of `rows`.
    func append(_ rows: RowBatch, row: Int, offset: Int, width: Int, to result: inout RowBatch) {
        for column in 0..<width {
            if isDeferred(column, rows[row, offset + column]) {
                result.appendNull()
            } else {
                result.append(rows[row, offset + column])
            }
        }
    }

    /// The fields that a source record has something for, for people.
    func fieldText(of source: [Value]) -> String {
        zip(names, sources).filter { source[$1] != .null }.map(\.0).joined(separator: ", ")
    }

    private func isDeferred(_ column: Int, _ cell: Cell) -> Bool {
        cell.kind != .unchanged && columns.contains(column)
    }

    private static func nulling(_ columns: [Int], _ image: [Value]) -> [Value] {
        var image = image
        for column in columns where image[column] != .unchanged { image[column] = .null }
        return image
    }
}
