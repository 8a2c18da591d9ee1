/// Some rows of one entity: row-major ``Cell``s beside one byte heap.
///
/// Filled through `inout` (a struct, so no exclusivity checks per cell), handed on as a value. Rows of changes are
/// twice as wide as the entity: the image before, then the image after.
public struct RowBatch: Sendable {
    public let columnCount: Int
    @usableFromInline var cellStorage: [Cell]
    @usableFromInline var heapStorage: [UInt8]

    @inlinable public var cells: [Cell] { cellStorage }
    @inlinable public var heap: [UInt8] { heapStorage }

    public init(columnCount: Int, reservingRows rows: Int = 0, heapBytes: Int = 0) {
        precondition(columnCount > 0, "a batch has at least one column")
        self.columnCount = columnCount
        cellStorage = []
        heapStorage = []
        cellStorage.reserveCapacity(rows * columnCount)
        heapStorage.reserveCapacity(heapBytes)
    }

    /// An empty batch whose heap begins as another's (shared until either is written to), so that the other's cells can
    /// be appended as they are, without copying their bytes.
    public init(columnCount: Int, reservingRows rows: Int, sharingHeapOf other: RowBatch) {
        precondition(columnCount > 0, "a batch has at least one column")
        self.columnCount = columnCount
        cellStorage = []
        heapStorage = other.heapStorage
        cellStorage.reserveCapacity(rows * columnCount)
    }

    @inlinable public var rowCount: Int { cellStorage.count / columnCount }
    @inlinable public var isEmpty: Bool { cellStorage.isEmpty }
    /// Bytes in cells and heap.
    @inlinable public var byteCount: Int { cellStorage.count * MemoryLayout<Cell>.stride + heapStorage.count }

    /// Whether the batch has reached either limit.
    @inlinable public func isFull(_ limits: BatchLimits) -> Bool {
        rowCount >= limits.rows || byteCount >= limits.bytes
    }

    @inlinable
    public subscript(row: Int, column: Int) -> Cell { cellStorage[row * columnCount + column] }

    // MARK: Filling, cell by cell in row-major order

    /// Appends a cell that has nothing on the heap.
    @inlinable
    @inline(__always)
    public mutating func append(_ cell: Cell) { cellStorage.append(cell) }

    @inlinable
    @inline(__always)
    public mutating func appendNull() { cellStorage.append(.null) }

    /// Appends a cell whose bytes go to the heap.
    @inlinable
    @inline(__always)
    public mutating func append(_ kind: Cell.Kind, bytes: UnsafeRawBufferPointer) {
        cellStorage.append(Cell(kind: kind, bits: UInt64(heapStorage.count), length: UInt32(bytes.count)))
        heapStorage.append(contentsOf: bytes)
    }

    public mutating func append(_ kind: Cell.Kind, bytes: some Collection<UInt8>) {
        cellStorage.append(Cell(kind: kind, bits: UInt64(heapStorage.count), length: UInt32(bytes.count)))
        heapStorage.append(contentsOf: bytes)
    }

    /// Appends a cell that says that the store's value cannot be read as the field's type.
    public mutating func appendInvalid(_ reason: String) { append(.invalid, bytes: Array(reason.utf8)) }

    /// Appends a copy of another batch's cell, its bytes included.
    @inlinable
    @inline(__always)
    public mutating func append(_ cell: Cell, from other: borrowing RowBatch) {
        guard cell.kind.isOnHeap else {
            cellStorage.append(cell)
            return
        }
        let start = Int(cell.bits)
        cellStorage.append(Cell(kind: cell.kind, bits: UInt64(heapStorage.count), length: cell.length))
        other.heapStorage.withUnsafeBytes { source in
            heapStorage.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[start..<start + Int(cell.length)]))
        }
    }

    /// Appends a copy of another batch's row.
    public mutating func appendRow(_ row: Int, from other: borrowing RowBatch) {
        precondition(columnCount == other.columnCount, "rows are copied between batches of one width")
        let first = row * columnCount
        guard let used = other.contiguousHeap(ofCells: first..<first + columnCount) else {
            for column in 0..<columnCount { append(other[row, column], from: other) }
            return
        }
        let shift = UInt64(heapStorage.count) &- UInt64(used.lowerBound)
        for index in first..<first + columnCount {
            var cell = other.cellStorage[index]
            if cell.kind.isOnHeap { cell.bits &+= shift }
            cellStorage.append(cell)
        }
        other.heapStorage.withUnsafeBytes { heapStorage.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[used])) }
    }

    /// The piece of the heap that the cells fill one after the other, as rows that were appended do; nil for others.
    private func contiguousHeap(ofCells indexes: Range<Int>) -> Range<Int>? {
        var start = 0
        var end: Int?
        for index in indexes {
            let cell = cellStorage[index]
            guard cell.kind.isOnHeap else { continue }
            if end == nil { start = Int(cell.bits) }
            guard Int(cell.bits) == end ?? start else { return nil }
            end = Int(cell.bits) + Int(cell.length)
        }
        return start..<(end ?? start)
    }

    public mutating func append(_ value: Value) {
        switch value {
        case .null: append(Cell.null)
        case .unchanged: append(Cell.unchanged)
        case .invalid(let reason): appendInvalid(reason)
        case .bool(let value): append(Cell(bool: value))
        case .int64(let value): append(Cell(.int64, integer: value))
        case .float64(let value): append(Cell(float64: value))
        case .decimal(let value): append(.decimal, bytes: value.utf8)
        case .text(let value): append(.text, bytes: value.utf8)
        case .bytes(let value): append(.bytes, bytes: value)
        case .date(let value): append(Cell(.date, integer: value))
        case .time(let value): append(Cell(.time, integer: value))
        case .timestamp(let value): append(Cell(.timestamp, integer: value))
        case .instant(let value): append(Cell(.instant, integer: value))
        case .uuid(let value): append(.uuid, bytes: value)
        case .json(let value): append(.json, bytes: value.utf8)
        }
    }

    public mutating func appendRow(_ values: [Value]) {
        precondition(values.count == columnCount, "a row has as many values as the batch has columns")
        for value in values { append(value) }
    }

    public mutating func removeAll(keepingCapacity: Bool = true) {
        cellStorage.removeAll(keepingCapacity: keepingCapacity)
        heapStorage.removeAll(keepingCapacity: keepingCapacity)
    }

    /// Takes back what was appended since the batch had this many cells and heap bytes: an incomplete or unwanted row.
    public mutating func discard(toCells cellCount: Int, heap heapCount: Int) {
        cellStorage.removeLast(cellStorage.count - cellCount)
        heapStorage.removeLast(heapStorage.count - heapCount)
    }

    // MARK: Reading

    /// The bytes of a cell on the heap; empty for others. A copy: for the edges.
    public func bytes(of cell: Cell) -> ArraySlice<UInt8> {
        guard cell.kind.isOnHeap else { return [] }
        return heapStorage[Int(cell.bits)..<Int(cell.bits) + Int(cell.length)]
    }

    /// The bytes of a cell on the heap, without a copy; valid only inside `body`.
    @inlinable
    @inline(__always)
    public func withBytes<Result>(of cell: Cell, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try heapStorage.withUnsafeBytes { heap in
            guard cell.kind.isOnHeap else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
            let start = Int(cell.bits)
            return try body(UnsafeRawBufferPointer(rebasing: heap[start..<start + Int(cell.length)]))
        }
    }

    /// The whole heap and all cells, without a copy, for a connector's inner loop; valid only inside `body`.
    @inlinable
    @inline(__always)
    public func withStorage<Result>(
        _ body: (UnsafeBufferPointer<Cell>, UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try cellStorage.withUnsafeBufferPointer { cells in
            try heapStorage.withUnsafeBytes { heap in try body(cells, heap) }
        }
    }

    public func value(_ row: Int, _ column: Int) -> Value {
        let cell = self[row, column]
        func text() -> String { String(decoding: bytes(of: cell), as: UTF8.self) }
        return switch cell.kind {
        case .null: .null
        case .unchanged: .unchanged
        case .invalid: .invalid(text())
        case .bool: .bool(cell.bits != 0)
        case .int64: .int64(cell.integer)
        case .float64: .float64(cell.float64)
        case .decimal: .decimal(text())
        case .text: .text(text())
        case .bytes: .bytes(Array(bytes(of: cell)))
        case .date: .date(cell.integer)
        case .time: .time(cell.integer)
        case .timestamp: .timestamp(cell.integer)
        case .instant: .instant(cell.integer)
        case .uuid: .uuid(Array(bytes(of: cell)))
        case .json: .json(text())
        }
    }

    public func values(row: Int) -> [Value] { (0..<columnCount).map { value(row, $0) } }
}
