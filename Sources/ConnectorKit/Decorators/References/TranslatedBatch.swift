internal import LockstepModel

/// One batch on its way from paths to the fields that refer.
struct TranslatedBatch {
    /// A row that cannot be applied, and the root at fault.
    struct Unresolved {
        var row: Int
        var root: Int
        var isAmbiguous: Bool
    }

    /// A row some of whose roots before could not be told.
    struct Doubt {
        var row: Int
        var roots: [Int]
    }

    /// What the current record says about a root in doubt.
    private enum Finding {
        /// The record holds just what the image before says: these fields.
        case holds(RowBatch, row: Int)
        /// It holds what is wanted already: the root does not count.
        case isDone
    }

    typealias Resolved = ReferenceResolver.Resolved

    let batch: WriteBatch
    let translation: WriteTranslation
    /// Rows that are applied.
    private(set) var kept: [Int] = []
    private(set) var unresolved: [Unresolved] = []
    private(set) var doubts: [Doubt] = []
    private(set) var exceptions: [WriteException] = []
    private(set) var current: RowBatch
    private var before: [Resolved] = []
    private var after: [Resolved] = []
    /// By row and root.
    private var findings: [Int: [Int: Finding]] = [:]

    private var width: Int { batch.fields.count }

    init(_ batch: WriteBatch, _ translation: WriteTranslation) {
        self.batch = batch
        self.translation = translation
        current = RowBatch(columnCount: max(1, batch.readFields.count))
    }

    mutating func resolve(_ resolver: ReferenceResolver) async throws {
        let needs = self.needs()
        before = try await resolver.resolve(
            translation.roots, batch.rows, offset: 0, fallback: nil, needs: needs.map(\.before))
        after = try await resolver.resolve(
            translation.roots, batch.rows, offset: width, fallback: 0, needs: needs.map(\.after))
        for row in batch.operations.indices { sort(row) }
    }

    // MARK: What has to be looked up

    private func needs() -> [(before: ReferenceResolver.Need, after: ReferenceResolver.Need)] {
        if batch.operations.allSatisfy({ $0 == .insert }) {
            return translation.roots.roots.map { _ in (.nothing, .all) }
        }
        var needs: [(before: ReferenceResolver.Need, after: ReferenceResolver.Need)] = []
        var changes: [[Bool]] = []
        for (index, root) in translation.roots.roots.enumerated() {
            let changed = batch.operations.indices.map { row in
                batch.operations[row] == .update && (isChanged(row, root, index) || dependsOn(changes, row, root))
            }
            changes.append(changed)
            let isKey = translation.isKeyRoot[index]
            let rows = batch.operations.indices
            let before = rows.map { row in
                batch.operations[row] == .delete || changed[row] || (isKey && batch.operations[row] == .update)
            }
            let after = rows.map { row in
                batch.operations[row] == .insert || changed[row] || (isKey && batch.operations[row] == .update)
            }
            needs.append((.rows(before), .rows(after)))
        }
        return needs.indices.map { closure(needs, $0) }
    }

    /// A root that others are looked up by is needed wherever they are.
    private func closure(
        _ needs: [(before: ReferenceResolver.Need, after: ReferenceResolver.Need)], _ index: Int
    ) -> (before: ReferenceResolver.Need, after: ReferenceResolver.Need) {
        var (before, after) = (batch.operations.map { _ in false }, batch.operations.map { _ in false })
        for (other, root) in translation.roots.roots.enumerated()
        where other == index || Self.leans(root, on: index) {
            for row in batch.operations.indices {
                before[row] = before[row] || needs[other].before.includes(row)
                after[row] = after[row] || needs[other].after.includes(row)
            }
        }
        return (.rows(before), .rows(after))
    }

    private static func leans(_ root: RootPlan.Root, on index: Int) -> Bool {
        root.constraints.contains { source in
            switch source {
            case .column: false
            case .root(let other, _): other == index
            }
        }
    }

    private func dependsOn(_ changes: [[Bool]], _ row: Int, _ root: RootPlan.Root) -> Bool {
        changes.indices.contains { changes[$0][row] && Self.leans(root, on: $0) }
    }

    private func isChanged(_ row: Int, _ root: RootPlan.Root, _ index: Int) -> Bool {
        if translation.pathColumns[index].contains(where: { differs(row, $0) }) { return true }
        return root.constraints.contains { source in
            switch source {
            case .column(let column): differs(row, column)
            case .root: false
            }
        }
    }

    private func differs(_ row: Int, _ column: Int) -> Bool {
        let after = batch.rows[row, column + width]
        return after.kind != .unchanged
            && !RowBatch.areEqual(batch.rows[row, column], in: batch.rows, after, in: batch.rows)
    }

    // MARK: Sorting rows

    private mutating func sort(_ row: Int) {
        let operation = batch.operations[row]
        for root in translation.roots.roots.indices where !after[root].isResolved(row) {
            let isAmbiguous = after[root].states[row] == Resolved.several
            return unresolved.append(Unresolved(row: row, root: root, isAmbiguous: isAmbiguous))
        }
        let doubtful = translation.roots.roots.indices.filter { !before[$0].isResolved(row) }
        guard !doubtful.isEmpty else { return kept.append(row) }
        if let key = doubtful.first(where: { translation.isKeyRoot[$0] }) {
            if before[key].states[row] == Resolved.several {
                return unresolved.append(Unresolved(row: row, root: key, isAmbiguous: true))
            }
            // No record can refer to what is not there.
            if operation == .update { exceptions.append(WriteException(row: row, outcome: .missing)) }
            return
        }
        doubts.append(Doubt(row: row, roots: doubtful))
    }

    /// The keys of the records in doubt, one a doubt, and their fields.
    func doubtfulKeys() -> (keys: RowBatch, fields: [String]) {
        var keys = RowBatch(columnCount: translation.key.count)
        for doubt in doubts {
            var image = RowBatch(columnCount: translation.roots.innerFields.count)
            appendImage(doubt.row, offset: 0, before, sharesHeap: false, to: &image)
            for column in translation.key { keys.append(image[0, column], from: image) }
        }
        return (keys, translation.key.map { translation.roots.innerFields[$0] })
    }

    /// Decides about a row by what its record holds.
    ///
    /// - Parameters:
    ///   - row: of the record in `records` and `inner`; nil where there is none.
    ///   - records: with the fields of the doubt layout.
    ///   - inner: the same with its inner fields.
    mutating func settle(_ doubt: Doubt, current row: Int?, of records: RowBatch, inner: RowBatch) {
        let operation = batch.operations[doubt.row]
        guard let row else {
            if operation == .update { exceptions.append(WriteException(row: doubt.row, outcome: .missing)) }
            return
        }
        for root in doubt.roots {
            if agrees(doubt.row, root, offset: 0, records, row) {
                findings[doubt.row, default: [:]][root] = .holds(inner, row: row)
            } else if operation == .update, agrees(doubt.row, root, offset: width, records, row) {
                findings[doubt.row, default: [:]][root] = .isDone
            } else {
                findings[doubt.row] = nil
                exceptions.append(
                    WriteException(row: doubt.row, outcome: .differs(current: current.rowCount)))
                for column in 0..<max(1, batch.readFields.count) { current.append(records[row, column], from: records) }
                return
            }
        }
        kept.append(doubt.row)
    }

    private func agrees(_ row: Int, _ root: Int, offset: Int, _ records: RowBatch, _ record: Int) -> Bool {
        translation.pathColumns[root].allSatisfy { column in
            let cell = batch.rows[row, column + offset]
            guard cell.kind != .unchanged,
                let place = translation.doubtLayout.fields.firstIndex(of: batch.fields[column])
            else { return true }
            return RowBatch.areEqual(cell, in: batch.rows, records[record, place], in: records)
        }
    }

    // MARK: The batch for the store

    /// What is applied to the store; nil where nothing is left.
    func inner() -> WriteBatch? {
        guard !kept.isEmpty else { return nil }
        let fields = translation.roots.innerFields
        var rows = RowBatch(columnCount: fields.count * 2, reservingRows: kept.count, sharingHeapOf: batch.rows)
        for row in kept {
            if batch.operations[row] == .insert {
                for _ in fields { rows.appendNull() }
            } else {
                appendImage(row, offset: 0, before, sharesHeap: true, to: &rows)
            }
            if batch.operations[row] == .delete {
                for _ in fields { rows.appendNull() }
            } else {
                appendImage(row, offset: width, after, sharesHeap: true, to: &rows)
            }
        }
        return WriteBatch(
            entity: batch.entity, fields: fields, key: translation.key, operations: kept.map { batch.operations[$0] },
            rows: rows, readFields: translation.readLayout.innerFields, isLoad: batch.isLoad)
    }

    /// Appends an image in the inner fields.
    ///
    /// - Parameter sharesHeap: the rows have the batch's bytes already.
    private func appendImage(
        _ row: Int, offset: Int, _ resolved: [Resolved], sharesHeap: Bool, to rows: inout RowBatch
    ) {
        for column in translation.roots.plain {
            let cell = batch.rows[row, column + offset]
            if sharesHeap { rows.append(cell) } else { rows.append(cell, from: batch.rows) }
        }
        let found = findings.isEmpty ? nil : findings[row]
        for owned in translation.owned {
            if let found, let finding = found[owned.root] {
                append(finding, owned, isBefore: offset == 0, row, resolved, to: &rows)
            } else {
                resolved[owned.root].append(row: row, result: owned.result, to: &rows)
            }
        }
    }

    private func append(
        _ finding: Finding, _ owned: WriteTranslation.Owned, isBefore: Bool, _ row: Int, _ resolved: [Resolved],
        to rows: inout RowBatch
    ) {
        switch finding {
        case .isDone: rows.append(Cell.unchanged)
        case .holds(let inner, let place) where isBefore:
            let field = translation.roots.roots[owned.root].fields[owned.result]
            let column = translation.doubtLayout.innerFields.firstIndex(of: field) ?? 0
            rows.append(inner[place, column], from: inner)
        case .holds: resolved[owned.root].append(row: row, result: owned.result, to: &rows)
        }
    }
}
