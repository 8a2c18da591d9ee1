internal import ConnectorKit
internal import LockstepModel

/// Walks the rows of a reader in key order, a row at a time, with each row's key.
struct KeyCursor {
    private let reader: any BatchReader
    private let keyColumns: [Int]
    private(set) var batch: RowBatch?
    private(set) var row = 0
    /// The current row's key; nil at the end.
    private(set) var key: [UInt8]?
    /// The current row's key has a null in it.
    private(set) var hasNullKey = false
    private let entity: String

    init(_ reader: any BatchReader, keyColumns: [Int], entity: String) async throws {
        self.reader = reader
        self.keyColumns = keyColumns
        self.entity = entity
        batch = try await reader.next()
        readKey()
    }

    /// Goes to the next row.
    ///
    /// - Throws: when the store does not deliver in the order of the keys, on which everything here rests.
    mutating func advance() async throws {
        guard let current = batch else { return }
        let last = key
        row += 1
        if row == current.rowCount {
            batch = try await reader.next()
            row = 0
        }
        readKey()
        if let last, let key, key.lexicographicallyPrecedes(last) {
            throw ConnectorError(
                .protocolViolation, doing: "comparing records in key order", entity: entity,
                message: "the store delivers its keys in another order than their values'",
                hint: "the key fields may hold values of several types or spellings; unify them")
        }
    }

    private mutating func readKey() {
        guard let batch else {
            key = nil
            return
        }
        key = KeyEncoder.encode(batch, row: row, columns: keyColumns)
        hasNullKey = keyColumns.contains { batch[row, $0].isNull }
    }

    func close() async { await reader.close() }
}
