public import ConnectorKit
import LockstepModel

/// What an archive of a store held at one moment, in memory: for tests that put small stores back.
public struct ArchivedRows: Sendable {
    public let schema: ArchivedSchema
    private var rows: [String: [RowText]] = [:]

    /// Reads all of the store, and lets go of it.
    public init(_ connector: any Connector) async throws {
        let source = try await connector.archive(ArchiveRequest())
        schema = source.schema
        for table in schema.tables.map(\.name) {
            for piece in try await source.pieces(of: table, bytes: 64 << 10) {
                let reader = try await source.rows(of: table, piece: piece)
                while let text = try await reader.next() { rows[table, default: []].append(text) }
                await reader.close()
            }
        }
        await source.close()
    }

    /// Makes live tables what they were.
    ///
    /// - Returns: what the store's own check finds afterwards.
    public func replace(
        _ tables: [String], keepsOthers: Bool = false, in connector: any Connector
    ) async throws -> [String] {
        let session = try await connector.restore(RestoreRequest(target: .replacing(keepsOthers: keepsOthers)))
        do {
            _ = try await session.prepare(schema, tables: tables)
            for table in tables {
                let writer = try await session.writer(for: table)
                for text in rows[table] ?? [] { try await writer.write(text) }
                _ = try await writer.finish()
            }
            _ = try await session.finish([])
            let problems = try await session.check()
            await session.close()
            return problems
        } catch {
            await session.abandon()
            await session.close()
            throw error
        }
    }
}
