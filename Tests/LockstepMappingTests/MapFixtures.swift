import LockstepMapping
import LockstepModel

/// Schemas and maps that tests begin with.
enum Fixtures {
    static func field(
        _ name: String, _ type: ValueType, nullable: Bool = true, generated: Bool = false, length: Int? = nil,
        precision: Int? = nil, scale: Int? = nil, bits: Int? = nil, labels: [String]? = nil
    ) -> FieldDescription {
        FieldDescription(
            name: name, type: type, nativeType: type.name, isNullable: nullable, isGenerated: generated,
            maximumLength: length, precision: precision, scale: scale, integerBits: bits, labels: labels)
    }

    static func store(_ entity: String, key: [String], _ fields: [FieldDescription]) -> StoreDescription {
        StoreDescription(entities: [
            EntityDescription(
                name: entity, fields: fields, keys: [KeyDescription(name: "key", fields: key, isPrimary: true)])
        ])
    }

    static let erp = store(
        "customers", key: ["account"],
        [
            field("account", .text, nullable: false), field("name", .text), field("credit", .decimal),
            field("on_hold", .text), field("language", .text), field("modified_at", .instant),
            field("total", .decimal, generated: true), field("party_type", .text), field("big", .int64),
            field("flag", .bool), field("ratio", .float64), field("document", .json), field("raw", .bytes),
            field("first_name", .text), field("last_name", .text),
        ])
    static let crm = store(
        "accounts", key: ["accountnumber"],
        [
            field("accountnumber", .text, nullable: false), field("name", .text), field("creditlimit", .decimal),
            field("holdstatus", .int64), field("language", .text), field("modifiedon", .instant),
            field("typecode", .int64), field("small", .int64, bits: 16), field("flag", .int64),
            field("short", .text, length: 3), field("full_name", .text), field("at", .timestamp),
            field("must", .text),
        ])

    /// A whole map around some lines of `fields`.
    static func map(_ fields: [String] = ["{erp: name, crm: name}"], rest: [String] = []) -> String {
        """
        map: customers
        version: 1.0.0
        between: {erp: customers, crm: accounts}
        key: {erp: account, crm: accountnumber}
        fields:
        \(fields.map { "  - " + $0 }.joined(separator: "\n"))
        \((rest.isEmpty ? ["conflicts: {overlap: manual}"] : rest).joined(separator: "\n"))

        """
    }

    static func compile(
        _ text: String, erp: StoreDescription = erp, crm: StoreDescription = crm
    ) -> CompiledMapOutcome {
        let loaded = MapDefinition.parse(text, file: "m.yaml")
        guard let definition = loaded.definition else {
            return CompiledMapOutcome(map: nil, diagnostics: loaded.diagnostics)
        }
        return MapCompiler.compile(definition, schemas: (erp, crm))
    }

    static func rows(_ rows: [[Value]]) -> RowBatch {
        var batch = RowBatch(columnCount: rows.first?.count ?? 1)
        for row in rows { batch.appendRow(row) }
        return batch
    }
}

/// `line:column code`, to compare what is reported where.
func places(_ diagnostics: [Diagnostic]) -> [String] {
    diagnostics.map { "\($0.location.line):\($0.location.column) \($0.code)" }
}
