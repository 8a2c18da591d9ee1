public import LockstepModel

extension DirectionPlan {
    /// Maps changes (twice as wide as `sourceFields`), seeing to records that enter or leave the filter.
    ///
    /// An insert is a change into the filter, also when the record existed before; a record that leaves the filter is
    /// deleted, dropped or followed on as the map's `leave` says. `unchanged` cells in the image after are read as the
    /// value of the image before. An update in which no mapped field differs concerns nobody. A field whose value
    /// before cannot be mapped is `unchanged` in the image before; what fails in the image after fails the row.
    public func map(rows: RowBatch, operations: [Operation]) -> MappedChanges {
        precondition(rows.columnCount == sourceFields.count * 2, "changes are twice as wide as the source fields")
        precondition(rows.rowCount == operations.count, "there is an operation for each row")
        let rows = resolvingUnchanged(rows, operations)
        if isIdentity && sourceFilter == nil && allGoThrough(rows, operations) {
            return MappedChanges(rows: rows, operations: operations, followedOutside: [], failures: [])
        }
        var mapping = ChangeMapping(plan: self, source: rows)
        for (row, operation) in operations.enumerated() { mapping.map(row, operation) }
        return mapping.mapped
    }

    /// The rows with each `unchanged` cell of an image after replaced by the value before; the same rows where there
    /// is none.
    private func resolvingUnchanged(_ rows: RowBatch, _ operations: [Operation]) -> RowBatch {
        let width = sourceFields.count
        func isOpen(_ row: Int, _ column: Int) -> Bool {
            operations[row] == .update && rows[row, width + column].kind == .unchanged
                && rows[row, column].kind != .unchanged
        }
        guard (0..<rows.rowCount).contains(where: { row in (0..<width).contains { isOpen(row, $0) } }) else {
            return rows
        }
        var resolved = RowBatch(columnCount: width * 2, reservingRows: rows.rowCount, sharingHeapOf: rows)
        for row in 0..<rows.rowCount {
            for column in 0..<width { resolved.append(rows[row, column]) }
            for column in 0..<width {
                resolved.append(isOpen(row, column) ? rows[row, column] : rows[row, width + column])
            }
        }
        return resolved
    }

    /// Whether all changes of an identity plan are the target's changes as they are.
    private func allGoThrough(_ rows: RowBatch, _ operations: [Operation]) -> Bool {
        let width = sourceFields.count
        for (row, operation) in operations.enumerated() {
            switch operation {
            case .truncate: continue
            case .insert:
                guard isAllNull(rows, row, 0..<width), goesThrough(rows, row: row, offset: width) else { return false }
            case .delete:
                guard isAllNull(rows, row, width..<width * 2), goesThrough(rows, row: row, offset: 0) else {
                    return false
                }
            case .update:
                guard goesThrough(rows, row: row, offset: 0), goesThrough(rows, row: row, offset: width),
                    (0..<width).contains(where: {
                        !RowBatch.areEqual(rows[row, $0], in: rows, rows[row, width + $0], in: rows)
                    })
                else { return false }
            }
        }
        return true
    }

    private func isAllNull(_ rows: RowBatch, _ row: Int, _ columns: Range<Int>) -> Bool {
        for column in columns where rows[row, column].kind != .null { return false }
        return true
    }
}

/// A batch of changes on its way through a plan.
private struct ChangeMapping {
    let plan: DirectionPlan
    let source: RowBatch
    /// Fields of one image.
    let width: Int
    var mapped: MappedChanges

    init(plan: DirectionPlan, source: RowBatch) {
        self.plan = plan
        self.source = source
        width = plan.sourceFields.count
        let rows = RowBatch(
            columnCount: plan.steps.count * 2, reservingRows: source.rowCount, sharingHeapOf: source)
        mapped = MappedChanges(rows: rows, operations: [], followedOutside: [], failures: [])
        mapped.operations.reserveCapacity(source.rowCount)
    }

    mutating func map(_ row: Int, _ operation: Operation) {
        let place = BatchPlace(mapped.rows)
        var result: Operation?
        do {
            result = try outcome(row, operation)
            if let wanted = result, !(try append(row, wanted)) { result = nil }
        } catch {
            result = nil
            mapped.failures.append(error.failure(row: row))
        }
        if result == nil {
            place.restore(&mapped.rows)
            plan.appendNulls(plan.steps.count * 2, to: &mapped.rows)
            if mapped.followedOutside.last == row { mapped.followedOutside.removeLast() }
        }
        mapped.operations.append(result)
    }

    /// What the change is for the target, by where the record is before and after; nil where it does not concern it.
    private mutating func outcome(_ row: Int, _ operation: Operation) throws(FieldProblem) -> Operation? {
        switch operation {
        case .truncate:
            return .truncate
        case .insert:
            return try plan.includes(source, row: row, offset: width) ? .insert : nil
        case .delete:
            return wasInside(row) ? .delete : followed(row, .delete)
        case .update:
            let isInside = try plan.includes(source, row: row, offset: width)
            switch (wasInside(row), isInside) {
            case (true, true): return .update
            case (false, true): return .insert
            case (false, false): return followed(row, .update)
            case (true, false): return left(row)
            }
        }
    }

    private mutating func left(_ row: Int) -> Operation? {
        switch plan.leaveRule {
        case .unlink: nil
        case .delete: .delete
        case .keep: followed(row, .update)
        }
    }

    private mutating func followed(_ row: Int, _ operation: Operation) -> Operation? {
        guard plan.leaveRule == .keep else { return nil }
        mapped.followedOutside.append(row)
        return operation
    }

    /// A record whose image before cannot be judged counts as inside: taking it for outside could lose its change.
    private func wasInside(_ row: Int) -> Bool {
        do throws(FieldProblem) {
            return try plan.includes(source, row: row, offset: 0)
        } catch {
            return true
        }
    }

    /// Appends both images; false where an update changes nothing that is mapped.
    private mutating func append(_ row: Int, _ operation: Operation) throws(FieldProblem) -> Bool {
        let targets = plan.steps.count
        switch operation {
        case .truncate:
            plan.appendNulls(targets * 2, to: &mapped.rows)
        case .insert:
            plan.appendNulls(targets, to: &mapped.rows)
            try plan.appendImage(source, row: row, offset: width, to: &mapped.rows)
        case .delete:
            try plan.appendImageBefore(source, row: row, offset: 0, to: &mapped.rows)
            plan.appendNulls(targets, to: &mapped.rows)
        case .update:
            let first = mapped.rows.cells.count
            try plan.appendImageBefore(source, row: row, offset: 0, to: &mapped.rows)
            try plan.appendImage(source, row: row, offset: width, to: &mapped.rows)
            return (0..<targets).contains { column in
                let (before, after) = (mapped.rows.cells[first + column], mapped.rows.cells[first + targets + column])
                return !RowBatch.areEqual(before, in: mapped.rows, after, in: mapped.rows)
            }
        }
        return true
    }
}
