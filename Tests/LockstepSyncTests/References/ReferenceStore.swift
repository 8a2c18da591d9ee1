import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import SQLiteAccess
import SQLiteConnector

/// A store of any kind with entities that refer to each other, and the people who work on it.
struct ReferenceStore: Sendable {
    enum Kind: String, Sendable, CaseIterable { case memory, sqlite, postgresql }

    /// By entity: fields with their types, the first being the primary key unless `keys` says otherwise.
    static let entities: [(name: String, fields: [(String, ValueType)], key: [String])] = [
        ("countries", [("id", .int64), ("code", .text)], ["id"]),
        ("currencies", [("id", .int64), ("code", .text), ("country_id", .int64)], ["id"]),
        ("groups", [("company", .text), ("number", .text), ("title", .text)], ["company", "number"]),
        ("regions", [("id", .int64), ("company", .text), ("number", .text)], ["id"]),
        (
            "customers",
            [
                ("id", .int64), ("account", .text), ("name", .text), ("currency_id", .int64), ("company", .text),
                ("group_no", .text), ("region_id", .int64), ("parent_id", .int64),
            ], ["id"]
        ),
    ]

    static let currency = FieldPath.Hop(fields: ["currency_id"], entity: "currencies", targetFields: ["id"])
    static let country = FieldPath.Hop(fields: ["country_id"], entity: "countries", targetFields: ["id"])
    static let group = FieldPath.Hop(
        fields: ["company", "group_no"], entity: "groups", targetFields: ["company", "number"])
    static let region = FieldPath.Hop(
        fields: ["region_id"], entity: "regions", targetFields: ["id"],
        shared: [FieldPath.SharedField(own: "company", referred: "company")])
    static let parent = FieldPath.Hop(fields: ["parent_id"], entity: "customers", targetFields: ["id"])

    static let paths = [
        "customers": [
            FieldPath(name: "currency.code", hops: [currency], field: "code"),
            FieldPath(name: "currency.country.code", hops: [currency, country], field: "code"),
            FieldPath(name: "group.title", hops: [group], field: "title"),
            FieldPath(name: "region.number", hops: [region], field: "number"),
            FieldPath(name: "parent.account", hops: [parent], field: "account"),
        ]
    ]

    let base: any Connector
    let connector: ReferencingConnector
    private let execute: @Sendable ([Statement]) throws -> Void
    private let folder: TemporaryFolder

    /// What a user does, one transaction a call of ``run(_:)``.
    enum Statement: Sendable {
        case insert(String, [String: Value])
        case update(String, key: [String: Value], set: [String: Value])
        case delete(String, key: [String: Value])
    }

    init(_ kind: Kind) async throws {
        folder = try TemporaryFolder("references")
        switch kind {
        case .memory:
            let store = MemoryStore(entities: Self.entities.map(Self.memoryEntity))
            base = MemoryConnector(store)
            execute = { try store.run($0.map(\.memory)) }
        case .sqlite:
            let path = folder.path + "/store.db"
            let file = try SQLiteDatabase(path: path, mode: .create)
            try file.execute("PRAGMA journal_mode = WAL;" + Self.schemaSQL)
            file.close()
            base = SQLiteConnector(path: path)
            execute = { statements in
                let file = try SQLiteDatabase(path: path)
                defer { file.close() }
                try file.execute("BEGIN IMMEDIATE;" + statements.map(\.sql).joined(separator: ";") + ";COMMIT")
            }
        case .postgresql:
            let name = "references_\(UInt32.random(in: 0 ... .max))"
            let server = try PostgreSQLServer.shared()
            let url = try server.createDatabase(name)
            _ = try server.execute(Self.schemaSQL, database: name)
            base = try PostgreSQLConnector(url: url)
            execute = { statements in
                _ = try server.execute(
                    "BEGIN;" + statements.map(\.sql).joined(separator: ";") + ";COMMIT", database: name)
            }
        }
        connector = ReferencingConnector(base, paths: Self.paths)
    }

    func run(_ statements: Statement...) throws { try execute(statements) }
    func run(_ statements: [Statement]) throws { try execute(statements) }

    func close() async {
        try? await base.removeCapture()
        await base.close()
    }

    private static func memoryEntity(_ entity: (name: String, fields: [(String, ValueType)], key: [String]))
        -> MemoryEntity
    {
        MemoryEntity(
            EntityDescription(
                name: entity.name,
                fields: entity.fields.map { FieldDescription(name: $0.0, type: $0.1, nativeType: $0.1.name) },
                keys: [KeyDescription(name: "\(entity.name)_key", fields: entity.key, isPrimary: true)]))
    }

    private static var schemaSQL: String {
        entities.map { entity in
            let fields = entity.fields.map { "\($0.0) \($0.1 == .int64 ? "bigint" : "text")" }.joined(separator: ", ")
            return "CREATE TABLE \(entity.name)(\(fields), PRIMARY KEY(\(entity.key.joined(separator: ", "))));"
        }.joined()
    }

    // MARK: Reading

    static func rows(_ reader: any BatchReader) async throws -> [[Value]] {
        var rows: [[Value]] = []
        while let batch = try await reader.next() { rows += (0..<batch.rowCount).map { batch.values(row: $0) } }
        await reader.close()
        return rows
    }

    /// The records as they are now, by id, without paths.
    func records(_ fields: [String], of entity: String = "customers") async throws -> [[Value]] {
        try await Self.rows(try await base.query(QueryRequest(entity: entity, fields: fields, orderBy: ["id"])))
    }

    // MARK: Writing

    /// A batch of inserts, updates and deletes whose images stand in the order of `fields`.
    static func batch(
        _ fields: [String], key: [String], _ changes: [(Operation, before: [Value], after: [Value])],
        readFields: [String]? = nil, entity: String = "customers"
    ) -> WriteBatch {
        var rows = RowBatch(columnCount: fields.count * 2)
        let nulls = fields.map { _ in Value.null }
        for change in changes {
            rows.appendRow(
                (change.before.isEmpty ? nulls : change.before) + (change.after.isEmpty ? nulls : change.after))
        }
        return WriteBatch(
            entity: entity, fields: fields, key: key.compactMap { fields.firstIndex(of: $0) },
            operations: changes.map(\.0), rows: rows, readFields: readFields ?? fields)
    }

    /// Applies a batch in a transaction of its own.
    func write(_ batch: WriteBatch) async throws -> WriteResult {
        let session = try await connector.write(WriteSessionRequest(lane: "test"))
        let result = try await session.apply(batch)
        try await session.commit(nil)
        await session.close()
        return result
    }
}

extension ReferenceStore.Statement {
    fileprivate var memory: MemoryStatement {
        switch self {
        case .insert(let entity, let record): .insert(entity, record)
        case .update(let entity, let key, let set): .update(entity, key: key, set: set)
        case .delete(let entity, let key): .delete(entity, key: key)
        }
    }

    fileprivate var sql: String {
        func literal(_ value: Value) -> String {
            switch value {
            case .int64(let number): String(number)
            case .text(let text): "'\(text.replacing("'", with: "''"))'"
            default: "NULL"
            }
        }
        func list(_ record: [String: Value], _ separator: String) -> String {
            record.sorted { $0.key < $1.key }.map { "\($0.key) = \(literal($0.value))" }.joined(separator: separator)
        }
        switch self {
        case .insert(let entity, let record):
            let fields = record.sorted { $0.key < $1.key }
            return "INSERT INTO \(entity)(\(fields.map(\.key).joined(separator: ", "))) "
                + "VALUES (\(fields.map { literal($0.value) }.joined(separator: ", ")))"
        case .update(let entity, let key, let set):
            return "UPDATE \(entity) SET \(list(set, ", ")) WHERE \(list(key, " AND "))"
        case .delete(let entity, let key): return "DELETE FROM \(entity) WHERE \(list(key, " AND "))"
        }
    }
}

extension WriteResult {
    /// The constraint of each rejected row, by row.
    var constraints: [Int: String] {
        var constraints: [Int: String] = [:]
        for exception in exceptions {
            if case .rejected(let rejection) = exception.outcome { constraints[exception.row] = rejection.constraint }
        }
        return constraints
    }
}
