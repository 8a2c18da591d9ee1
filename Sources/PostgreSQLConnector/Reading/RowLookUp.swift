import ConnectorKit
import LockstepModel

/// Records by key, read on a connection that may have a transaction open: one statement, planned once.
struct RowLookUp {
    private let request: LookUpRequest
    private let columns: [Column]
    private let keyColumns: [Column]
    private let sql: String

    init(_ request: LookUpRequest, _ table: Table) throws {
        self.request = request
        columns = try table.columns(request.fields, doing: "looking records up")
        keyColumns = try table.columns(request.keys.fields, doing: "looking records up")
        let names = keyColumns.indices.map { "c\($0)" }.joined(separator: ", ")
        let match = keyColumns.enumerated().map { "t.\($1.quoted) = s.c\($0)" }.joined(separator: " and ")
        sql = """
            select \(columns.map { $0.selected() }.joined(separator: ", ")) from \(table.quoted) as t
            join (select distinct \(names) from (\(UnnestSource.sql(keyColumns))) as k) as s on \(match)
            limit $\(keyColumns.count + 1)
            """
    }

    func run(_ wire: Wire) throws -> RowBatch {
        let rows = comparableRows
        var parameters = Parameters()
        for (index, column) in keyColumns.enumerated() {
            UnnestSource.append(rows, column: index, of: request.keys.rows, column, to: &parameters)
        }
        parameters.append(.int64(Int64(max(0, request.limit))))
        let result = try wire.prepared(sql, parameters)
        var batch = RowBatch(columnCount: columns.count, reservingRows: result.rowCount)
        for row in 0..<result.rowCount { result.appendRow(row, columns.map(\.codec), from: 0, to: &batch) }
        return batch
    }

    /// The keys that the columns can hold at all: no record has another, and sending it would be an error.
    private var comparableRows: [Int] {
        let keys = request.keys.rows
        return (0..<keys.rowCount).filter { row in
            keyColumns.indices.allSatisfy { index in
                CellCheck.comparable(keys[row, index], in: keys, keyColumns[index]) == nil
            }
        }
    }
}
