import ConnectorKit
import LockstepModel

/// One SELECT: which columns of which table, filtered, joined with keys, ordered.
struct RowSelection: Sendable {
    var sql: String
    var codecs: [Codec]
    /// Values bound to the statement; none where COPY may run it.
    var bindings: [Value]
    var keys: BoundKeys?

    struct BoundKeys: Sendable {
        var columns: [Column]
        var rows: RowBatch
    }

    var isCopyable: Bool { bindings.isEmpty && keys == nil }

    init(_ request: ReadRequest, _ table: Table) throws(ConnectorError) {
        var order: [String] = []
        if case .byKey(let fields) = request.order { order = fields }
        let query = QueryRequest(
            entity: request.entity, fields: request.fields, predicate: request.predicate, keys: request.keys,
            orderBy: order)
        try self.init(query, table, doing: "reading records")
    }

    init(_ request: QueryRequest, _ table: Table, doing: String) throws(ConnectorError) {
        let columns = try table.columns(request.fields, doing: doing)
        let order = try table.columns(request.orderBy, doing: doing)
        codecs = columns.map(\.codec)
        bindings = request.predicate?.bindings ?? []
        // A row of no columns cannot be a batch; nobody asks for one.
        sql = "select \(columns.map { $0.selected() }.joined(separator: ", ")) from \(table.quoted) as t"
        if let selection = request.keys {
            let columns = try table.columns(selection.fields, doing: doing)
            keys = BoundKeys(columns: columns, rows: selection.rows)
            sql += Self.join(columns, selection.rows, firstParameter: bindings.count + 1)
        }
        // The condition names columns without an alias, so it stands in a query of its own over the table.
        if let predicate = request.predicate {
            sql = sql.replacingFirst(
                " from \(table.quoted) as t",
                with: " from (select * from \(table.quoted) where \(predicate.text)) as t")
        }
        if !order.isEmpty { sql += " order by " + order.map { $0.ordered() }.joined(separator: ", ") }
        if let limit = request.limit { sql += " limit \(limit)" }
    }

    /// Joins with the keys, each once. Only columns with a null among the keys are compared so that null equals null:
    /// that uses no index.
    private static func join(_ columns: [Column], _ rows: RowBatch, firstParameter: Int) -> String {
        let names = columns.indices.map { "c\($0)" }.joined(separator: ", ")
        let source = UnnestSource.sql(columns, firstParameter: firstParameter)
        let conditions = columns.enumerated().map { index, column in
            let hasNull = (0..<rows.rowCount).contains { rows[$0, index].isNull }
            return "t.\(column.quoted) \(hasNull ? "is not distinct from" : "=") s.c\(index)"
        }
        return " join (select distinct \(names) from (\(source)) as k) as s on "
            + conditions.joined(separator: " and ")
    }

    func parameters(doing: String, entity: String) throws(ConnectorError) -> Parameters {
        var parameters = Parameters()
        for value in bindings { parameters.append(value) }
        if let keys {
            let rows = try Self.comparableRows(keys, doing: doing, entity: entity)
            for (index, column) in keys.columns.enumerated() {
                UnnestSource.append(rows, column: index, of: keys.rows, column, to: &parameters)
            }
        }
        return parameters
    }

    /// The keys that the columns can hold. One that is too large or too precise is no record's; one of another type is a
    /// mistake.
    private static func comparableRows(
        _ keys: BoundKeys, doing: String, entity: String
    ) throws(ConnectorError) -> [Int] {
        var rows: [Int] = []
        for row in 0..<keys.rows.rowCount {
            var isComparable = true
            for (index, column) in keys.columns.enumerated() {
                guard let refusal = CellCheck.comparable(keys.rows[row, index], in: keys.rows, column) else { continue }
                isComparable = false
                guard refusal.cause != .outOfRange else { continue }
                throw ConnectorError(
                    .schema, doing: doing, entity: entity, message: refusal.message,
                    hint: "The key's field \(column.name) is of type \(column.nativeType).")
            }
            if isComparable { rows.append(row) }
        }
        return rows
    }
}

extension String {
    func replacingFirst(_ part: String, with replacement: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return replacingCharacters(in: range, with: replacement)
    }

    private func replacingCharacters(in range: Range<String.Index>, with replacement: String) -> String {
        String(self[..<range.lowerBound]) + replacement + String(self[range.upperBound...])
    }
}

/// Rows of bound values as a table: arrays, unnested side by side and cast to the columns' types.
enum UnnestSource {
    /// `select` of columns c0, c1 … and the rows' place `o`, counted from 1.
    static func sql(_ columns: [Column], firstParameter: Int = 1) -> String {
        let names = columns.indices.map { "c\($0)" }
        let casts = columns.enumerated().map { index, column in
            // Values bound as their own type need no cast; texts are read by the column's type.
            column.codec.bound.element == 25 ? "u.c\(index)::\(column.castType) as c\(index)" : "u.c\(index)"
        }
        let arrays = columns.enumerated().map {
            "pg_catalog.unnest($\(firstParameter + $0)::\($1.codec.bound.arraySQL))"
        }
        return "select \((casts + ["u.o"]).joined(separator: ", ")) from rows from "
            + "(\(arrays.joined(separator: ", "))) with ordinality"
            + " as u(\((names + ["o"]).joined(separator: ", ")))"
    }

    static func append(
        _ rows: some Collection<Int>, column index: Int, of batch: borrowing RowBatch, _ column: Column,
        to parameters: inout Parameters
    ) {
        // Written with a loop because a borrowed batch cannot be captured by a closure.
        var bytes: [UInt8] = []
        CellEncoder.appendArray(rows, column: index, of: batch, column.codec, to: &bytes)
        parameters.append(binaryOf: column.codec.bound.array) { $0.append(contentsOf: bytes) }
    }
}

extension Parameters {
    /// Binds one value of a predicate, as the type that it has; the server converts it where the condition needs it.
    mutating func append(_ value: Value) {
        switch value {
        case .null, .unchanged, .invalid: append(text: nil)
        case .bool(let value): append(text: value ? "t" : "f", type: 16)
        case .int64(let value): append(text: String(value), type: 20)
        case .float64(let value): append(text: FloatText.format(value), type: 701)
        case .decimal(let value): append(text: value, type: 1700)
        case .text(let value): append(text: value, type: 0)
        case .bytes(let value): append(text: "\\x" + HexText.format(value), type: 17)
        case .date(let value): append(text: ISOText.formatDate(value), type: 1082)
        case .time(let value): append(text: ISOText.formatTime(value), type: 1083)
        case .timestamp(let value): append(text: ISOText.formatTimestamp(value), type: 1114)
        case .instant(let value): append(text: ISOText.formatTimestamp(value) + "+00", type: 1184)
        case .uuid(let value): append(text: UUIDText.format(value), type: 2950)
        case .json(let value): append(text: value, type: 0)
        }
    }
}
