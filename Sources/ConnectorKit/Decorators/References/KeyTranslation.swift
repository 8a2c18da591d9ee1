internal import LockstepModel

/// Keys that name paths, as the store's own fields have them.
struct KeyTranslation {
    private let keys: KeySelection
    private let plan: RootPlan
    private let resolver: ReferenceResolver

    init(_ keys: KeySelection, paths: [FieldPath], _ finder: RecordFinder) {
        self.keys = keys
        plan = RootPlan(keys.fields, paths: paths)
        resolver = ReferenceResolver(finder)
    }

    /// A key whose path leads to no record, or to several, is nobody's, and left out.
    func translated() async throws -> KeySelection {
        let resolved = try await resolver.resolve(
            plan, keys.rows, offset: 0, fallback: nil, needs: plan.roots.map { _ in .all })
        var rows = RowBatch(columnCount: plan.innerFields.count, reservingRows: keys.rows.rowCount)
        for row in 0..<keys.rows.rowCount {
            let isKnown = resolved.allSatisfy {
                $0.states[row] >= 0 || $0.states[row] == ReferenceResolver.Resolved.null
            }
            guard isKnown else { continue }
            for column in plan.plain { rows.append(keys.rows[row, column], from: keys.rows) }
            for (root, found) in zip(plan.roots, resolved) {
                for (_, result) in root.owned { found.append(row: row, result: result, to: &rows) }
            }
        }
        return KeySelection(fields: plan.innerFields, rows: rows)
    }
}

extension ReferenceResolver.Resolved {
    /// Appends a field of a root that was resolved.
    @inline(__always)
    func append(row: Int, result: Int, to batch: inout RowBatch) {
        let state = states[row]
        if state >= 0 {
            batch.append(values[Int(state), result], from: values)
        } else {
            // What nobody asked for does not count.
            batch.append(state == Self.unchanged || state == Self.skipped ? Cell.unchanged : Cell.null)
        }
    }

    /// Whether there is a record, or rightly none.
    @inline(__always)
    func isResolved(_ row: Int) -> Bool { states[row] != Self.nothing && states[row] != Self.several }
}
