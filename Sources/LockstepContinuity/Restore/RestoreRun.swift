public import ConnectorKit
internal import Foundation
public import LockstepSync

/// What to bring back, and where to.
public struct RestoreTask: Sendable {
    /// The store in the snapshot.
    public var store: String
    /// Only these tables; nil for all.
    public var tables: [String]?
    public var target: RestoreRequest.Target
    /// Only the record with this key, its values spelled as in row text; nil for all records.
    public var key: RecordKey?
    /// Loads rows also where the engine's own physical copy is there.
    public var prefersRows: Bool
    /// Goes on where a restore of the same to the same place was interrupted, and leaves what the next one goes on with,
    /// in engines that can.
    public var isResumable: Bool
    /// Told what was found of an interrupted restore, and what is left of this one, for people.
    public var remark: @Sendable (String) -> Void
    public var connector: any Connector
    public var progress: @Sendable (ContinuityProgress) -> Void

    public init(
        store: String, tables: [String]?, target: RestoreRequest.Target,
        key: RecordKey? = nil, prefersRows: Bool = false,
        isResumable: Bool = false, remark: @escaping @Sendable (String) -> Void = { _ in },
        connector: any Connector, progress: @escaping @Sendable (ContinuityProgress) -> Void
    ) {
        self.store = store
        self.tables = tables
        self.target = target
        self.key = key
        self.prefersRows = prefersRows
        self.isResumable = isResumable
        self.remark = remark
        self.connector = connector
        self.progress = progress
    }
}

/// What a restore brought back.
public struct RestoreOutcome: Sendable, Hashable, Codable {
    public struct Table: Sendable, Hashable, Codable {
        public var name: String
        public var rows: Int64
        /// ``RowSetHash`` of what was loaded: that of the manifest, or the restore would have failed.
        public var hash: String
    }
    public var snapshot: String
    public var store: String
    public var cut: ArchiveCut
    public var tables: [Table]
    /// What another engine could not take over.
    public var notes: [RestoreNote]
    /// What the store's own check found afterwards; empty where all is well.
    public var problems: [String]
}

/// Brings a store back from a snapshot. Rows are counted and hashed on their way: where they are not the ones that were
/// backed up, nothing of the restore is left.
public struct RestoreRun: Sendable {
    private let reader: SnapshotReader
    private let task: RestoreTask

    public init(_ task: RestoreTask, from reader: SnapshotReader) {
        self.task = task
        self.reader = reader
    }

    /// - Throws: ``ContinuityError``, or `ConnectorError` of the target.
    public func run() async throws -> RestoreOutcome {
        let store = try self.store()
        let wanted = try tables(of: store)
        try requireExactRows(of: wanted, in: store)
        let session = try await task.connector.restore(RestoreRequest(target: task.target, mark: mark(wanted)))
        do {
            var notes: [RestoreNote] = []
            var loaded: [RestoreOutcome.Table] = []
            if let image = usableImage(of: store) {
                loaded = try await image.restore(into: session, progress: task.progress)
            } else {
                notes = try await session.prepare(store.schema, tables: wanted.map(\.name))
                loaded = try await load(wanted, of: store, into: session)
                notes += inexact(wanted, of: store)
            }
            notes += try await session.finish(task.tables == nil || task.target == .empty ? store.sequences : [])
            let problems = try await session.check()
            await session.close()
            return RestoreOutcome(
                snapshot: reader.snapshot.id, store: store.name, cut: store.cut, tables: loaded, notes: notes,
                problems: problems)
        } catch {
            if let left = await session.abandon() { task.remark("\(left); the snapshot is \(reader.snapshot.id)") }
            await session.close()
            await reader.closePart()
            throw error
        }
    }

    /// What rows do not bring back as it was.
    private func inexact(_ tables: [TableManifest], of store: StoreManifest) -> [RestoreNote] {
        store.notes.filter { note in
            guard let table = note.table, store.schema.table(table) != nil else { return task.tables == nil }
            return tables.contains { $0.name == table }
        }
    }

    /// Names these tables of this snapshot, as this version restores them.
    private func mark(_ tables: [TableManifest]) -> String? {
        guard task.isResumable, task.key == nil else { return nil }
        let snapshot = reader.snapshot.reference
        let words = ["lockstep.restore/1", snapshot.id, snapshot.sha256, task.store] + tables.map(\.name)
        return "\(snapshot.id) \(ContentDigest.hexadecimal(of: Array(words.joined(separator: "\u{0}").utf8)))"
    }

    private func store() throws -> StoreManifest {
        if let store = reader.manifest.store(task.store), !store.isState { return store }
        let known = reader.manifest.stores.filter { !$0.isState }.map(\.name).joined(separator: ", ")
        throw ContinuityError(
            .notFound, doing: "restoring", object: task.store,
            message: "the snapshot \(reader.snapshot.id) has no such store", hint: "it has \(known)")
    }

    /// The tables to restore. Lockstep's own go only where the whole store is made anew in its own engine.
    private func tables(of store: StoreManifest) throws -> [TableManifest] {
        if let names = task.tables {
            return try names.map { name in
                if let table = store.tables.first(where: { $0.name == name }) { return table }
                throw ContinuityError(
                    .notFound, doing: "restoring", object: "\(store.name).\(name)",
                    message: "the snapshot has no such entity",
                    hint: "it has \(store.tables.prefix(20).map(\.name).joined(separator: ", "))")
            }
        }
        let isSameEngine = store.schema.engine == task.connector.capabilities.storeKind
        // A live store goes on with a history of its own.
        var isLive = false
        if case .replacing = task.target { isLive = true }
        return store.tables.filter { table in
            isSameEngine && !isLive || store.schema.table(table.name)?.isEngineOwned != true
        }
    }

    /// Live rows shall be what they were, not something like it.
    private func requireExactRows(of tables: [TableManifest], in store: StoreManifest) throws {
        guard case .replacing = task.target,
            let note = store.notes.first(where: { note in
                tables.contains { $0.name == note.table }
            })
        else { return }
        throw ContinuityError(
            .target, doing: "restoring in place", object: "\(store.name).\(note.table ?? "")", message: note.message,
            hint: "restore the whole store into a file of its own (--to), and take its records from there")
    }

    /// The engine's own copy is exact in everything, and many times faster than its rows.
    private func usableImage(of store: StoreManifest) -> ImageRestore? {
        guard task.tables == nil, !task.prefersRows, case .empty = task.target,
            store.schema.engine == task.connector.capabilities.storeKind
        else { return nil }
        return ImageRestore(store, of: reader)
    }

    // MARK: Rows

    private func filter(_ table: TableManifest, of store: StoreManifest) throws -> RowFilter? {
        guard let key = task.key, let archived = store.schema.table(table.name) else { return nil }
        return try RowFilter(key, of: archived)
    }

    private func load(
        _ tables: [TableManifest], of store: StoreManifest, into session: any RestoreSession
    ) async throws -> [RestoreOutcome.Table] {
        let kept = await session.kept
        if !kept.isEmpty {
            task.remark("going on with an interrupted restore: \(kept.count) of \(tables.count) entities are there")
        }
        var loading: [String: LoadedTable] = [:]
        for table in tables where !kept.contains(table.name) {
            loading[table.name] = LoadedTable(
                table, of: store.name, writer: WriteBehind(try await session.writer(for: table.name)),
                filter: try filter(table, of: store))
        }
        do {
            return try await fill(&loading, tables, of: store, into: session)
        } catch {
            for table in loading.values { await table.writer.settle() }
            throw error
        }
    }

    private func fill(
        _ loading: inout [String: LoadedTable], _ tables: [TableManifest], of store: StoreManifest,
        into session: any RestoreSession
    ) async throws -> [RestoreOutcome.Table] {
        let missing = tables.filter { loading[$0.name] != nil }
        var progress = ContinuityProgress(expectedRows: missing.reduce(0) { $0 + ($1.rows ?? 0) })
        var outcomes: [String: RestoreOutcome.Table] = [:]
        try await MaterialisedTables(reader, store: store).read(missing.map(\.name)) { table, text in
            progress.place = "\(store.name).\(table)"
            progress.rows += Int64(text.rowCount)
            progress.bytes += Int64(text.bytes.count)
            try await loading[table]?.load(text)
            task.progress(progress)
        } finished: { table in
            outcomes[table] = try await loading[table]?.finish()
            try await session.keep(table)
        }
        return tables.map { table in
            outcomes[table.name]
                ?? RestoreOutcome.Table(name: table.name, rows: table.rows ?? 0, hash: table.hash ?? "")
        }
    }
}

/// A table being loaded.
private struct LoadedTable {
    let manifest: TableManifest
    let writer: WriteBehind
    private var filter: RowFilter?
    private var tally: TableTally
    private var loaded: Int64 = 0

    init(_ manifest: TableManifest, of store: String, writer: WriteBehind, filter: RowFilter?) {
        self.manifest = manifest
        self.writer = writer
        self.filter = filter
        tally = TableTally(store: store, manifest: manifest)
    }

    mutating func load(_ text: RowText) async throws {
        tally.add(text)
        let wanted = try filter?.matching(text) ?? text
        guard wanted.rowCount > 0 else { return }
        loaded += Int64(wanted.rowCount)
        try await writer.write(wanted)
    }

    /// Ends the table: what was loaded must be what was backed up.
    func finish() async throws -> RestoreOutcome.Table {
        let taken = try await writer.finish()
        try tally.check(doing: "restoring")
        guard taken == loaded else { throw tally.notTaken(taken, of: loaded) }
        guard filter == nil || loaded > 0 else {
            throw ContinuityError(
                .notFound, doing: "restoring", object: "\(tally.store).\(manifest.name)",
                message: "the snapshot has no record with this key",
                hint: "take an older snapshot; `lockstep snapshots` lists them")
        }
        return RestoreOutcome.Table(name: manifest.name, rows: loaded, hash: manifest.hash ?? "")
    }
}
