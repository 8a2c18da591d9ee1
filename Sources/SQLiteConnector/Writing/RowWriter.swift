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
    private let width: Int
    /// The fields of the record that was looked up last.
    private var found: RowBatch
    private var result: WriteResult
    private let allFields: [Int]
    /// Statements in use while the batch is applied; the last insert and update by the fields that they write.
    private var inserting = FieldStatement()
    private var updating = FieldStatement()
    private var lookingUp: SQLiteStatement?
    private var deleting: SQLiteStatement?

    private struct FieldStatement {
        var fields: [Int] = []
        var statement: SQLiteStatement?
    }

    init(database: SQLiteDatabase, plan: WritePlan, batch: WriteBatch, isCareful: Bool) {
        self.database = database
        self.plan = plan
        self.batch = batch
        width = batch.fields.count
        allFields = Array(0..<batch.fields.count)
        found = RowBatch(columnCount: max(1, width))
        result = WriteResult(
            changedCount: 0, exceptions: [], current: RowBatch(columnCount: max(1, batch.readFields.count)))
        journal = isCareful ? JournalCorrection(database: database, plan: plan) : nil
    }

    mutating func run() throws -> WriteResult {
        defer {
            for statement in [inserting.statement, updating.statement, lookingUp, deleting] { statement?.reset() }
        }
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
        dropProvisional()
        return result
    }

    /// The map's key is not unique in the store: no statement may be run by it.
    private struct SeveralRecords: Error {}

    // MARK: Operations: nil when applied

    private mutating func insert(_ row: Int) throws -> WriteException.Outcome? {
        let isWhole = allFields.allSatisfy { batch.rows[row, width + $0].kind != .unchanged }
        let fields = isWhole ? allFields : allFields.filter { batch.rows[row, width + $0].kind != .unchanged }
        if let rejection = check(row, fields) { return .rejected(rejection) }
        let mayExist = !plan.key.contains { batch.rows[row, width + $0].isNull }
        if !batch.isLoad && mayExist, try lookUp(row, image: width) { return compareExisting(row, fields) }
        do {
            try run(insertStatement(fields), row, fields, keyImage: nil, .insert)
        } catch let error as SQLiteError where error.isKeyViolation && mayExist {
            guard try lookUp(row, image: width) else { throw error }
            return compareExisting(row, fields)
        }
        result.changedCount += 1
        return nil
    }

    private mutating func compareExisting(_ row: Int, _ fields: [Int]) -> WriteException.Outcome? {
        let isSame = fields.allSatisfy { isCurrent($0, row, width + $0) }
        return isSame ? nil : .exists(current: keepCurrent())
    }

    private mutating func update(_ row: Int) throws -> WriteException.Outcome? {
        let fields = (0..<width).filter { field in
            let after = batch.rows[row, width + field]
            return after.kind != .unchanged
                && !RowBatch.areEqual(batch.rows[row, field], in: batch.rows, after, in: batch.rows)
        }
        guard try lookUp(row, image: 0) else { return .missing }
        let outdated = fields.filter { !isCurrent($0, row, width + $0) }
        let isExpected = outdated.allSatisfy {
            batch.rows[row, $0].kind == .unchanged || isCurrent($0, row, $0)
        }
        guard isExpected else { return .differs(current: keepCurrent()) }
        guard !outdated.isEmpty else { return nil }
        if let rejection = check(row, outdated) { return .rejected(rejection) }
        try run(updateStatement(outdated), row, outdated, keyImage: 0, .update)
        result.changedCount += 1
        return nil
    }

    private mutating func delete(_ row: Int) throws -> WriteException.Outcome? {
        guard try lookUp(row, image: 0) else { return nil }
        let isExpected = (0..<width).allSatisfy {
            batch.rows[row, $0].kind == .unchanged || isCurrent($0, row, $0)
        }
        guard isExpected else { return .differs(current: keepCurrent()) }
        try run(deleteStatement(), row, [], keyImage: 0, .delete)
        result.changedCount += 1
        return nil
    }

    // MARK: The record as it is

    private func isCurrent(_ field: Int, _ row: Int, _ column: Int) -> Bool {
        RowBatch.areEqual(found[0, field], in: found, batch.rows[row, column], in: batch.rows)
    }

    /// Reads the record under the key of an image, its `readFields` provisionally at the end of the result.
    private mutating func lookUp(_ row: Int, image: Int) throws -> Bool {
        dropProvisional()
        // A key with a null in it is no key: it would match any number of records.
        guard !plan.key.contains(where: { batch.rows[row, image + $0].isNull }) else { return false }
        let statement = try lookingUp ?? database.prepare(plan.lookUp)
        lookingUp = statement
        defer { statement.rewind() }
        return try batch.rows.withStorage { cells, heap in
            try bindKey(statement, row, image: image, firstPlace: 1, cells, heap)
            guard try statement.step() else { return false }
            found.removeAll()
            for (index, codec) in plan.codecs.enumerated() { codec.append(statement, index, to: &found) }
            provisional = (result.current.cells.count, result.current.heap.count)
            for (index, codec) in plan.readCodecs.enumerated() {
                codec.append(statement, width + index, to: &result.current)
            }
            if plan.readCodecs.isEmpty { result.current.appendNull() }
            if try statement.step() { throw SeveralRecords() }
            return true
        }
    }

    private var provisional: (cells: Int, heap: Int)?

    private mutating func dropProvisional() {
        guard let provisional else { return }
        result.current.discard(toCells: provisional.cells, heap: provisional.heap)
        self.provisional = nil
    }

    /// Keeps the record that was looked up last in the result, and says where.
    private mutating func keepCurrent() -> Int {
        provisional = nil
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

    private func check(_ row: Int, _ fields: [Int]) -> Rejection? {
        batch.rows.withStorage { cells, heap in
            for field in fields {
                let codec = plan.codecs[field]
                let cell = cells[row * batch.rows.columnCount + width + field]
                if codec.column.isGenerated {
                    return Rejection(
                        cause: .readOnly, constraint: codec.column.name,
                        message: "the store computes the field \(codec.column.name)")
                }
                if case .failure(let refusal) = codec.stored(cell, Self.bytes(of: cell, heap)) {
                    return codec.rejection(refusal, cell)
                }
            }
            return nil
        }
    }

    private func run(
        _ statement: SQLiteStatement, _ row: Int, _ fields: [Int], keyImage: Int?, _ operation: Operation
    ) throws {
        let newest = try journal?.newest() ?? 0
        try batch.rows.withStorage { cells, heap in
            for (place, field) in fields.enumerated() {
                let cell = cells[row * batch.rows.columnCount + width + field]
                let bytes = Self.bytes(of: cell, heap)
                guard case .success(let stored) = plan.codecs[field].stored(cell, bytes) else { continue }
                try statement.bind(stored, bytes, at: place + 1)
            }
            if let keyImage {
                try bindKey(statement, row, image: keyImage, firstPlace: fields.count + 1, cells, heap)
            }
            try statement.run()
        }
        if let journal {
            let key = plan.key.flatMap { plan.codecs[$0].spellings(batch.rows, row, (keyImage ?? width) + $0) }
            try journal.settle(operation, after: newest, key: key, written: fields)
        }
    }

    private func bindKey(
        _ statement: SQLiteStatement, _ row: Int, image: Int, firstPlace: Int, _ cells: UnsafeBufferPointer<Cell>,
        _ heap: UnsafeRawBufferPointer
    ) throws {
        var place = firstPlace
        for field in plan.key {
            let codec = plan.codecs[field]
            if codec.spellingCount == 1 {
                let cell = cells[row * batch.rows.columnCount + image + field]
                let bytes = Self.bytes(of: cell, heap)
                if case .success(let stored) = codec.stored(cell, bytes) {
                    try statement.bind(stored, bytes, at: place)
                } else {
                    try statement.bindNull(at: place)
                }
            } else {
                for (offset, value) in codec.spellings(batch.rows, row, image + field).enumerated() {
                    try statement.bind(value, at: place + offset)
                }
            }
            place += codec.spellingCount
        }
    }

    @inline(__always)
    private static func bytes(of cell: Cell, _ heap: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard cell.kind.isOnHeap else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let start = Int(cell.bits)
        return UnsafeRawBufferPointer(rebasing: heap[start..<start + Int(cell.length)])
    }
}
