internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Takes rows out of a table, found by what their keys are as text, and tells what they were. Used on the thread of its
/// session.
final class RowRemoval {
    private static let blockBytes = 256 << 10
    let table: String
    private let isTaken: @Sendable (UnsafeRawBufferPointer) throws -> Bool
    /// The table's rows: first what tells them apart in SQL, then the key.
    private let scan: SQLiteStatement
    private let identityCount: Int
    private let keyCells: [StoredCellText]
    private let find: SQLiteStatement
    private let cells: [StoredCellText]
    private let delete: SQLiteStatement
    private var key: [UInt8] = []
    private var isAtEnd = false

    init(
        _ archived: ArchivedTable, in database: SQLiteDatabase,
        where isTaken: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        table = archived.name
        self.isTaken = isTaken
        let schema = SchemaReader(database: database)
        guard let stored = try schema.anyTable(named: table) else { throw Self.refusal(table, "it is not there") }
        let columns = archived.entity.fields.compactMap { stored.column($0.name) }
        let keyColumns = archived.key.compactMap(stored.column)
        guard columns.count == archived.entity.fields.count, keyColumns.count == archived.key.count else {
            throw Self.refusal(table, "its columns are others")
        }
        let identity = try schema.rowIDName(of: stored).map { [$0] } ?? archived.key.map(quoted)
        guard !identity.isEmpty else { throw Self.refusal(table, "nothing tells its rows apart") }
        identityCount = identity.count
        keyCells = keyColumns.map { StoredCellText($0, of: archived.name) }
        cells = columns.map { StoredCellText($0, of: archived.name) }
        let target = "main.\(quoted(table))"
        let isRow = identity.enumerated().map { "\($1) IS ?\($0 + 1)" }.joined(separator: " AND ")
        scan = try database.prepare(
            "SELECT \((identity + archived.key.map(quoted)).joined(separator: ", ")) FROM \(target)")
        find = try database.prepare(
            "SELECT \(columns.map { quoted($0.name) }.joined(separator: ", ")) FROM \(target) WHERE \(isRow)")
        delete = try database.prepare("DELETE FROM \(target) WHERE \(isRow)")
    }

    private static func refusal(_ table: String, _ message: String) -> ConnectorError {
        ConnectorError(
            .schema, doing: SQLiteRestoreSession.doing, entity: table,
            message: "changes cannot be laid over its physical copy: \(message)",
            hint: "restore from rows (--rows)")
    }

    deinit {
        for statement in [scan, find, delete] { statement.reset() }
    }

    /// The next rows that were taken away; nil when there are no more.
    func next() throws -> RowText? {
        var text = RowText()
        // The scan goes on behind what it has passed, whatever of that is deleted.
        while !isAtEnd, text.bytes.count < Self.blockBytes {
            guard try scan.step() else {
                isAtEnd = true
                break
            }
            key.removeAll(keepingCapacity: true)
            _ = keyCells.appendRow(of: scan, from: identityCount, to: &key)
            if try key.withUnsafeBytes(isTaken) { try take(&text) }
        }
        return text.rowCount == 0 ? nil : text
    }

    private func take(_ text: inout RowText) throws {
        for index in 0..<identityCount {
            try find.bind(scan.stored(index), at: index + 1)
            try delete.bind(scan.stored(index), at: index + 1)
        }
        guard try find.step() else { throw Self.refusal(table, "a row is not found again") }
        _ = cells.appendRow(of: find, from: 0, to: &text.bytes)
        text.bytes.append(UInt8(ascii: "\n"))
        text.rowCount += 1
        find.rewind()
        _ = try delete.step()
        delete.rewind()
    }
}
