import ConnectorKit
import Foundation
import LockstepModel
import SQLiteAccess
import SQLiteConnector

/// A real file in a folder of its own, the connector over it, and a foreign writer: another connection to the file.
final class StoreInAFolder {
    let folder: URL
    let path: String
    let application: SQLiteDatabase
    let connector: SQLiteConnector

    init(_ schema: String, walMode: Bool = true, busyTimeout: Duration = .seconds(5)) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.appendingPathComponent("store.db").path
        application = try SQLiteDatabase(path: path, mode: .create)
        if walMode { try application.execute("PRAGMA journal_mode=WAL") }
        try application.execute("PRAGMA foreign_keys=ON")
        try application.execute(schema)
        connector = SQLiteConnector(path: path, busyTimeout: busyTimeout)
    }

    deinit {
        application.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Everything that the journal has after a position, flattened to lines such as `insert t: null|null -> 1|a`.
    func changes(_ entities: [String: [String]], after: Position = .start) async throws -> [String] {
        let reader = try await connector.changes(ChangesRequest(entities: entities, after: after))
        let lines = try await Self.lines(reader)
        await reader.close()
        return lines
    }

    static func lines(_ reader: any ChangeReader) async throws -> [String] {
        var lines: [String] = []
        while let chunk = try await reader.next() {
            var numbered: [(UInt32, String)] = []
            for entity in chunk.entities {
                let width = entity.fields.count
                for row in 0..<entity.operations.count {
                    let values = entity.rows.values(row: row).map(\.displayText)
                    let before = values[..<width].joined(separator: "|")
                    let after = values[width...].joined(separator: "|")
                    numbered.append(
                        (entity.ordinals[row], "\(entity.operations[row]) \(entity.entity): \(before) -> \(after)"))
                }
            }
            lines += numbered.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return lines
    }

    func rows(_ entity: String, _ fields: [String], order: ReadRequest.Order = .fastest) async throws -> [[Value]] {
        let snapshot = try await connector.snapshot(SnapshotRequest(purpose: .read))
        let reader = try await snapshot.read(ReadRequest(entity: entity, fields: fields, order: order))
        let rows = try await Self.all(reader)
        await snapshot.close()
        return rows
    }

    static func all(_ reader: any BatchReader) async throws -> [[Value]] {
        var rows: [[Value]] = []
        while let batch = try await reader.next() { rows += (0..<batch.rowCount).map(batch.values(row:)) }
        return rows
    }
}

/// One change to write: the image before and the image after.
func change(_ operation: LockstepModel.Operation, _ before: [Value]?, _ after: [Value]?) -> (
    LockstepModel.Operation, [Value]?, [Value]?
) { (operation, before, after) }

func writeBatch(
    _ entity: String, _ fields: [String], key: [Int] = [0], load: Bool = false,
    _ changes: [(LockstepModel.Operation, [Value]?, [Value]?)]
) -> WriteBatch {
    var rows = RowBatch(columnCount: fields.count * 2)
    let nothing = [Value](repeating: .null, count: fields.count)
    for (_, before, after) in changes { rows.appendRow((before ?? nothing) + (after ?? nothing)) }
    return WriteBatch(
        entity: entity, fields: fields, key: key, operations: changes.map(\.0), rows: rows, readFields: fields,
        isLoad: load)
}

extension StoreInAFolder {
    /// Applies in one committed session.
    @discardableResult
    func apply(_ batch: WriteBatch, checkpoint: Position? = nil) async throws -> WriteResult {
        let session = try await connector.write(WriteSessionRequest(lane: "lane"))
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
