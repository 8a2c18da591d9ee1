import ConnectorKit
import LockstepModel

/// One column as the catalog has it.
struct Column: Sendable {
    var name: String
    var codec: Codec
    var description: FieldDescription
    /// The base type without length or precision, schema-qualified: what bound text is cast to. With a length, a cast
    /// would cut silently where an assignment refuses.
    var castType: String
    var hasEquality: Bool
    var isCaseFolding: Bool
    /// Microseconds that `timestamp(p)` rounds to.
    var timeStep: Int64?

    var quoted: String { SQLText.identifier(name) }
    var nativeType: String { description.nativeType }
    var maximumLength: Int? { description.maximumLength }
    var precision: Int? { description.precision }
    var scale: Int? { description.scale }

    /// The column as it is read in binary: foreign types through their own output function.
    func selected(from alias: String = "t") -> String {
        let column = "\(alias).\(quoted)"
        // `::text` runs casts, which print some types (inet) otherwise than their output function; concat does not.
        return codec == .foreign ? "case when \(column) is not null then pg_catalog.concat(\(column)) end" : column
    }

    /// What rows are ordered by so that the order is that of `KeyEncoder`.
    func ordered(from alias: String = "t") -> String {
        switch codec {
        case .text where isCaseFolding: "\(alias).\(quoted)::pg_catalog.text collate \"C\" nulls first"
        case .text, .paddedText: "\(alias).\(quoted) collate \"C\" nulls first"
        case .foreign: "(\(selected(from: alias))) collate \"C\" nulls first"
        case .json, .jsonb: "\(alias).\(quoted)::pg_catalog.text collate \"C\" nulls first"
        case .bool, .int16, .int32, .int64, .float32, .float64, .numeric, .bytes, .date, .time, .timestamp, .instant,
            .uuid:
            "\(alias).\(quoted) nulls first"
        }
    }

    /// A condition that is true where two expressions of the column's type hold the same value; null equals null.
    func agrees(_ left: String, _ right: String) -> String {
        switch codec {
        case .text where isCaseFolding:
            "\(left)::pg_catalog.text collate \"C\" is not distinct from \(right)::pg_catalog.text collate \"C\""
        case .text: "\(left) collate \"C\" is not distinct from \(right) collate \"C\""
        case .json:
            "case when \(left) is null or \(right) is null then \(left) is null and \(right) is null"
                + " when \(left)::pg_catalog.text = \(right)::pg_catalog.text then true"
                + " else \(left)::pg_catalog.jsonb = \(right)::pg_catalog.jsonb end"
        case .foreign where !hasEquality:
            "case when \(left) is not null then pg_catalog.concat(\(left)) end is not distinct from"
                + " case when \(right) is not null then pg_catalog.concat(\(right)) end"
        case .foreign, .bool, .int16, .int32, .int64, .float32, .float64, .numeric, .paddedText, .bytes, .date, .time,
            .timestamp, .instant, .uuid, .jsonb:
            "\(left) is not distinct from \(right)"
        }
    }
}

/// One table or view as the catalog has it.
struct Table: Sendable {
    var oid: UInt32
    var entity: String
    /// Schema-qualified and quoted.
    var quoted: String
    /// `pg_class.relkind`.
    var kind: Character
    var columns: [Column]
    var keys: [TableKey]
    var references: [ReferenceDescription]
    var estimatedCount: Int64?
    /// User triggers that run before a row is inserted (updated) and may alter it.
    var hasBeforeInsertTrigger: Bool
    var hasBeforeUpdateTrigger: Bool
    var hasInsteadTrigger: Bool

    func column(_ name: String) -> Column? { columns.first { $0.name == name } }

    func column(_ name: String, doing: String) throws(ConnectorError) -> Column {
        guard let column = column(name) else {
            throw ConnectorError(
                .schema, doing: doing, entity: entity, message: "there is no field \(name)",
                hint: "Add the column, or take the field out of the map.")
        }
        return column
    }

    func columns(_ names: [String], doing: String) throws(ConnectorError) -> [Column] {
        var columns: [Column] = []
        for name in names { columns.append(try column(name, doing: doing)) }
        return columns
    }

    var isTable: Bool { kind == "r" || kind == "p" }

    /// Whether `on conflict` may name exactly these columns.
    func hasArbiter(_ names: [String]) -> Bool {
        keys.contains { $0.isImmediate && Set($0.description.fields) == Set(names) }
    }

    var description: EntityDescription {
        EntityDescription(
            name: entity, kind: isTable ? .table : .view, fields: columns.map(\.description),
            keys: keys.map(\.description), references: references, estimatedCount: estimatedCount)
    }
}

struct TableKey: Sendable {
    var description: KeyDescription
    var isImmediate: Bool
}
