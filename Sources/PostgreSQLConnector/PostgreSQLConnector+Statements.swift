internal import CPostgreSQL
internal import ConnectorKit

extension PostgreSQLConnector {
    /// What a statement may do.
    public enum StatementAccess: Sendable, Hashable {
        /// It runs in a transaction that cannot write.
        case readOnly
        /// It runs by itself, as people type it: also what no transaction may hold, such as `create database`.
        case writing
    }

    /// The rows of a statement as text, nil for null.
    public struct StatementRows: Sendable, Hashable {
        public var columns: [String]
        public var rows: [[String?]]
    }

    /// Runs one statement that a person or a plan wrote.
    ///
    /// - Parameter limit: more rows than this are an error, not cut off.
    /// - Throws: ``ConnectorError``.
    @discardableResult
    public func run(
        statement sql: String, access: StatementAccess = .readOnly, limit: Int = 1000
    ) async throws -> StatementRows {
        let doing = "running a statement"
        return try await pool.use(doing) { wire in
            if access == .readOnly { try wire.execute("begin read only") }
            do {
                // One statement only: nothing in it can end the transaction and go on.
                let result = try wire.query(sql)
                if access == .readOnly { try wire.execute("rollback") }
                guard result.rowCount <= limit else {
                    throw ConnectorError(
                        .unsupported, doing: doing, message: "it gives more than \(limit) rows",
                        hint: "ask for a count, or add a limit")
                }
                let width = Int(PQnfields(result.handle))
                let columns = (0..<width).map { PQfname(result.handle, Int32($0)).map { String(cString: $0) } ?? "" }
                let rows = (0..<result.rowCount).map { row in (0..<width).map { result.text(row, $0) } }
                return StatementRows(columns: columns, rows: rows)
            } catch {
                if access == .readOnly { _ = try? wire.execute("rollback") }
                throw error
            }
        }
    }
}
