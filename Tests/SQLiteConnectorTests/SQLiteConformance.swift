import ConnectorKit
import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import SQLiteConnector

/// The conformance checks' scratch entity in a real file; users write through a connection of their own.
final class SQLiteConformance: Sendable {
    /// A kind of file or table.
    enum Kind: String, Sendable, CaseIterable {
        case writeAheadLog, rollbackJournal, strict, withoutRowid, exactDecimals
    }

    static let entity = "scratch"

    let kind: Kind
    let folder: TemporaryFolder
    private var path: String { folder.url.appendingPathComponent("store.db").path }

    init(_ kind: Kind) throws {
        self.kind = kind
        folder = try TemporaryFolder()
        let database = try SQLiteDatabase(path: path, mode: .create)
        try database.execute("PRAGMA journal_mode=\(kind == .rollbackJournal ? "DELETE" : "WAL")")
        database.close()
    }

    private var types: [ValueType] {
        kind == .strict ? [.int64, .float64, .text, .bytes] : ValueType.allCases
    }

    private func declared(_ type: ValueType) -> String {
        switch type {
        case .bool: "BOOLEAN"
        case .int64: kind == .strict ? "INT" : "BIGINT"
        case .float64: kind == .strict ? "REAL" : "DOUBLE"
        case .decimal: kind == .exactDecimals ? "DECIMAL_TEXT" : "DECIMAL"
        case .text: "TEXT"
        case .bytes: "BLOB"
        case .date: "DATE"
        case .time: "TIME"
        case .timestamp: "DATETIME"
        case .instant: "TIMESTAMPTZ"
        case .uuid: "UUID"
        case .json: "JSON"
        }
    }

    private var schema: String {
        let columns = types.map { "\(ConformanceScratch.field($0)) \(declared($0))" }.joined(separator: ", ")
        // An INTEGER PRIMARY KEY is the rowid itself; a BIGINT one has an index beside it.
        let key = kind == .writeAheadLog || kind == .strict ? "INTEGER" : "BIGINT"
        let suffix =
            switch kind {
            case .strict: " STRICT"
            case .withoutRowid: " WITHOUT ROWID"
            case .writeAheadLog, .rollbackJournal, .exactDecimals: ""
            }
        let id = "id \(key) PRIMARY KEY NOT NULL"
        return "CREATE TABLE \(Self.entity)(\(id), code TEXT UNIQUE, note TEXT NOT NULL, \(columns))\(suffix)"
    }

    /// - Parameter wrap: puts a decorator around each connector.
    func subject(
        wrap: @escaping @Sendable (any Connector) -> any Connector = { $0 }
    ) async throws -> ConformanceSubject {
        try prepare()
        let connector = SQLiteConnector(path: path)
        let description = try await connector.describe(DescribeRequest(entities: [Self.entity]))
        await connector.close()
        var values: [ValueType: [Value]] = [:]
        for type in types {
            guard let field = description.entity(Self.entity)?.field(ConformanceScratch.field(type)) else { continue }
            values[type] = ValueGenerator.extremes(for: field)
        }
        return ConformanceSubject(
            entity: Self.entity, types: types, values: values,
            connect: { [self] in wrap(SQLiteConnector(path: path)) },
            prepare: { [self] in try prepare() },
            foreign: { [self] statements, ending in try execute(statements, ending) },
            fingerprint: { [self] in try fingerprint() })
    }

    private func prepare() throws {
        try asApplication { try $0.execute("DROP TABLE IF EXISTS \(Self.entity); \(schema)") }
    }

    /// A connection of the application's, which waits for no lock: what the connector leaves locked is noticed.
    private func asApplication<Result>(_ body: (SQLiteDatabase) throws -> Result) throws -> Result {
        let database = try SQLiteDatabase(path: path, busyTimeoutMilliseconds: 0)
        defer { database.close() }
        return try body(database)
    }

    private struct RolledBack: Error {}

    private func execute(
        _ statements: [ConformanceSubject.Statement], _ ending: ConformanceSubject.Ending
    ) throws {
        try asApplication { database in
            do {
                try database.transaction(.immediate) {
                    for statement in statements { try Self.execute(statement, database) }
                    if ending == .rollback { throw RolledBack() }
                }
            } catch is RolledBack {}
        }
    }

    private static func execute(_ statement: ConformanceSubject.Statement, _ database: SQLiteDatabase) throws {
        switch statement {
        case .insert(let record):
            let fields = record.keys.sorted()
            let places = fields.map { _ in "?" }.joined(separator: ", ")
            try database.query(
                "INSERT INTO \(entity)(\(fields.joined(separator: ", "))) VALUES (\(places))",
                fields.map { record[$0] ?? .null })
        case .update(let id, let set):
            let fields = set.keys.sorted()
            let terms = fields.map { "\($0) = ?" }.joined(separator: ", ")
            try database.query(
                "UPDATE \(entity) SET \(terms) WHERE id = ?", fields.map { set[$0] ?? .null } + [.int64(id)])
        case .delete(let id): try database.query("DELETE FROM \(entity) WHERE id = ?", [.int64(id)])
        }
    }

    private func fingerprint() throws -> String {
        try asApplication { database in
            var lines: [[Value]] = []
            for question in [
                "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name",
                "SELECT * FROM \(Self.entity) ORDER BY id", "PRAGMA journal_mode", "PRAGMA user_version",
                "PRAGMA application_id",
            ] {
                lines += try database.query(question)
            }
            return lines.map { $0.map(\.displayText).joined(separator: "|") }.joined(separator: "\n")
        }
    }
}
