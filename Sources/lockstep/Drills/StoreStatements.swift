import ConnectorKit
import LockstepContinuity
import LockstepMapping
import LockstepModel
import PostgreSQLConnector
import SQLiteAccess

/// SQL on a store, as a plan or a drill itself says it.
struct StoreStatements: Sendable {
    private enum Engine: Sendable {
        case sqlite(path: String)
        case postgresql(url: String, password: String?)
    }
    private let engine: Engine
    /// As long as a PostgreSQL server is given.
    private static let timeLimit: Duration = .seconds(300)

    init(url: StoreURL, password: String?) {
        engine = url.scheme == "sqlite" ? .sqlite(path: url.address) : .postgresql(url: url.address, password: password)
    }

    /// The rows of a query, which cannot write.
    func rows(_ sql: String, limit: Int = 1000) async throws -> QueryRows {
        switch engine {
        case .sqlite(let path):
            return try await OffPool.run { try Self.rows(sql, path: path, limit: limit) }
        case .postgresql(let url, let password):
            let result = try await Self.run(sql, url: url, password: password, access: .readOnly, limit: limit)
            return QueryRows(columns: result.columns, rows: result.rows)
        }
    }

    /// The first value of the first row.
    func value(_ sql: String) async throws -> String? { try await rows(sql).rows.first?.first ?? nil }

    /// Runs a statement that writes, in a transaction of its own.
    func write(_ sql: String) async throws {
        switch engine {
        case .sqlite(let path):
            try await OffPool.run {
                try Self.reporting {
                    let database = try SQLiteDatabase(path: path)
                    defer { database.close() }
                    try database.execute(sql)
                }
            }
        case .postgresql(let url, let password):
            _ = try await Self.run(sql, url: url, password: password, access: .writing, limit: .max)
        }
    }

    private static func run(
        _ sql: String, url: String, password: String?, access: PostgreSQLConnector.StatementAccess, limit: Int
    ) async throws -> PostgreSQLConnector.StatementRows {
        let connector = try PostgreSQLConnector(url: url, password: password)
        do {
            let rows = try await connector.run(statement: sql, access: access, limit: limit)
            await connector.close()
            return rows
        } catch {
            await connector.close()
            throw error
        }
    }

    private static func rows(_ sql: String, path: String, limit: Int) throws -> QueryRows {
        try reporting {
            let database = try SQLiteDatabase(path: path, mode: .readOnly)
            defer { database.close() }
            database.stop(at: .now + timeLimit)
            let statement = try database.prepare(sql)
            let width = statement.columnCount
            var rows: [[String?]] = []
            while try statement.step() {
                guard rows.count < limit else {
                    throw ContinuityError(
                        .configuration, doing: "running a query", message: "it gives more than \(limit) rows",
                        hint: "ask for a count, or add a limit")
                }
                rows.append(
                    (0..<width).map { column in
                        let value = statement.value(column)
                        return value.isNull ? nil : value.displayText
                    })
            }
            return QueryRows(columns: (0..<width).map(statement.columnName), rows: rows)
        }
    }

    /// SQLite's messages name tables, columns and constraints, never values.
    private static func reporting<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let error as SQLiteError where error.code == SQLiteError.interrupted {
            throw ContinuityError(
                .timeLimit, doing: "running a statement",
                message: "it takes longer than \(timeLimit.components.seconds) s",
                hint: "ask for less, or let a command step do it")
        } catch let error as SQLiteError {
            throw ContinuityError(
                .source, doing: "running a statement", message: error.message,
                hint: "try it with the sqlite3 program on a copy")
        }
    }
}
