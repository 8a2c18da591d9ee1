internal import ConnectorKit
internal import LockstepModel

/// `CREATE TABLE` for what another engine described, or under another name.
enum TableStatement {
    /// - Parameter isOwn: the types are SQLite's own.
    static func create(_ table: ArchivedTable, name: String, isOwn: Bool) -> String {
        let primary = table.entity.keys.first(where: \.isPrimary)?.fields ?? []
        // One integer is SQLite's own row number only if it is declared so, in the column.
        let isRowID = primary.count == 1 && table.entity.field(primary[0])?.type == .int64
        var lines = table.entity.fields.map { field in
            let type = isOwn ? field.nativeType : declaredType(field)
            let isKey = isRowID && field.name == primary[0]
            return
                "\(quoted(field.name)) \(isKey ? "INTEGER PRIMARY KEY" : type)\(field.isNullable || isKey ? "" : " NOT NULL")"
        }
        if !primary.isEmpty, !isRowID {
            lines.append("PRIMARY KEY (\(primary.map(quoted).joined(separator: ", ")))")
        }
        for key in table.entity.keys where !key.isPrimary {
            lines.append("UNIQUE (\(key.fields.map(quoted).joined(separator: ", ")))")
        }
        return "CREATE TABLE \(quoted(name)) (\(lines.joined(separator: ", ")))"
    }

    /// A declaration that keeps every value of a neutral type exactly, and is read as that type again.
    static func declaredType(_ field: FieldDescription) -> String {
        switch field.type {
        case .bool: "BOOLEAN"
        case .int64: "INTEGER"
        case .float64: "REAL"
        // With TEXT in its name SQLite keeps the digits, which its numbers would round.
        case .decimal: "DECIMAL_TEXT"
        case .text: "TEXT"
        case .bytes: "BLOB"
        case .date: "DATE_TEXT"
        case .time: "TIME_TEXT"
        case .timestamp: "TIMESTAMP_TEXT"
        case .instant: "TIMESTAMPTZ_TEXT"
        case .uuid: "UUID_TEXT"
        case .json: "JSON_TEXT"
        }
    }
}
