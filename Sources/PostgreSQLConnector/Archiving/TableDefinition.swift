import ConnectorKit
import LockstepModel

/// Tables as this engine makes them from a description.
struct TableDefinition: Sendable {
    let table: ArchivedTable
    /// The archive is PostgreSQL's own: the types are named as they were.
    let isOwn: Bool
    let suffix: String

    /// Quoted; names of other engines' tables are one name.
    var sqlName: String {
        guard isOwn else { return SQLText.identifier(table.name + suffix) }
        guard !suffix.isEmpty else { return table.sqlName }
        return table.sqlName.hasSuffix("\"")
            ? String(table.sqlName.dropLast()) + suffix + "\"" : Self.quotingLast(table.sqlName, suffix)
    }

    private static func quotingLast(_ name: String, _ suffix: String) -> String {
        let dot = name.lastIndex(of: ".").map { name.index(after: $0) } ?? name.startIndex
        return name[..<dot] + SQLText.identifier(name[dot...] + suffix)
    }

    func create() -> String {
        var lines = table.entity.fields.map { field in
            "\(SQLText.identifier(field.name)) \(isOwn ? field.nativeType : Self.type(of: field))"
                + (field.isNullable ? "" : " not null")
        }
        if let key = table.entity.keys.first(where: \.isPrimary) {
            lines.append("primary key " + Self.list(key.fields))
        }
        return "create table \(sqlName) (\(lines.joined(separator: ", ")))"
    }

    static func list(_ fields: [String]) -> String {
        "(" + fields.map(SQLText.identifier).joined(separator: ", ") + ")"
    }

    private static func type(of field: FieldDescription) -> String {
        switch field.type {
        case .bool: "boolean"
        case .int64: "bigint"
        case .float64: "double precision"
        case .decimal: "numeric"
        case .text: "text"
        case .bytes: "bytea"
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .instant: "timestamptz"
        case .uuid: field.nativeType.uppercased().contains("BLOB") ? "bytea" : "uuid"
        case .json: "json"
        }
    }
}
