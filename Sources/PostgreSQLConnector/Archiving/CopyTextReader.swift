import CPostgreSQL
import ConnectorKit

/// Rows as the server itself writes them: text COPY, block by block.
actor CopyTextReader: RowTextReader {
    private static let blockBytes = 256 << 10
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let pool: WirePool
    private let table: String
    private let statements: (preamble: String, sql: String)
    private var wire: Wire?
    private var isReading = false

    init(_ wire: Wire, pool: WirePool, table: String, preamble: String, sql: String) {
        thread = wire.thread
        self.wire = wire
        self.pool = pool
        self.table = table
        statements = (preamble, sql)
    }

    func open() throws {
        guard let wire else { return }
        do {
            try ConnectorError.translating(PostgreSQLArchiveSource.doing, entity: table) {
                try wire.execute(statements.preamble)
                try wire.execute(statements.sql)
            }
            isReading = true
        } catch {
            close()
            throw error
        }
    }

    func next() throws -> RowText? {
        guard let wire, isReading else { return nil }
        return try ConnectorError.translating(PostgreSQLArchiveSource.doing, entity: table) {
            var text = RowText()
            text.bytes.reserveCapacity(Self.blockBytes + 4096)
            while text.bytes.count < Self.blockBytes {
                var pointer: UnsafeMutablePointer<CChar>?
                let length = PQgetCopyData(wire.handle, &pointer, 0)
                guard length > 0, let pointer else {
                    isReading = false
                    try wire.drain()
                    if length == -2 { throw ServerError(result: nil, connection: wire.handle) }
                    break
                }
                text.bytes.append(contentsOf: UnsafeRawBufferPointer(start: pointer, count: Int(length)))
                PQfreemem(pointer)
                text.rowCount += 1
            }
            return text.rowCount == 0 ? nil : text
        }
    }

    func close() {
        guard let wire else { return }
        self.wire = nil
        if isReading {
            isReading = false
            wire.cancel()
            var pointer: UnsafeMutablePointer<CChar>?
            while PQgetCopyData(wire.handle, &pointer, 0) > 0 { PQfreemem(pointer) }
            // The cancelled statement's own error says nothing new.
            try? wire.drain()
        }
        _ = try? wire.execute("rollback")
        pool.giveBack(wire)
    }
}
