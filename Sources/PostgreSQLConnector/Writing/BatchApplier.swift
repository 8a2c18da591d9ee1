import CPostgreSQL
import ConnectorKit
import LockstepModel

/// Applies one batch, group by group. Each statement runs behind a savepoint; where the server refuses it because of a
/// record, the group is halved until only the records at fault are left out.
struct BatchApplier {
    private let wire: Wire
    private let target: WriteTarget
    private let batch: WriteBatch
    private let columns: [Column]
    private let readColumns: [Column]
    private let rules: [CellRule]
    private var outcomes: [Int: WriteException.Outcome] = [:]
    private var current: RowBatch
    private var changedCount = 0
    /// Rows that were refused because of other records: they may succeed once the rest of the batch is applied.
    private var retryable: [(row: Int, shape: WriteGroup.Shape)] = []

    /// The statement changed fewer records than expected, and only halving can tell which.
    private struct NeedsHalving: Error {}

    init(_ wire: Wire, _ target: WriteTarget, _ batch: WriteBatch) throws {
        self.wire = wire
        self.target = target
        self.batch = batch
        columns = try target.table.columns(batch.fields, doing: "writing records")
        rules = columns.map(CellRule.init)
        readColumns = try target.table.columns(batch.readFields, doing: "writing records")
        current = RowBatch(columnCount: max(1, readColumns.count))
    }

    mutating func run() throws -> WriteResult {
        if let shape = wholeInsertShape() {
            try apply(Array(batch.operations.indices), shape)
        } else {
            var grouping = WriteGrouping()
            for row in 0..<batch.operations.count {
                switch sureMask(row) {
                case .unsure: if let shape = shape(row) { grouping.add(row, shape) }
                case .nothingToDo: break
                case .fields(let mask): grouping.add(row, batch.operations[row], mask: mask)
                }
            }
            for group in grouping.inOrder { try apply(group.rows, group.shape) }
        }
        try retry()
        let exceptions = outcomes.sorted { $0.key < $1.key }.map { WriteException(row: $0.key, outcome: $0.value) }
        return WriteResult(changedCount: changedCount, exceptions: exceptions, current: current)
    }

    // MARK: Sorting rows

    /// The one shape of a batch that only inserts whole rows which the columns surely store: what loads look like.
    private func wholeInsertShape() -> WriteGroup.Shape? {
        guard batch.operations.allSatisfy({ $0 == .insert }) else { return nil }
        let width = columns.count
        let isWhole = batch.rows.withStorage { cells, heap in
            for row in batch.operations.indices {
                let start = row * 2 * width + width
                for field in 0..<width where !rules[field].surelyStores(cells[start + field], heap) { return false }
                for field in batch.key where cells[start + field].kind == .null { return false }
            }
            return true
        }
        return isWhole ? WriteGroup.Shape(operation: .insert, fields: Array(columns.indices), nullKeys: []) : nil
    }

    /// What a first look at a row says, without lists.
    private enum SureMask {
        /// Some cell must be looked at closely.
        case unsure
        case nothingToDo
        /// The fields of the row's ``WriteGroup/Shape``, as bits.
        case fields(UInt64)
    }

    private func sureMask(_ row: Int) -> SureMask {
        let width = columns.count
        let operation = batch.operations[row]
        guard width <= UInt64.bitWidth, operation == .update || operation == .delete else { return .unsure }
        return batch.rows.withStorage { cells, heap in
            let start = row * 2 * width
            for field in batch.key {
                let cell = cells[start + field]
                if cell.kind == .null || !rules[field].surelyStores(cell, heap) { return .unsure }
            }
            var mask: UInt64 = 0
            for field in 0..<width {
                let (before, after) = (cells[start + field], cells[start + width + field])
                if operation == .delete {
                    if before.kind == .unchanged { continue }
                } else {
                    if after.kind == .unchanged || RowBatch.areEqual(before, in: batch.rows, after, in: batch.rows) {
                        continue
                    }
                    guard rules[field].surelyStores(after, heap) else { return .unsure }
                }
                guard rules[field].surelyStores(before, heap) else { return .unsure }
                mask |= 1 << UInt64(field)
            }
            return mask == 0 && operation == .update ? .nothingToDo : .fields(mask)
        }
    }

    /// Nil where the column stores the cell exactly.
    @inline(__always)
    private func refusal(_ cell: Cell, _ field: Int) -> Rejection? {
        let isSure = batch.rows.withStorage { _, heap in rules[field].surelyStores(cell, heap) }
        return isSure ? nil : CellCheck.storable(cell, in: batch.rows, columns[field])
    }

    /// Nil where the cell can be compared with the column's values.
    @inline(__always)
    private func incomparable(_ cell: Cell, _ field: Int) -> Rejection? {
        let isSure = batch.rows.withStorage { _, heap in rules[field].surelyStores(cell, heap) }
        return isSure ? nil : CellCheck.comparable(cell, in: batch.rows, columns[field])
    }

    /// The group that a row belongs to; nil where there is nothing to do or the row is refused at once.
    private mutating func shape(_ row: Int) -> WriteGroup.Shape? {
        let operation = batch.operations[row]
        var fields: [Int] = []
        for field in columns.indices {
            let (before, after) = (batch.rows[row, field], batch.rows[row, columns.count + field])
            let refusal: Rejection?
            switch operation {
            case .insert:
                if after.kind == .unchanged { continue }
                refusal = self.refusal(after, field)
            case .update:
                let isSame =
                    after.kind == .unchanged || RowBatch.areEqual(before, in: batch.rows, after, in: batch.rows)
                if isSame {
                    guard batch.key.contains(field) else { continue }
                    refusal = incomparable(before, field)
                } else {
                    refusal =
                        incomparable(before, field) ?? self.refusal(after, field)
                }
                if isSame && refusal == nil { continue }
            case .delete:
                if before.kind == .unchanged { continue }
                refusal = incomparable(before, field)
            case .truncate: continue
            }
            if let refusal {
                outcomes[row] = .rejected(refusal)
                return nil
            }
            fields.append(field)
        }
        if fields.isEmpty && operation != .delete { return nil }
        let keyOffset = operation == .insert ? columns.count : 0
        let nullKeys = batch.key.filter { field in
            let kind = batch.rows[row, keyOffset + field].kind
            return kind == .null || kind == .unchanged
        }
        return WriteGroup.Shape(operation: operation, fields: fields, nullKeys: nullKeys)
    }

    // MARK: Running statements

    private mutating func apply(_ rows: [Int], _ shape: WriteGroup.Shape) throws {
        let countBefore = changedCount
        let outcomesBefore = outcomes
        let cells = (current.cells.count, current.heap.count)
        do {
            try wire.execute("savepoint lockstep_step")
            try attempt(rows, shape)
            try wire.execute("release savepoint lockstep_step")
            return
        } catch let error as ServerError where error.concernsRecord {
            try undo()
            if rows.count == 1 {
                changedCount = countBefore
                outcomes[rows[0]] = .rejected(error.rejection)
                if error.rejection.cause == .uniqueKey || error.rejection.cause == .reference {
                    retryable.append((rows[0], shape))
                }
                return
            }
        } catch is NeedsHalving { try undo() }
        changedCount = countBefore
        outcomes = outcomesBefore
        current.discard(toCells: cells.0, heap: cells.1)
        let middle = rows.count / 2
        try apply(Array(rows[..<middle]), shape)
        try apply(Array(rows[middle...]), shape)
    }

    private func undo() throws {
        try wire.execute("rollback to savepoint lockstep_step; release savepoint lockstep_step")
    }

    /// Refused rows once more, in the batch's order, as long as that helps: a parent may have come after its child.
    /// Bounded by the rows that are left, and by three rounds, as deeper chains come in order anyway.
    private mutating func retry() throws {
        for _ in 0..<3 {
            let rows = retryable.sorted { $0.row < $1.row }
            let isMixed = batch.operations.count > rows.count
            guard !rows.isEmpty, isMixed, rows.count <= 256 else { return }
            retryable = []
            for (row, shape) in rows {
                outcomes[row] = nil
                try apply([row], shape)
            }
            if retryable.count == rows.count { return }
        }
    }

    private mutating func attempt(_ rows: [Int], _ shape: WriteGroup.Shape) throws {
        switch shape.operation {
        case .insert: try insert(rows, shape)
        case .update:
            var statements = statements(shape)
            let sql = statements.update(recordingMade: target.mayAlterUpdate)
            try settle(rows, shape, applied: try places(sql, statements, rows))
        case .delete:
            var statements = statements(shape)
            let sql = statements.delete()
            try settle(rows, shape, applied: try places(sql, statements, rows))
        case .truncate: break
        }
    }

    private func statements(_ shape: WriteGroup.Shape) -> WriteStatements {
        WriteStatements(target.table, columns: columns, key: batch.key, shape: shape)
    }

    private func parameters(_ statements: WriteStatements, _ rows: [Int]) -> Parameters {
        var parameters = Parameters()
        for slot in statements.slots {
            UnnestSource.append(rows, column: slot.batchColumn, of: batch.rows, slot.column, to: &parameters)
        }
        return parameters
    }

    /// The places, counted from 0, of the rows that a statement returns.
    private func places(_ sql: String, _ statements: WriteStatements, _ rows: [Int]) throws -> [Int] {
        let result = try wire.prepared(sql, parameters(statements, rows))
        return (0..<result.rowCount).compactMap { result.bytes($0, 0).map { Int($0.bigEndian(0, as: Int64.self)) - 1 } }
    }

    /// Finds out what became of the rows that an update or delete did not touch.
    private mutating func settle(_ rows: [Int], _ shape: WriteGroup.Shape, applied: [Int]) throws {
        changedCount += applied.count
        guard applied.count < rows.count else { return }
        var isApplied = [Bool](repeating: false, count: rows.count)
        for place in applied { isApplied[place] = true }
        let left = rows.indices.filter { !isApplied[$0] }.map { rows[$0] }
        let found = try lookUp(left, shape) { .differs(current: $0) }
        guard shape.operation == .update else { return }
        for row in left where !found.contains(row) { outcomes[row] = .missing }
    }

    /// Reads the records of some rows, notes a conflict where they do not agree, and returns the rows that have one.
    private mutating func lookUp(
        _ rows: [Int], _ shape: WriteGroup.Shape, conflict: (Int) -> WriteException.Outcome
    ) throws -> Set<Int> {
        var statements = statements(shape)
        let sql = statements.current(readColumns)
        let result = try wire.prepared(sql, parameters(statements, rows))
        var found: Set<Int> = []
        for index in 0..<result.rowCount {
            guard let place = result.bytes(index, 0), let agrees = result.bytes(index, 1) else { continue }
            let row = rows[Int(place.bigEndian(0, as: Int64.self)) - 1]
            guard found.insert(row).inserted, agrees[0] == 0 else { continue }
            outcomes[row] = conflict(current.rowCount)
            result.appendRow(index, readColumns.map(\.codec), from: 2, to: &current)
            if readColumns.isEmpty { current.appendNull() }
        }
        return found
    }

    // MARK: Inserting

    private mutating func insert(_ rows: [Int], _ shape: WriteGroup.Shape) throws {
        let names = batch.key.map { columns[$0].name }
        let hasArbiter = target.table.isTable && shape.nullKeys.isEmpty && target.table.hasArbiter(names)
        let recordsMade = target.mayAlterInsert(given: shape.fields, in: columns)
        // A trigger may make a record other than what was sent: it must not be compared after the fact.
        let looksFirst = !hasArbiter || recordsMade || target.table.hasBeforeInsertTrigger
        if batch.isLoad && !looksFirst && rows.count > 1 {
            if try load(rows, shape) { return }
        }
        var rows = rows
        if looksFirst {
            let found = try lookUp(rows, shape) { .exists(current: $0) }
            rows.removeAll { found.contains($0) }
            if rows.isEmpty { return }
        }
        var statements = statements(shape)
        let sql = statements.insert(recordingMade: recordsMade, hasArbiter: hasArbiter)
        let result = try wire.prepared(sql, parameters(statements, rows))
        let inserted =
            recordsMade ? result.bytes(0, 0).map { Int($0.bigEndian(0, as: Int64.self)) } ?? 0 : result.affectedCount
        changedCount += inserted
        guard inserted < rows.count else { return }
        if looksFirst && rows.count > 1 { throw NeedsHalving() }
        let found = try lookUp(rows, shape) { .exists(current: $0) }
        for row in rows where !found.contains(row) {
            outcomes[row] = .rejected(Rejection(cause: .check, message: "a trigger of the table discarded the record"))
        }
    }

    /// Binary COPY of all rows.
    ///
    /// - Returns: false, with nothing written, where the server refused the rows.
    private mutating func load(_ rows: [Int], _ shape: WriteGroup.Shape) throws -> Bool {
        try wire.execute("savepoint lockstep_load")
        do {
            let names = shape.fields.map { columns[$0].quoted }.joined(separator: ", ")
            let isBinary = !shape.fields.contains { columns[$0].codec == .foreign || columns[$0].isCaseFolding }
            guard isBinary else {
                try wire.execute("release savepoint lockstep_load")
                return false
            }
            try wire.execute("copy \(target.table.quoted) (\(names)) from stdin (format binary)")
            try CopyWriter(wire, columns, shape.fields).send(rows, of: batch.rows)
            try wire.execute("release savepoint lockstep_load")
            changedCount += rows.count
            return true
        } catch let error as ServerError where error.concernsRecord {
            try wire.execute("rollback to savepoint lockstep_load; release savepoint lockstep_load")
            return false
        }
    }
}
