public import ConnectorKit
internal import Foundation
public import LockstepModel

/// What to ask of a store as it was at a snapshot.
public struct QueryRequest: Sendable {
    /// The store in the snapshot.
    public var store: String
    /// One statement that reads, in SQLite's SQL.
    public var sql: String
    /// Seconds that the statement may take, without those of the restore; nil for any time.
    public var timeLimit: Double?
    /// Rows after which it ends; nil for all.
    public var rowLimit: Int?
    /// Makes a connector of a SQLite file that is not there yet.
    public var sqlite: @Sendable (_ path: String) throws -> any Connector
    public var progress: @Sendable (ContinuityProgress) -> Void

    public init(
        store: String, sql: String, timeLimit: Double?, rowLimit: Int?,
        sqlite: @escaping @Sendable (_ path: String) throws -> any Connector,
        progress: @escaping @Sendable (ContinuityProgress) -> Void
    ) {
        self.store = store
        self.sql = sql
        self.timeLimit = timeLimit
        self.rowLimit = rowLimit
        self.sqlite = sqlite
        self.progress = progress
    }
}

/// How a query ended.
public struct QueryOutcome: Sendable, Hashable {
    public var rows: Int
    /// There are more rows than the limit.
    public var isCut: Bool
}

/// Asks a store as it was at a snapshot: what the statement reads is restored into a scratch SQLite file, which is only
/// read and gone afterwards. Nothing of the store itself is touched.
public struct SnapshotQuery {
    private let request: QueryRequest
    private let reader: SnapshotReader
    private let scratch: ScratchFolder

    public init(_ request: QueryRequest, from reader: SnapshotReader) throws {
        self.request = request
        self.reader = reader
        scratch = try ScratchFolder()
    }

    /// - Parameters:
    ///   - columns: called once, before any row.
    ///   - row: called with each row, its values by SQLite's storage class.
    /// - Throws: ``ContinuityError``, `ConnectorError` of the scratch file, or what the closures throw.
    public func run(
        columns: @escaping @Sendable ([String]) throws -> Void, row: @escaping @Sendable ([Value]) throws -> Void
    ) async throws -> QueryOutcome {
        let store = try self.store()
        let file: QueryFile
        do {
            file = try await open(store)
        } catch {
            await reader.closePart()
            throw error
        }
        let stop = StopFlag()
        let deadline = request.timeLimit.map { ContinuousClock.now + .seconds($0) }
        do {
            let (rows, isCut) = try await withTaskCancellationHandler {
                try await file.run(
                    request.sql, rowLimit: request.rowLimit, until: deadline, stop: stop, columns: columns, row: row)
            } onCancel: {
                stop.set()
            }
            await file.close()
            return QueryOutcome(rows: rows, isCut: isCut)
        } catch {
            await file.close()
            throw error
        }
    }

    private func store() throws -> StoreManifest {
        if let store = reader.manifest.store(request.store), !store.isState { return store }
        let known = reader.manifest.stores.filter { !$0.isState }.map(\.name).joined(separator: ", ")
        throw ContinuityError(
            .notFound, doing: QueryFile.doing, object: request.store,
            message: "the snapshot \(reader.snapshot.id) has no such store", hint: "it has \(known)")
    }

    // MARK: The scratch file

    /// The statement is tried on the empty tables first: whether it can be run at all, and what it reads.
    private func open(_ store: StoreManifest) async throws -> QueryFile {
        let outline = scratch.file("outline.db")
        try await build(store, [], at: outline)
        let names = store.tables.map(\.name)
        let empty = try QueryFile(path: outline, store: store.name, tables: names)
        let read: Set<String>
        do {
            read = try await empty.tablesRead(by: request.sql)
        } catch let error as ContinuityError {
            await empty.close()
            // Of virtual tables only the physical copy knows.
            guard let image = store.image, !store.notes.isEmpty else { throw error }
            return try await QueryFile(path: extract(image, store), store: store.name, tables: names)
        }
        await empty.close()
        let wanted = store.tables.filter { read.contains($0.name) }
        if let image = store.image, prefersImage(image, store, wanted) {
            return try await QueryFile(path: extract(image, store), store: store.name, tables: names)
        }
        let path = scratch.file("rows.db")
        try await build(store, wanted, at: path)
        return try QueryFile(path: path, store: store.name, tables: names)
    }

    /// The physical copy is exact in everything and many times faster than rows, but is all of the store.
    private func prefersImage(_ image: String, _ store: StoreManifest, _ tables: [TableManifest]) -> Bool {
        guard store.notes.isEmpty else { return true }
        let wanted = Set(tables.flatMap(\.members))
        var (rows, copy): (Int64, Int64) = (0, 0)
        for member in reader.manifest.parts.flatMap(\.members) {
            if wanted.contains(member.name) { rows += member.size }
            if member.name.hasPrefix(image + ".") { copy += member.size }
        }
        return rows * 4 >= copy
    }

    private func extract(_ image: String, _ store: StoreManifest) async throws -> String {
        let report = request.progress
        return try await reader.extract(image) { bytes in
            report(ContinuityProgress(place: "\(store.name): image", bytes: bytes))
        }
    }

    /// Makes a SQLite file with all the store's tables, some of them with their rows.
    private func build(_ store: StoreManifest, _ filled: [TableManifest], at path: String) async throws {
        let connector = try request.sqlite(path)
        do {
            let session = try await connector.restore(RestoreRequest(target: .empty))
            do {
                _ = try await session.prepare(store.schema, tables: nil)
                try await fill(filled, of: store, session)
                _ = try await session.finish(store.sequences)
                await session.close()
            } catch {
                await session.abandon()
                await session.close()
                throw error
            }
            await connector.close()
        } catch {
            await connector.close()
            throw error
        }
    }

    private func fill(
        _ tables: [TableManifest], of store: StoreManifest, _ session: any RestoreSession
    ) async throws {
        var filling: [String: (writer: any RowTextWriter, tally: TableTally)] = [:]
        for table in tables {
            filling[table.name] = (
                try await session.writer(for: table.name), TableTally(store: store.name, manifest: table)
            )
        }
        var progress = ContinuityProgress(expectedRows: tables.reduce(0) { $0 + ($1.rows ?? 0) })
        try await MaterialisedTables(reader, store: store).read(tables.map(\.name)) { table, text in
            filling[table]?.tally.add(text)
            try await filling[table]?.writer.write(text)
            progress.place = "\(store.name).\(table)"
            progress.rows += Int64(text.rowCount)
            progress.bytes += Int64(text.bytes.count)
            request.progress(progress)
        }
        for table in filling.values {
            _ = try await table.writer.finish()
            try table.tally.check(doing: QueryFile.doing)
        }
    }
}
