import ConnectorKit
import LockstepModel

/// All records of a ``MemoryStore`` as they were when it was opened.
struct MemorySnapshot: Snapshot {
    let database: MemoryDatabase
    let position: Position
    let lifeline: MemoryLifeline

    func read(_ request: ReadRequest) async throws -> any BatchReader {
        let doing = "reading a snapshot"
        try lifeline.state(doing) { _ in }
        var shown = MemoryStore.State()
        shown.database = database
        guard request.predicate == nil else {
            throw ConnectorError(
                .unsupported, doing: doing, entity: request.entity,
                message: "filters cannot be passed on to this kind of store", hint: "filter what is read")
        }
        let table = try shown.table(request.entity, doing)
        let columns = try shown.columns(request.fields, of: request.entity, doing)
        var numbers: [UInt64]
        switch request.order {
        case .fastest: numbers = table.numbers
        case .byKey(let fields):
            _ = try shown.columns(fields, of: request.entity, doing)
            numbers = table.sorted(by: fields)
        }
        if let keys = request.keys {
            let found = Set(table.numbers(try shown.columns(keys.fields, of: request.entity, doing), keys.rows))
            numbers.removeAll { !found.contains($0) }
        }
        return MemoryBatchReader(
            table: table, numbers: numbers, columns: columns, limits: request.limits, lifeline: lifeline)
    }

    func close() async {}
}

/// Some records, batch by batch.
actor MemoryBatchReader: BatchReader {
    private let table: MemoryTable
    private let numbers: [UInt64]
    private let columns: [Int]
    private let limits: BatchLimits
    private let lifeline: MemoryLifeline
    private var index = 0

    init(table: MemoryTable, numbers: [UInt64], columns: [Int], limits: BatchLimits, lifeline: MemoryLifeline) {
        self.table = table
        self.numbers = numbers
        self.columns = columns
        self.limits = limits
        self.lifeline = lifeline
    }

    func next() async throws -> RowBatch? {
        try lifeline.state("reading records") { _ in }
        guard index < numbers.count else { return nil }
        var batch = RowBatch(columnCount: max(1, columns.count))
        repeat {
            if let row = table.rows[numbers[index]] {
                for column in columns { batch.append(row[column]) }
                if columns.isEmpty { batch.appendNull() }
            }
            index += 1
        } while index < numbers.count && !batch.isFull(limits)
        return batch
    }

    func close() async { index = numbers.count }
}
