import CPostgreSQL
import Foundation
import LockstepModel
import LockstepTesting

/// One connection to a database of the test's own: thousands of questions, too many for a program started for each.
final class PostgreSQLSession {
    struct Failure: Error { var message: String }

    private let server: PostgreSQLServer
    private let database: String
    private let connection: OpaquePointer

    init(_ database: String) throws {
        server = try PostgreSQLServer.shared()
        self.database = database
        guard let connection = PQconnectdb(try server.createDatabase(database)) else {
            throw Failure(message: "no memory for a connection")
        }
        guard PQstatus(connection) == CONNECTION_OK else {
            defer { PQfinish(connection) }
            throw Failure(message: String(cString: PQerrorMessage(connection)))
        }
        self.connection = connection
    }

    /// Closes the connection and drops the database.
    func end() throws {
        PQfinish(connection)
        try server.execute("drop database \"\(database)\"")
    }

    /// Rows of texts; nil is null.
    func query(_ sql: String, _ bindings: [Value] = []) throws -> [[String?]] {
        let copies = bindings.map { $0 == .null ? nil : strdup($0.displayText) }
        defer { for copy in copies { free(copy) } }
        let pointers = copies.map { $0.map { UnsafePointer<CChar>($0) } }
        let result = PQexecParams(connection, sql, Int32(bindings.count), nil, pointers, nil, nil, 0)
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
            throw Failure(message: String(cString: PQerrorMessage(connection)) + sql)
        }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
    }
}
