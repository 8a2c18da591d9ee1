public import LockstepModel

extension DirectionPlan {
    /// Maps source records (as wide as `sourceFields`).
    public func map(records: RowBatch) -> MappedRecords {
        precondition(records.columnCount == sourceFields.count, "records are as wide as the plan's source fields")
        let count = records.rowCount
        if isIdentity && sourceFilter == nil && (0..<count).allSatisfy({ goesThrough(records, row: $0, offset: 0) }) {
            return MappedRecords(rows: records, isIncluded: Array(repeating: true, count: count), failures: [])
        }
        var mapped = MappedRecords(
            rows: RowBatch(columnCount: steps.count, reservingRows: count, sharingHeapOf: records),
            isIncluded: Array(repeating: true, count: count), failures: [])
        for row in 0..<count {
            let place = BatchPlace(mapped.rows)
            do {
                mapped.isIncluded[row] = try includes(records, row: row, offset: 0)
                if mapped.isIncluded[row] {
                    try appendImage(records, row: row, offset: 0, to: &mapped.rows)
                    continue
                }
            } catch {
                mapped.isIncluded[row] = true
                mapped.failures.append(error.failure(row: row))
            }
            place.restore(&mapped.rows)
            appendNulls(steps.count, to: &mapped.rows)
        }
        return mapped
    }

    /// The source's filter in a store's own language: at least all records inside it; nil where there is none, or it
    /// cannot be said in that language.
    public func sourcePredicate(_ dialect: Dialect) -> Predicate? { sourceFilter?.predicate(dialect) }

    /// Which of these target records (as wide as `targetReadFields`) are inside the target's filter. A record whose
    /// values cannot be read counts as inside.
    public func targetIncludes(_ records: RowBatch) -> [Bool] {
        guard let targetFilter else { return Array(repeating: true, count: records.rowCount) }
        return (0..<records.rowCount).map { row in
            do throws(ValueProblem) {
                return try targetFilter.matches(records, row: row, offset: 0)
            } catch {
                return true
            }
        }
    }

    // MARK: One image

    func includes(_ rows: RowBatch, row: Int, offset: Int) throws(FieldProblem) -> Bool {
        guard let sourceFilter else { return true }
        do throws(ValueProblem) {
            return try sourceFilter.matches(rows, row: row, offset: offset)
        } catch {
            throw FieldProblem(field: sourceFilter.columns.first.map { sourceFields[$0] } ?? "", problem: error)
        }
    }

    /// Whether a row of an identity plan needs no step at all.
    func goesThrough(_ rows: RowBatch, row: Int, offset: Int) -> Bool {
        for shortcut in shortcuts {
            let kind = rows[row, offset + shortcut.column].kind
            guard kind == shortcut.kind || (kind == .null && shortcut.takesNull) else { return false }
        }
        return true
    }

    /// Appends a record's image as the target has it.
    func appendImage(_ rows: RowBatch, row: Int, offset: Int, to output: inout RowBatch)
        throws(FieldProblem)
    {
        for (index, shortcut) in shortcuts.enumerated() {
            if shortcut.isOpen {
                let cell = rows[row, offset + shortcut.column]
                if cell.kind == shortcut.kind || (cell.kind == .null && shortcut.takesNull) {
                    output.append(cell)
                    continue
                }
            }
            let step = steps[index]
            do throws(ValueProblem) {
                try step.append(rows, row: row, offset: offset, to: &output)
            } catch {
                throw FieldProblem(field: step.sourceName, problem: error)
            }
        }
    }

    /// Appends an image before: a field that cannot be mapped is `unchanged` there, for nothing is known of it.
    ///
    /// A record must not stay parked because of what it was before its source was mended. A key field that cannot be
    /// mapped fails all the same: without it the record is not known.
    func appendImageBefore(_ rows: RowBatch, row: Int, offset: Int, to output: inout RowBatch)
        throws(FieldProblem)
    {
        for (index, shortcut) in shortcuts.enumerated() {
            if shortcut.isOpen {
                let cell = rows[row, offset + shortcut.column]
                if cell.kind == shortcut.kind || (cell.kind == .null && shortcut.takesNull) {
                    output.append(cell)
                    continue
                }
            }
            let step = steps[index]
            let place = BatchPlace(output)
            do throws(ValueProblem) {
                try step.append(rows, row: row, offset: offset, to: &output)
            } catch {
                guard !step.isKey else { throw FieldProblem(field: step.sourceName, problem: error) }
                place.restore(&output)
                output.append(Cell.unchanged)
            }
        }
    }

    func appendNulls(_ count: Int, to output: inout RowBatch) {
        for _ in 0..<count { output.appendNull() }
    }
}

/// A field's problem, before it is known which row it is of.
struct FieldProblem: Error {
    var field: String
    var problem: ValueProblem

    func failure(row: Int) -> MappingFailure {
        MappingFailure(row: row, code: problem.code.rawValue, field: field, message: problem.message)
    }
}

/// How far a batch was filled, to go back to.
struct BatchPlace {
    private let cells: Int
    private let heap: Int

    init(_ batch: RowBatch) {
        cells = batch.cells.count
        heap = batch.heap.count
    }

    func restore(_ batch: inout RowBatch) {
        if batch.cells.count != cells || batch.heap.count != heap { batch.discard(toCells: cells, heap: heap) }
    }
}
