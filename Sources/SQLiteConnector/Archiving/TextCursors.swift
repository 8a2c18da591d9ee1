internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Where a table is read; the work is done on the owner's thread.
protocol TextCursorOwner: Sendable {
    func next(_ cursor: Int) async throws -> RowText?
    func close(_ cursor: Int) async
}

/// Hands an owner's blocks on.
final class ArchiveReader: RowTextReader {
    private let owner: any TextCursorOwner
    private let cursor: Int

    init(owner: any TextCursorOwner, cursor: Int) {
        self.owner = owner
        self.cursor = cursor
    }

    func next() async throws -> RowText? { try await owner.next(cursor) }

    func close() async { await owner.close(cursor) }
}

/// The tables, and pieces of tables, that one connection is reading. Used on one thread.
final class TextCursors {
    private let database: SQLiteDatabase
    private var cursors: [Int: TextCursor] = [:]
    private var nextCursor = 0
    /// Cells by table that rows do not bring back as they are.
    private(set) var oddCells: [String: Int] = [:]

    init(_ database: SQLiteDatabase) { self.database = database }

    func open(_ table: String, _ piece: ArchivePiece) throws(ConnectorError) -> Int {
        try reporting(SQLiteArchiveSource.doing, table) {
            let schema = SchemaReader(database: database)
            guard let description = try schema.anyTable(named: table) else {
                throw ConnectorError(
                    .schema, doing: SQLiteArchiveSource.doing, entity: table, message: "the store has no such table",
                    hint: "")
            }
            let columns = description.columns.filter { !$0.isGenerated }
            var sql = "SELECT \(columns.map { quoted($0.name) }.joined(separator: ", ")) FROM \(quoted(table))"
            var bindings: [Int64] = []
            if !piece.token.isEmpty, let rowID = try schema.rowIDName(of: description) {
                bindings = piece.token.split(separator: " ").compactMap { Int64($0) }
                sql += " WHERE \(rowID) BETWEEN ?1 AND ?2"
            }
            let statement = try database.prepare(sql)
            for (index, value) in bindings.enumerated() { try statement.bind(value, at: index + 1) }
            nextCursor += 1
            cursors[nextCursor] = TextCursor(
                table: table, statement: statement, cells: columns.map { StoredCellText($0, of: table) })
            return nextCursor
        }
    }

    func next(_ cursor: Int) throws(ConnectorError) -> RowText? {
        guard let open = cursors[cursor] else { return nil }
        return try reporting(SQLiteArchiveSource.doing, open.table) {
            var odd = 0
            let text = try open.next(&odd)
            if odd > 0 { oddCells[open.table, default: 0] += odd }
            if text == nil { close(cursor) }
            return text
        }
    }

    func close(_ cursor: Int) { cursors.removeValue(forKey: cursor)?.statement.reset() }

    func closeAll() {
        for cursor in cursors.values { cursor.statement.reset() }
        cursors.removeAll()
    }
}

/// A table being read as text.
private final class TextCursor {
    private static let blockBytes = 1 << 20
    let table: String
    let statement: SQLiteStatement
    private let cells: [StoredCellText]
    private var isAtEnd = false

    init(table: String, statement: SQLiteStatement, cells: [StoredCellText]) {
        self.table = table
        self.statement = statement
        self.cells = cells
    }

    func next(_ odd: inout Int) throws -> RowText? {
        var text = RowText()
        text.bytes.reserveCapacity(Self.blockBytes + 4096)
        while !isAtEnd, text.bytes.count < Self.blockBytes {
            guard try statement.step() else {
                // Another step would begin anew.
                isAtEnd = true
                break
            }
            odd += cells.appendRow(of: statement, from: 0, to: &text.bytes)
            text.bytes.append(UInt8(ascii: "\n"))
            text.rowCount += 1
        }
        return text.rowCount == 0 ? nil : text
    }
}
