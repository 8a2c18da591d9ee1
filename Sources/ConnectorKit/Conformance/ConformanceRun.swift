import LockstepModel

/// One run of one check: the short words that checks are written in.
struct ConformanceRun: Sendable {
    typealias Scratch = ConformanceScratch

    /// A reader that delivers more batches than this for the few records of a check does not end.
    static let mostBatches = 10_000

    let subject: ConformanceSubject
    let connector: any Connector

    var entity: String { subject.entity }
    /// The fields that most checks look at.
    var fields: [String] { [Scratch.id, Scratch.code, Scratch.note] }

    func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
        if !condition { throw ConformanceFailure(reason()) }
    }

    // MARK: Users

    func user(_ statements: ConformanceSubject.Statement..., ending: ConformanceSubject.Ending = .commit) async throws {
        try await subject.foreign(statements, ending)
    }

    /// Inserts a record that says its number: code `c1`, note `n1`.
    static func insert(_ number: Int64) -> ConformanceSubject.Statement { .insert(record(number)) }

    static func record(_ number: Int64) -> [String: Value] {
        [Scratch.id: .int64(number), Scratch.code: .text("c\(number)"), Scratch.note: .text("n\(number)")]
    }

    /// The same as ``record(_:)``, in the order of ``fields``.
    static func row(_ number: Int64, code: String? = nil, note: String? = nil) -> [Value] {
        [.int64(number), .text(code ?? "c\(number)"), .text(note ?? "n\(number)")]
    }

    // MARK: Reading

    func install() async throws { try await connector.installCapture(CaptureRequest(entities: [entity])) }

    /// The position that changes are read from in most checks: of a snapshot, now.
    func here() async throws -> Position {
        let snapshot = try await connector.snapshot(SnapshotRequest(purpose: .follow))
        await snapshot.close()
        return snapshot.position
    }

    func rows(_ reader: any BatchReader) async throws -> [[Value]] {
        var rows: [[Value]] = []
        for _ in 0..<Self.mostBatches {
            guard let batch = try await reader.next() else {
                await reader.close()
                return rows
            }
            try require(!batch.isEmpty, "a reader gave an empty batch")
            rows += (0..<batch.rowCount).map { batch.values(row: $0) }
        }
        throw ConformanceFailure("a reader does not end")
    }

    /// The records as they are now, by id.
    func records(_ fields: [String]? = nil, on other: (any Connector)? = nil) async throws -> [[Value]] {
        let request = QueryRequest(entity: entity, fields: fields ?? self.fields, orderBy: [Scratch.id])
        return try await rows(try await (other ?? connector).query(request))
    }

    func requireRecords(_ expected: [[Value]], _ when: String) async throws {
        let found = try await records()
        try require(
            Self.agree(found, expected), "\(when) the records are \(Self.show(found)), expected \(Self.show(expected))")
    }

    /// What a fresh connector does, for what must outlive this one.
    func reconnected<Result: Sendable>(
        _ body: (any Connector) async throws -> Result
    ) async throws -> Result {
        let other = try await subject.connect()
        do {
            let result = try await body(other)
            await other.close()
            return result
        } catch {
            await other.close()
            throw error
        }
    }

    // MARK: Changes

    /// All changes after a position until the store is quiet.
    func history(
        after position: Position, upTo end: Position? = nil, limits: BatchLimits = .load, fields: [String]? = nil,
        on other: (any Connector)? = nil
    ) async throws -> SeenHistory {
        let request = ChangesRequest(
            entities: [entity: fields ?? self.fields], after: position, upTo: end, limits: limits)
        let reader = try await (other ?? connector).changes(request)
        var history = SeenHistory()
        for _ in 0..<Self.mostBatches {
            guard let chunk = try await reader.next() else {
                history.quiet = await reader.quietPosition
                await reader.close()
                return history
            }
            try history.append(chunk, entity)
        }
        throw ConformanceFailure("a change reader does not become quiet")
    }

    func requireChanges(_ expected: [SeenChange], after position: Position, _ when: String) async throws {
        let found = try await history(after: position).changes
        try require(found == expected, "\(when) the changes are \(found), expected \(expected)")
    }

    // MARK: Writing

    func session(_ lane: String = "conformance") async throws -> any WriteSession {
        try await connector.write(WriteSessionRequest(lane: lane))
    }

    /// A batch of these changes; images left out are all null.
    func batch(_ changes: [SeenChange], fields: [String]? = nil, isLoad: Bool = false) -> WriteBatch {
        let fields = fields ?? self.fields
        let nothing = [Value](repeating: .null, count: fields.count)
        var rows = RowBatch(columnCount: fields.count * 2)
        for change in changes { rows.appendRow((change.before ?? nothing) + (change.after ?? nothing)) }
        return WriteBatch(
            entity: entity, fields: fields, key: [0], operations: changes.map(\.operation), rows: rows,
            readFields: fields, isLoad: isLoad)
    }

    /// Applies changes in a transaction of their own.
    @discardableResult
    func write(
        _ changes: [SeenChange], fields: [String]? = nil, isLoad: Bool = false, checkpoint: Position? = nil
    ) async throws -> WriteResult {
        let session = try await session()
        do {
            let width = (fields ?? self.fields).count
            var result = WriteResult(changedCount: 0, exceptions: [], current: RowBatch(columnCount: width))
            if !changes.isEmpty {
                result = try await session.apply(batch(changes, fields: fields, isLoad: isLoad))
            }
            try await session.commit(checkpoint)
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }

    // MARK: Comparing

    static func agree(_ left: Value, _ right: Value) -> Bool {
        var batch = RowBatch(columnCount: 2)
        batch.appendRow([left, right])
        return RowBatch.areEqual(batch[0, 0], in: batch, batch[0, 1], in: batch)
    }

    static func agree(_ left: [Value], _ right: [Value]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { agree($0, $1) }
    }

    static func agree(_ left: [[Value]], _ right: [[Value]]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { agree($0, $1) }
    }

    static func show(_ rows: [[Value]]) -> String {
        rows.isEmpty ? "none" : rows.map { "(\(show($0)))" }.joined(separator: " ")
    }

    static func show(_ row: [Value]) -> String { row.map(\.displayText).joined(separator: ", ") }

    /// The bytes that a key is ordered by.
    static func key(_ values: [Value]) -> [UInt8] {
        var batch = RowBatch(columnCount: values.count)
        batch.appendRow(values)
        return KeyEncoder.encode(batch, row: 0, columns: 0..<values.count)
    }
}

/// One change, its images as wide as the fields asked for.
struct SeenChange: Sendable, Equatable, CustomStringConvertible {
    var operation: Operation
    var before: [Value]?
    var after: [Value]?

    static func insert(_ after: [Value]) -> SeenChange {
        SeenChange(operation: .insert, before: nil, after: after)
    }

    static func update(_ before: [Value], _ after: [Value]) -> SeenChange {
        SeenChange(operation: .update, before: before, after: after)
    }

    static func delete(_ before: [Value]) -> SeenChange {
        SeenChange(operation: .delete, before: before, after: nil)
    }

    static func == (left: SeenChange, right: SeenChange) -> Bool {
        left.operation == right.operation && ConformanceRun.agree(left.before ?? [], right.before ?? [])
            && ConformanceRun.agree(left.after ?? [], right.after ?? [])
    }

    var description: String {
        "\(operation) \(before.map(ConformanceRun.show) ?? "-") → \(after.map(ConformanceRun.show) ?? "-")"
    }
}

/// What a change reader delivered.
struct SeenHistory: Sendable {
    var changes: [SeenChange] = []
    /// For each chunk that ends a transaction: its position, and how many changes there were up to it.
    var ends: [(position: Position, changeCount: Int)] = []
    var transactionCount = 0
    var chunkCount = 0
    var endsInsideTransaction = false
    var quiet = Position.start

    mutating func append(_ chunk: ChangeChunk, _ entity: String) throws {
        chunkCount += 1
        transactionCount += chunk.transactionCount
        endsInsideTransaction = chunk.position == nil
        for part in chunk.entities {
            guard part.entity == entity else {
                throw ConformanceFailure("a change of \(part.entity) was not asked for")
            }
            let width = part.fields.count
            guard part.rows.columnCount == width * 2, part.operations.count == part.rows.rowCount,
                part.ordinals == part.ordinals.sorted()
            else { throw ConformanceFailure("the rows, operations and ordinals of a chunk do not fit each other") }
            for row in 0..<part.rows.rowCount {
                let before = (0..<width).map { part.rows.value(row, $0) }
                let after = (0..<width).map { column -> Value in
                    let value = part.rows.value(row, column + width)
                    return value == .unchanged ? before[column] : value
                }
                let operation = part.operations[row]
                changes.append(
                    SeenChange(
                        operation: operation, before: operation == .insert ? nil : before,
                        after: operation == .delete ? nil : after))
            }
        }
        if let position = chunk.position { ends.append((position, changes.count)) }
    }
}
