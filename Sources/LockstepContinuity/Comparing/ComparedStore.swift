public import ConnectorKit
internal import LockstepModel

/// A store as it was at one time: one side of a comparison.
public protocol ComparedStore: Sendable {
    var schema: ArchivedSchema { get }

    /// How many rows a table has, and their ``RowSetHash``; nil where only reading tells.
    func known(_ table: String) -> (rows: Int64, hash: String)?

    /// Hands over the rows of some tables in blocks, in no order that means anything; the same rows each time.
    func read(_ tables: [String], _ body: (_ table: String, RowText) async throws -> Void) async throws
}

/// A store of a snapshot.
public struct ArchivedStore: ComparedStore {
    private let reader: SnapshotReader
    private let store: StoreManifest

    /// - Throws: ``ContinuityError`` where the snapshot has no such store.
    public init(_ reader: SnapshotReader, store name: String) throws {
        guard let store = reader.manifest.store(name), !store.isState else {
            let known = reader.manifest.stores.filter { !$0.isState }.map(\.name).joined(separator: ", ")
            throw ContinuityError(
                .notFound, doing: ComparisonRun.doing, object: name,
                message: "the snapshot \(reader.snapshot.id) has no such store", hint: "it has \(known)")
        }
        self.reader = reader
        self.store = store
    }

    public var schema: ArchivedSchema { store.schema }

    public func known(_ table: String) -> (rows: Int64, hash: String)? {
        guard let found = store.tables.first(where: { $0.name == table }), let rows = found.rows, let hash = found.hash
        else { return nil }
        return (rows, hash)
    }

    public func read(_ tables: [String], _ body: (_ table: String, RowText) async throws -> Void) async throws {
        do { try await MaterialisedTables(reader, store: store).read(tables, body) } catch {
            await reader.closePart()
            throw error
        }
    }
}

/// A store as it is now: one point in time, as long as the source is open. Rows are spelled as a backup spells them.
public struct LiveStore: ComparedStore {
    private let source: any ArchiveSource

    public init(_ source: any ArchiveSource) { self.source = source }

    public var schema: ArchivedSchema { source.schema }

    public func known(_ table: String) -> (rows: Int64, hash: String)? { nil }

    public func read(_ tables: [String], _ body: (_ table: String, RowText) async throws -> Void) async throws {
        for table in tables {
            for piece in try await source.pieces(of: table, bytes: PieceReader.memberBytes) {
                let rows = try await source.rows(of: table, piece: piece)
                do {
                    while let text = try await rows.next() {
                        try Task.checkCancellation()
                        try await body(table, text)
                    }
                } catch {
                    await rows.close()
                    throw error
                }
                await rows.close()
            }
        }
    }
}
