import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector

/// A database of a test's own, with the connector on it.
struct Scenario {
    let server: PostgreSQLServer
    let database: String
    let connector: PostgreSQLConnector

    init(_ database: String, _ sql: String = "") throws {
        server = try PostgreSQLServer.shared()
        self.database = database
        let old = try server.execute(
            "select slot_name from pg_replication_slots where database = '\(database)'")
        for slot in old.split(separator: "\n") { try server.execute("select pg_drop_replication_slot('\(slot)')") }
        connector = try PostgreSQLConnector(url: try server.createDatabase(database))
        try server.execute(sql, database: database)
    }

    @discardableResult
    func execute(_ sql: String) throws -> String { try server.execute(sql, database: database) }

    func end() async throws {
        try? await connector.removeCapture()
        await connector.close()
        try server.execute("drop database \"\(database)\" with (force)")
    }

    func rows(_ entity: String, _ fields: [String], order: ReadRequest.Order = .fastest) async throws -> [[Value]] {
        let snapshot = try await connector.snapshot(SnapshotRequest(purpose: .read))
        let reader = try await snapshot.read(ReadRequest(entity: entity, fields: fields, order: order))
        let rows = try await reader.allRows()
        await snapshot.close()
        return rows
    }

    /// Opens a reader that starts where capture does now.
    func follow(_ entities: [String: [String]], limits: BatchLimits = .load) async throws -> any ChangeReader {
        try await connector.installCapture(CaptureRequest(entities: Array(entities.keys)))
        let snapshot = try await connector.snapshot(SnapshotRequest(purpose: .follow))
        let position = snapshot.position
        await snapshot.close()
        return try await connector.changes(ChangesRequest(entities: entities, after: position, limits: limits))
    }

    /// Writes one batch in a transaction of its own.
    @discardableResult
    func write(_ batch: WriteBatch, lane: String = "test", checkpoint: Position? = nil) async throws -> WriteResult {
        let session = try await connector.write(WriteSessionRequest(lane: lane))
        do {
            let result = try await session.apply(batch)
            try await session.commit(checkpoint)
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }
}

/// One change, as a test writes it down.
struct Change: Equatable {
    var entity: String
    var operation: Operation
    var before: [Value]
    var after: [Value]
}

extension BatchReader {
    func allRows() async throws -> [[Value]] {
        var rows: [[Value]] = []
        while let batch = try await next() {
            for row in 0..<batch.rowCount { rows.append(batch.values(row: row)) }
        }
        return rows
    }
}

extension ChangeChunk {
    var changes: [Change] {
        var ordered: [(UInt32, Change)] = []
        for part in entities {
            for row in part.operations.indices {
                let values = part.rows.values(row: row)
                let change = Change(
                    entity: part.entity, operation: part.operations[row],
                    before: Array(values[..<part.fields.count]), after: Array(values[part.fields.count...]))
                ordered.append((part.ordinals[row], change))
            }
        }
        return ordered.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

extension ChangeReader {
    func allChanges() async throws -> [Change] {
        var changes: [Change] = []
        while let chunk = try await next() { changes += chunk.changes }
        return changes
    }
}

extension WriteBatch {
    /// Rows of an operation, the image before and the image after.
    init(
        _ entity: String, _ fields: [String], key: [Int] = [0], isLoad: Bool = false,
        _ changes: [(Operation, [Value], [Value])]
    ) {
        var rows = RowBatch(columnCount: fields.count * 2)
        let nothing = [Value](repeating: .null, count: fields.count)
        for (_, before, after) in changes {
            rows.appendRow((before.isEmpty ? nothing : before) + (after.isEmpty ? nothing : after))
        }
        self.init(
            entity: entity, fields: fields, key: key, operations: changes.map(\.0), rows: rows, readFields: fields,
            isLoad: isLoad)
    }
}
