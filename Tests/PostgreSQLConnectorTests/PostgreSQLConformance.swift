import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector

/// The conformance checks' scratch entity in a real database; users write through `psql`.
struct PostgreSQLConformance: Sendable {
    static let entity = "scratch"

    let server: PostgreSQLServer
    let database: String
    let url: String

    /// Makes an empty database.
    init(_ database: String) throws {
        server = try PostgreSQLServer.shared()
        self.database = database
        url = try server.createDatabase(database)
    }

    private static func declared(_ type: ValueType) -> String {
        switch type {
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
        case .uuid: "uuid"
        case .json: "json"
        }
    }

    /// The collation of `code` is none of bytes, so that an order or a comparison by it would be noticed.
    private func prepare() throws {
        let columns = ValueType.allCases.map { "\(ConformanceScratch.field($0)) \(Self.declared($0))" }
        try server.execute(
            """
            set client_min_messages = warning;
            drop table if exists \(Self.entity);
            create table \(Self.entity) (id bigint primary key, code text collate "und-x-icu" unique,
                note text not null, \(columns.joined(separator: ", ")));
            """, database: database)
    }

    /// - Parameter wrap: puts a decorator around each connector.
    func subject(
        wrap: @escaping @Sendable (any Connector) -> any Connector = { $0 }
    ) async throws -> ConformanceSubject {
        try prepare()
        let connector = try PostgreSQLConnector(url: url)
        let description = try await connector.describe(DescribeRequest(entities: [Self.entity]))
        await connector.close()
        var values: [ValueType: [Value]] = [:]
        for type in ValueType.allCases {
            guard let field = description.entity(Self.entity)?.field(ConformanceScratch.field(type)) else { continue }
            values[type] = ValueGenerator.extremes(for: field)
        }
        return ConformanceSubject(
            entity: Self.entity, types: ValueType.allCases, values: values,
            connect: { wrap(try PostgreSQLConnector(url: url)) },
            prepare: { try prepare() },
            foreign: { statements, ending in
                let body = statements.map { Self.sql($0) + ";\n" }.joined()
                try server.execute("begin;\n\(body)\(ending == .commit ? "commit" : "rollback");", database: database)
            },
            fingerprint: { try fingerprint() })
    }

    private static func sql(_ statement: ConformanceSubject.Statement) -> String {
        switch statement {
        case .insert(let record):
            let fields = record.keys.sorted()
            let values = fields.map { literal(record[$0] ?? .null) }.joined(separator: ", ")
            return "insert into \(entity) (\(fields.joined(separator: ", "))) values (\(values))"
        case .update(let id, let set):
            let terms = set.sorted { $0.key < $1.key }.map { "\($0.key) = \(literal($0.value))" }
            return "update \(entity) set \(terms.joined(separator: ", ")) where id = \(id)"
        case .delete(let id): return "delete from \(entity) where id = \(id)"
        }
    }

    private static func literal(_ value: Value) -> String {
        switch value {
        case .null, .unchanged, .invalid: "null"
        case .bytes(let bytes): "'\\x" + bytes.map { hexadecimal($0) }.joined() + "'"
        case .bool, .int64, .float64, .decimal, .text, .date, .time, .timestamp, .instant, .uuid, .json:
            "'" + value.displayText.replacing("'", with: "''") + "'"
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    /// The dump, without the key that newer versions of `pg_dump` make up each time, and what no dump holds.
    private func fingerprint() throws -> String {
        let dump = try server.runProgram("pg_dump", [], database: database)
        let lines = dump.split(separator: "\n").filter { !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict") }
        let others = try server.execute(
            """
            select slot_name from pg_replication_slots where database = '\(database)';
            select roname from pg_replication_origin where roname like '%\(database)%';
            select setdatabase, setconfig from pg_db_role_setting;
            """, database: database)
        return lines.joined(separator: "\n") + others
    }
}
