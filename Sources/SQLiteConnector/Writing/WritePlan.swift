internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// How batches of one shape are written: columns, statements, and whether the journal needs a look after each row.
struct WritePlan {
    struct ID: Hashable {
        var entity: String
        var fields: [String]
        var key: [Int]
        var readFields: [String]
    }
    let table: Table
    let codecs: [ColumnCodec]
    let formats: [CellFormat]
    let readFormats: [CellFormat]
    let key: [Int]
    /// Where each field stands among the table's columns.
    let columns: [Int]
    /// The entity's number in the journal; nil where it is not captured.
    let entityID: Int64?
    /// Finds a record by its key, with the fields that are written.
    let lookUp: String
    /// Finds a record by its key, with the fields that a conflict reports.
    let report: String
    let delete: String
    /// Whether the store itself lets no two records have one key, whatever their spelling.
    let isKeyUnique: Bool
    /// Every statement may lead to more than itself.
    private let alwaysNeedsCare: Bool
    /// What refers to the records may follow where their keys change or they go.
    private let isCascading: Bool
    /// An insert leaves fields to the store that somebody reads.
    private let omitsDefaults: Bool
    /// Written fields that the store fills where a record has nothing for them, and that somebody reads.
    private let defaultFields: [Int]

    /// - Parameter observed: the entity's fields that somebody reads; nil for all.
    init(_ id: ID, database: SQLiteDatabase, isCaptured: Bool, observed: Set<String>?) throws {
        let table = try SchemaReader(database: database).table(id.entity, doing: "writing")
        guard table.kind == .table else {
            throw ConnectorError(
                .unsupported, doing: "writing", entity: id.entity, message: "a view cannot be written",
                hint: "map the table behind it")
        }
        self.table = table
        let codecs = try RowQuery.columns(id.fields, of: table, doing: "writing").map(ColumnCodec.init)
        self.codecs = codecs
        formats = codecs.map(\.format)
        readFormats = try RowQuery.columns(id.readFields, of: table, doing: "writing").map(CellFormat.init)
        key = id.key
        columns = id.fields.map { name in table.columns.firstIndex { $0.name == name } ?? 0 }
        let condition = Self.condition(id.key.map { codecs[$0] }, firstPlace: 1) { quoted($0.column.name) }
        func select(_ fields: [String]) -> String {
            let columns = fields.isEmpty ? "1" : fields.map(quoted).joined(separator: ", ")
            return "SELECT \(columns) FROM \(quoted(table.name)) WHERE \(condition)"
        }
        lookUp = select(id.fields)
        report = select(id.readFields)
        let keyNames = id.key.map { codecs[$0].column.name }
        isKeyUnique =
            id.key.allSatisfy { codecs[$0].spellingCount == 1 }
            && table.uniqueIndexes.contains { $0.isKey && $0.columns.allSatisfy(keyNames.contains) }
        delete = "DELETE FROM \(quoted(table.name)) WHERE \(condition)"
        entityID =
            isCaptured
            ? try CaptureTables(database: database).entities().last { $0.name == id.entity && $0.isActive }?.id : nil
        func isTold(_ column: TableColumn) -> Bool { observed?.contains(column.name) ?? true }
        alwaysNeedsCare = table.hasTriggers || table.columns.contains { $0.isGenerated && isTold($0) }
        isCascading = table.isCascading
        omitsDefaults = table.columns.contains { $0.hasDefault && isTold($0) && !id.fields.contains($0.name) }
        defaultFields = codecs.indices.filter { codecs[$0].column.hasDefault && isTold(codecs[$0].column) }
    }

    /// Whether the store may make more of a row than what is written: then the journal is on, and each row's own entry
    /// is taken out of it again.
    func needsCare(_ batch: WriteBatch) -> Bool {
        if alwaysNeedsCare { return true }
        for (row, operation) in batch.operations.enumerated() {
            guard operation == .insert else {
                if isCascading { return true }
                continue
            }
            if omitsDefaults { return true }
            for field in defaultFields where batch.rows[row, codecs.count + field].kind == .unchanged { return true }
        }
        return false
    }

    /// A condition that finds a key in any of its spellings, through the index.
    static func condition(
        _ codecs: [ColumnCodec], firstPlace: Int, name: (ColumnCodec) -> String
    ) -> String {
        var place = firstPlace
        return codecs.map { codec in
            let places = (0..<codec.spellingCount).map { "?\(place + $0)" }
            place += codec.spellingCount
            return places.count == 1
                ? "\(name(codec)) IS \(places[0])" : "\(name(codec)) IN (\(places.joined(separator: ", ")))"
        }.joined(separator: " AND ")
    }

    func insert(_ fields: [Int]) -> String {
        guard !fields.isEmpty else { return "INSERT INTO \(quoted(table.name)) DEFAULT VALUES" }
        let names = fields.map { quoted(codecs[$0].column.name) }.joined(separator: ", ")
        let places = fields.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        return "INSERT INTO \(quoted(table.name))(\(names)) VALUES (\(places))"
    }

    func update(_ fields: [Int]) -> String {
        let sets = fields.enumerated().map { "\(quoted(codecs[$1].column.name)) = ?\($0 + 1)" }
        let condition = Self.condition(key.map { codecs[$0] }, firstPlace: fields.count + 1) { quoted($0.column.name) }
        return "UPDATE \(quoted(table.name)) SET \(sets.joined(separator: ", ")) WHERE \(condition)"
    }
}

extension SQLiteError {
    /// What a refused record is told, or nil where the error is not about the record.
    var rejection: Rejection? {
        let constraint = message.firstRange(of: "failed: ").map { String(message[$0.upperBound...]) }
        func rejection(_ cause: Rejection.Cause) -> Rejection {
            Rejection(cause: cause, constraint: constraint, message: message)
        }
        switch (code, extendedCode) {
        case (SQLiteError.constraint, SQLiteError.constraintUnique),
            (SQLiteError.constraint, SQLiteError.constraintPrimaryKey),
            (SQLiteError.constraint, SQLiteError.constraintRowID):
            return rejection(.uniqueKey)
        case (SQLiteError.constraint, SQLiteError.constraintForeignKey): return rejection(.reference)
        case (SQLiteError.constraint, SQLiteError.constraintNotNull): return rejection(.notNull)
        case (SQLiteError.constraint, SQLiteError.constraintCheck),
            (SQLiteError.constraint, SQLiteError.constraintTrigger):
            return rejection(.check)
        case (SQLiteError.constraint, SQLiteError.constraintDatatype), (SQLiteError.mismatch, _):
            return rejection(.wrongType)
        case (SQLiteError.constraint, _): return rejection(.other)
        case (SQLiteError.tooBig, _): return rejection(.outOfRange)
        default: return nil
        }
    }

    var isKeyViolation: Bool { rejection?.cause == .uniqueKey }
}
