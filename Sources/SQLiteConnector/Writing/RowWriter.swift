internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Applies one batch, row by row, with prepared statements. Each statement is atomic in SQLite, so a refused record
/// changes nothing and needs no savepoint.
struct RowWriter {
    private let database: SQLiteDatabase
    private let plan: WritePlan
    private let batch: WriteBatch
    private let journal: JournalCorrection?
    private let rows: RowBatch
    private let width: Int
    /// The batch's own memory and scratch memory for spellings, one piece a field and one more a key field. Valid only
    /// inside ``run()``, which sets them and lets no statement be stepped afterwards without new bindings.
    private var cells = UnsafeBufferPointer<Cell>(start: nil, count: 0)
    private var heap = UnsafeRawBufferPointer(start: nil, count: 0)
    private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// The wanted fields of the record that was looked up last.
    private var found: RowBatch
    private var result: WriteResult
    private let allFields: [Int]
    /// The fields that the row under way changes, and those of them that the store does not have yet.
    private var changed: [Int] = []
    private var outdated: [Int] = []
    /// Statements in use while the batch is applied; the last insert and update by the fields that they write.
    private var inserting = FieldStatement()
    private var updating = FieldStatement()
    private var lookingUp: SQLiteStatement?
    private var reporting: SQLiteStatement?
    private var deleting: SQLiteStatement?

    private struct FieldStatement {
        var fields: [Int] = []
        var statement: SQLiteStatement?
    }

    init(database: SQLiteDatabase, plan: WritePlan, batch: WriteBatch, isCareful: Bool) {
        self.database = database
        self.plan = plan
        self.batch = batch
        rows = batch.rows
        width = batch.fields.count
        allFields = Array(0..<batch.fields.count)
        found = RowBatch(columnCount: max(1, width))
        result = WriteResult(
            changedCount: 0, exceptions: [], current: RowBatch(columnCount: max(1, batch.readFields.count)))
        journal = isCareful ? JournalCorrection(database: database, plan: plan) : nil
    }

    mutating func run() throws -> WriteResult {
        defer {
            for statement in [inserting.statement, updating.statement, lookingUp, reporting, deleting] {
                statement?.reset()
            }
        }
        let rows = rows
        let scratchCount = (width + plan.key.count) * CellFormat.scratchBytes
        try withUnsafeTemporaryAllocation(byteCount: max(1, scratchCount), alignment: 1) { scratch in
            try rows.withStorage { cells, heap in
                (self.cells, self.heap, self.scratch) = (cells, heap, scratch)
                try applyAll()
            }
        }
        return result
    }

    private mutating func applyAll() throws {
        for (row, operation) in batch.operations.enumerated() {
            do {
                let outcome: WriteException.Outcome? =
                    switch operation {
                    case .insert: try insert(row)
                    case .update: try update(row)
                    case .delete: try delete(row)
                    case .truncate:
                        .rejected(
                            Rejection(cause: .other, message: "a truncate cannot be applied to one record"))
                    }
                if let outcome { result.exceptions.append(WriteException(row: row, outcome: outcome)) }
            } catch is SeveralRecords {
                let rejection = Rejection(
                    cause: .uniqueKey, message: "several records of the store have this key")
                result.exceptions.append(WriteException(row: row, outcome: .rejected(rejection)))
            } catch let error as SQLiteError {
                guard let rejection = error.rejection, database.isInTransaction else { throw error }
                result.exceptions.append(WriteException(row: row, outcome: .rejected(rejection)))
            }
        }
    }

    /// The map's key is not unique in the store: no statement may be run by it.
    private struct SeveralRecords: Error {}

    // MARK: Operations: nil when applied

    private mutating func insert(_ row: Int) throws -> WriteException.Outcome? {
        let isWhole = !(0..<width).contains { cell(row, width + $0).kind == .unchanged }
        let fields = isWhole ? allFields : allFields.filter { cell(row, width + $0).kind != .unchanged }
        let statement = try insertStatement(fields)
        if let rejection = try bind(statement, row, fields) { return .rejected(rejection) }
        let mayExist = !plan.key.contains { cell(row, width + $0).isNull }
        if !batch.isLoad && mayExist, try lookUp(row, image: width, fields) {
            return try compareExisting(row, fields)
        }
        do {
            try run(statement, row, fields, keyImage: width, .insert)
        } catch let error as SQLiteError where error.isKeyViolation && mayExist {
            guard try lookUp(row, image: width, fields) else { throw error }
            return try compareExisting(row, fields)
        }
        result.changedCount += 1
        return nil
    }

    private mutating func compareExisting(_ row: Int, _ fields: [Int]) throws -> WriteException.Outcome? {
        for (place, field) in fields.enumerated() where !isCurrent(place, row, width + field) {
            return .exists(current: try reportCurrent(row, image: width))
        }
        return nil
    }

    private mutating func update(_ row: Int) throws -> WriteException.Outcome? {
        changed.removeAll(keepingCapacity: true)
        for field in 0..<width where cell(row, width + field).kind != .unchanged && isChanged(row, field) {
            changed.append(field)
        }
        guard try lookUp(row, image: 0, changed) else { return .missing }
        outdated.removeAll(keepingCapacity: true)
        for (place, field) in changed.enumerated() where !isCurrent(place, row, width + field) {
            guard cell(row, field).kind == .unchanged || isCurrent(place, row, field) else {
                return .differs(current: try reportCurrent(row, image: 0))
            }
            outdated.append(field)
        }
        guard !outdated.isEmpty else { return nil }
        let statement = try updateStatement(outdated)
        if let rejection = try bind(statement, row, outdated) { return .rejected(rejection) }
        try bindKey(statement, row, image: 0, firstPlace: outdated.count + 1)
        try run(statement, row, outdated, keyImage: 0, .update)
        result.changedCount += 1
        return nil
    }

    private mutating func delete(_ row: Int) throws -> WriteException.Outcome? {
        guard try lookUp(row, image: 0, allFields) else { return nil }
        for field in 0..<width where cell(row, field).kind != .unchanged && !isCurrent(field, row, field) {
            return .differs(current: try reportCurrent(row, image: 0))
        }
        let statement = try deleteStatement()
        try bindKey(statement, row, image: 0, firstPlace: 1)
        try run(statement, row, [], keyImage: 0, .delete)
        result.changedCount += 1
        return nil
    }

    // MARK: Cells

    @inline(__always)
    private func cell(_ row: Int, _ column: Int) -> Cell { cells[row * rows.columnCount + column] }

    @inline(__always)
    private func bytes(of cell: Cell) -> UnsafeRawBufferPointer {
        guard cell.kind.isOnHeap else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let start = Int(cell.bits)
        return UnsafeRawBufferPointer(rebasing: heap[start..<start + Int(cell.length)])
    }

    /// Whether the images before and after differ; equal bits are seen without a call.
    @inline(__always)
    private func isChanged(_ row: Int, _ field: Int) -> Bool {
        let (before, after) = (cell(row, field), cell(row, width + field))
        if before.kind == after.kind && before.bits == after.bits && before.length == after.length { return false }
        return !RowBatch.areEqual(before, in: rows, after, in: rows)
    }

    // MARK: The record as it is

    /// Whether the record that was looked up has a cell of the batch in the wanted field at a place.
    @inline(__always)
    private func isCurrent(_ place: Int, _ row: Int, _ column: Int) -> Bool {
        RowBatch.areEqual(found[0, place], in: found, cell(row, column), in: rows)
    }

    /// Reads the wanted fields of the record under the key of an image.
    private mutating func lookUp(_ row: Int, image: Int, _ fields: [Int]) throws -> Bool {
        // A key with a null in it is no key: it would match any number of records.
        guard !plan.key.contains(where: { cell(row, image + $0).isNull }) else { return false }
        let statement = try lookingUp ?? database.prepare(plan.lookUp)
        lookingUp = statement
        defer { statement.rewind() }
        try bindKey(statement, row, image: image, firstPlace: 1)
        guard try statement.step() else { return false }
        found.removeAll()
        for field in fields { plan.formats[field].append(statement, field, to: &found) }
        if !plan.isKeyUnique, try statement.step() { throw SeveralRecords() }
        return true
    }

    /// Reads the record again with the fields that a conflict reports, and says where in the result it stands.
    ///
    /// Looking it up twice costs conflicts only; the transaction lets nobody change it in between.
    private mutating func reportCurrent(_ row: Int, image: Int) throws -> Int {
        let statement = try reporting ?? database.prepare(plan.report)
        reporting = statement
        defer { statement.rewind() }
        try bindKey(statement, row, image: image, firstPlace: 1)
        let isThere = try statement.step()
        for (index, format) in plan.readFormats.enumerated() {
            if isThere { format.append(statement, index, to: &result.current) } else { result.current.appendNull() }
        }
        if plan.readFormats.isEmpty { result.current.appendNull() }
        return result.current.rowCount - 1
    }

    // MARK: Statements

    private mutating func insertStatement(_ fields: [Int]) throws -> SQLiteStatement {
        if let statement = inserting.statement, inserting.fields == fields { return statement }
        inserting.statement?.reset()
        let statement = try database.prepare(plan.insert(fields))
        inserting = FieldStatement(fields: fields, statement: statement)
        return statement
    }

    private mutating func updateStatement(_ fields: [Int]) throws -> SQLiteStatement {
        if let statement = updating.statement, updating.fields == fields { return statement }
        updating.statement?.reset()
        let statement = try database.prepare(plan.update(fields))
        updating = FieldStatement(fields: fields, statement: statement)
        return statement
    }

    private mutating func deleteStatement() throws -> SQLiteStatement {
        let statement = try deleting ?? database.prepare(plan.delete)
        deleting = statement
        return statement
    }

    /// Binds the image after, unless a column cannot hold what it should.
    private func bind(_ statement: SQLiteStatement, _ row: Int, _ fields: [Int]) throws -> Rejection? {
        for (place, field) in fields.enumerated() {
            let format = plan.formats[field]
            guard !format.isGenerated else {
                let name = plan.codecs[field].column.name
                return Rejection(
                    cause: .readOnly, constraint: name, message: "the store computes the field \(name)")
            }
            let cell = cell(row, width + field)
            let refusal = try statement.bind(
                cell, bytes(of: cell), as: format, at: place + 1, scratch: scratch(at: place))
            if let refusal { return plan.codecs[field].rejection(refusal) }
        }
        return nil
    }

    @inline(__always)
    private func scratch(at place: Int) -> UnsafeMutableRawBufferPointer {
        let start = place * CellFormat.scratchBytes
        return UnsafeMutableRawBufferPointer(rebasing: scratch[start..<start + CellFormat.scratchBytes])
    }

    /// - Parameter keyImage: the image that has the key by which the record is found or made.
    private func run(
        _ statement: SQLiteStatement, _ row: Int, _ fields: [Int], keyImage: Int, _ operation: Operation
    ) throws {
        guard let journal else { return try statement.run() }
        let newest = try journal.newest()
        try statement.run()
        let key = plan.key.flatMap { plan.codecs[$0].spellings(rows, row, keyImage + $0) }
        try journal.settle(operation, after: newest, key: key, written: fields)
    }

    private func bindKey(_ statement: SQLiteStatement, _ row: Int, image: Int, firstPlace: Int) throws {
        var place = firstPlace
        for (index, field) in plan.key.enumerated() {
            let codec = plan.codecs[field]
            let count = codec.spellingCount
            if count == 1 {
                let cell = cell(row, image + field)
                let refusal = try statement.bind(
                    cell, bytes(of: cell), as: codec.format, at: place, scratch: scratch(at: width + index))
                // What the column cannot hold is the key of no record.
                if refusal != nil { try statement.bindNull(at: place) }
            } else {
                for (offset, value) in codec.spellings(rows, row, image + field).enumerated() {
                    try statement.bind(value, at: place + offset)
                }
            }
            place += count
        }
    }
}
