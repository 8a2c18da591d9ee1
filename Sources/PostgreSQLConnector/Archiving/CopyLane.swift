import CPostgreSQL
import ConnectorKit

/// A connection that rows are copied through. Every block is a COPY of its own, so that writers can take turns, and none is
/// left open while nobody has rows: the server cannot drop any database meanwhile.
actor CopyLane {
    private let wire: Wire
    nonisolated var unownedExecutor: UnownedSerialExecutor { wire.thread.asUnownedSerialExecutor() }

    init(_ wire: Wire) { self.wire = wire }

    /// In a transaction that lasts until ``commit()``.
    func copy(_ rows: RowText, table: String, sql: String) throws -> Int64 {
        try ConnectorError.translating(PostgreSQLRestoreSession.doing, entity: table) {
            if wire.isIdle {
                try wire.execute("set statement_timeout = 0; set synchronous_commit = off; begin")
            }
            return try wire.copy(rows, sql)
        }
    }

    func commit() throws {
        try ConnectorError.translating(PostgreSQLRestoreSession.doing) {
            if !wire.isIdle { try wire.execute("commit") }
        }
    }

    /// What was not committed is gone.
    func close() { wire.close() }
}

extension Wire {
    /// Copies a block into a table.
    ///
    /// - Returns: how many rows the table took.
    func copy(_ rows: RowText, _ sql: String) throws -> Int64 {
        try execute(sql)
        let isSent = rows.bytes.withUnsafeBytes { bytes in
            PQputCopyData(handle, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count)) == 1
        }
        guard isSent, PQputCopyEnd(handle, nil) == 1 else { throw ServerError(result: nil, connection: handle) }
        var count = 0
        while let result = PQgetResult(handle) {
            do { count += try checked(result).affectedCount } catch {
                try? drain()
                throw error
            }
        }
        return Int64(count)
    }
}
