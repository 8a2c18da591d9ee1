import LockstepModel

/// Collects changes into a chunk: each entity once, ordinals over all, cut when the limits are reached.
struct ChunkAssembler {
    private let limits: BatchLimits
    private let fields: [String: [String]]
    private var entities: [EntityChanges] = []
    private var places: [String: Int] = [:]
    private(set) var changeCount = 0
    private var byteCount = 0
    private var transactionCount = 0
    /// Changes of the transaction that is open; tells whether it counts when it ends.
    private var openChangeCount = 0
    private(set) var isTransactionOpen = false
    /// A chunk was delivered in the midst of the open transaction.
    private var isPartlyDelivered = false
    /// The transaction that was partly delivered has ended: the chunk goes out at once, however little is in it,
    /// because the reader waits for the position.
    private var endsPartlyDelivered = false
    private var position: Position?
    /// A chunk was cut within a transaction whose end has not been handed out yet.
    private var owesEnd = false

    init(limits: BatchLimits, fields: [String: [String]]) {
        self.limits = limits
        self.fields = fields
    }

    var isFull: Bool { changeCount >= limits.rows || byteCount >= limits.bytes || endsPartlyDelivered }

    /// Whether there is something to hand out: also an end alone, where the transaction's last change filled a chunk.
    var isDue: Bool { !isTransactionOpen && (changeCount > 0 || owesEnd) }

    mutating func begin() {
        isTransactionOpen = true
        openChangeCount = 0
    }

    mutating func end(_ position: Position) {
        isTransactionOpen = false
        if openChangeCount > 0 { transactionCount += 1 }
        openChangeCount = 0
        endsPartlyDelivered = isPartlyDelivered
        isPartlyDelivered = false
        self.position = position
    }

    /// Adds a change whose row `fill` appends to the batch; an update whose images are equal in all fields is dropped.
    mutating func add(
        _ entity: String, _ operation: Operation, _ fill: (inout RowBatch) throws -> Void
    ) rethrows {
        guard let fields = fields[entity] else { return }
        let place = place(of: entity, fields)
        let cells = entities[place].rows.cells.count
        let heap = entities[place].rows.heap.count
        let row = entities[place].rows.rowCount
        try fill(&entities[place].rows)
        if fields.isEmpty { entities[place].rows.appendNull() }
        if operation == .update && Self.isSame(entities[place].rows, row, fields.count) {
            entities[place].rows.discard(toCells: cells, heap: heap)
            return
        }
        entities[place].operations.append(operation)
        entities[place].ordinals.append(UInt32(truncatingIfNeeded: changeCount))
        changeCount += 1
        openChangeCount += 1
        byteCount += (entities[place].rows.cells.count - cells) * MemoryLayout<Cell>.stride
        byteCount += entities[place].rows.heap.count - heap
    }

    private mutating func place(of entity: String, _ fields: [String]) -> Int {
        if let place = places[entity] { return place }
        places[entity] = entities.count
        entities.append(EntityChanges(entity: entity, fields: fields))
        return entities.count - 1
    }

    private static func isSame(_ rows: borrowing RowBatch, _ row: Int, _ width: Int) -> Bool {
        for field in 0..<width
        where !RowBatch.areEqual(rows[row, field], in: rows, rows[row, width + field], in: rows) {
            return false
        }
        return true
    }

    /// The chunk so far; the next one starts empty. The position is left out while a transaction goes on whose
    /// changes the chunk already holds.
    mutating func take() -> ChangeChunk {
        let isCut = isTransactionOpen && openChangeCount > 0
        owesEnd = isCut
        let chunk = ChangeChunk(
            entities: entities.filter { !$0.operations.isEmpty }, position: isCut ? nil : position,
            transactionCount: transactionCount)
        entities.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        changeCount = 0
        byteCount = 0
        transactionCount = 0
        isPartlyDelivered = isCut
        endsPartlyDelivered = false
        return chunk
    }
}
