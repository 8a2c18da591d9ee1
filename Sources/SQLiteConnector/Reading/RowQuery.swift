internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// A SELECT over one entity, and how its columns are read.
struct RowQuery {
    var sql: String
    var bindings: [Value]
    var codecs: [ColumnCodec]

    init(
        table: Table, fields: [String], predicate: Predicate?, orderBy: [String], limit: Int? = nil,
        keyFields: [String] = [], keyTable: Int = 0, doing: String
    ) throws(ConnectorError) {
        codecs = try RowQuery.columns(fields, of: table, doing: doing).map(ColumnCodec.init)
        let columns = fields.isEmpty ? "1" : fields.map { "t." + quoted($0) }.joined(separator: ", ")
        var from = "\(quoted(table.name)) AS t"
        if !keyFields.isEmpty {
            // CROSS JOIN keeps SQLite to this order: one look-up a key.
            let match = keyFields.enumerated().map { "t.\(quoted($1)) = k.lockstep_k\($0)" }.joined(separator: " AND ")
            from =
                "\(KeyTable.name(keyTable, width: keyFields.count)) AS k CROSS JOIN \(quoted(table.name)) AS t ON \(match)"
        }
        sql = "SELECT \(columns) FROM \(from)"
        if let predicate { sql += " WHERE (\(predicate.text))" }
        if !orderBy.isEmpty {
            let terms = try RowQuery.columns(orderBy, of: table, doing: doing).map(StoreOrder.term)
            sql += " ORDER BY " + terms.joined(separator: ", ")
        }
        if let limit { sql += " LIMIT \(max(0, limit))" }
        bindings = predicate?.bindings ?? []
    }

    static func columns(_ names: [String], of table: Table, doing: String) throws(ConnectorError) -> [TableColumn] {
        var columns: [TableColumn] = []
        for name in names {
            guard let column = table.column(name) else {
                throw ConnectorError(
                    .schema, doing: doing, entity: table.name, message: "the entity has no field \(name)",
                    hint: "check the map's fields; names are compared exactly")
            }
            columns.append(column)
        }
        return columns
    }
}

/// A query under way, read batch by batch.
final class RowCursor {
    private let statement: SQLiteStatement
    private let formats: [CellFormat]
    private let limits: BatchLimits
    private var isAtEnd = false

    init(_ query: RowQuery, database: SQLiteDatabase, limits: BatchLimits) throws {
        statement = try database.prepare(query.sql)
        formats = query.codecs.map(\.format)
        self.limits = limits
        for (index, value) in query.bindings.enumerated() { try statement.bind(value, at: index + 1) }
    }

    func next() throws -> RowBatch? {
        guard !isAtEnd else { return nil }
        var batch = RowBatch(columnCount: max(1, formats.count), reservingRows: min(limits.rows, 8192))
        while !batch.isFull(limits) {
            guard try statement.step() else {
                close()
                break
            }
            for index in formats.indices { formats[index].append(statement, index, to: &batch) }
            if formats.isEmpty { batch.appendNull() }
        }
        return batch.isEmpty ? nil : batch
    }

    func close() {
        guard !isAtEnd else { return }
        isAtEnd = true
        statement.reset()
    }
}
