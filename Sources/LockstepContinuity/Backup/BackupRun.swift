internal import ConnectorKit
internal import Foundation
internal import LockstepModel
internal import SQLiteAccess

/// Takes a snapshot of stores at one cut, a full one or what changed since an earlier one: opens all of them, reads all of them, stores parts, manifest, signature and
/// the record, in this order. Whatever ends it before the record leaves only objects that nobody refers to.
///
/// Memory: three pieces of a table at once, compressed and not, of 16 MiB each; whatever the stores' size.
public struct BackupRun {
    /// The name that the project's state database has among the stores.
    public static let stateName = "_state"
    static let partBytes = 48 << 20
    private static let width = 3

    private let request: BackupRequest
    private let repository: Repository
    private let scratch: ScratchFolder
    private let writer: PartWriter
    private var uploads: PartUploads
    private var stores: [StoreManifest] = []
    private var progress = ContinuityProgress()
    /// What an increment is made on.
    private var base: IncrementBase?
    /// Where the row indexes of this snapshot are written, and what they are.
    private var indexFolder: (folder: IndexFolder, path: String)?
    private var indexed: [IndexGeneration.Table] = []
    private var unfinished: [UnfinishedIndex] = []
    /// Why the snapshot is a full one although increments are wanted; nil where it is none, or nobody wanted one.
    public private(set) var reasonForFull: String?
    /// What the snapshot does not bring back exactly, or not at all, and why, by store.
    public private(set) var notes: [String] = []

    public init(_ request: BackupRequest, repository: Repository) throws {
        self.request = request
        self.repository = repository
        scratch = try ScratchFolder()
        var settings = PartWriter.Settings(
            sealing: request.sealing, level: request.level, readme: PlainReadme.text, folder: scratch.path)
        settings.partBytes = Self.partBytes
        writer = PartWriter(settings)
        uploads = PartUploads(repository, suffix: request.sealing.suffix)
    }

    /// - Throws: ``ContinuityError``, or `ConnectorError` of a store; there is no snapshot then.
    public mutating func run() async throws -> StoredSnapshot {
        let begun = request.now()
        let clock = try await repository.store.clock()
        let snapshots = try await repository.snapshots(check: request.check)
        let previous = snapshots.inCommitOrder().last
        try beginIndexes(snapshots, now: begun)
        defer { if let indexFolder { ScratchFolder.remove(indexFolder.path) } }
        let sources = try await openAll()
        do {
            for (store, source) in zip(request.stores, sources) { try await archive(store.name, source) }
            if request.skipsUnchanged, try isUnchanged() { throw NothingChanged(since: base?.snapshot.id ?? "") }
            try await archiveState()
            try await finishIndexes()
        } catch {
            for source in sources { await source.close() }
            await uploads.cancel()
            await writer.abandon()
            guard let impossible = error as? IncrementImpossible else { throw error }
            return try await takeFull(impossible.reason)
        }
        for source in sources { await source.close() }
        let parts = try await storedParts()
        return try await commit(parts, begun: begun, clockOffset: begun - clock, previous: previous?.reference)
    }

    private func beginning() -> BackupRequest {
        var request = request
        request.isFull = true
        return request
    }

    /// Begins anew, comparing with nothing.
    private mutating func takeFull(_ reason: String) async throws -> StoredSnapshot {
        var run = try BackupRun(beginning(), repository: repository)
        let snapshot = try await run.run()
        reasonForFull = reason
        notes = run.notes
        return snapshot
    }

    private mutating func beginIndexes(_ snapshots: [StoredSnapshot], now: Int64) throws {
        guard let path = request.indexPath else { return }
        let folder = IndexFolder(path: path)
        indexFolder = (folder, try folder.begin())
        guard !request.isFull else { return }
        let choice = IncrementBase.choose(
            for: request.stores.map(\.name), sealing: request.sealing, among: snapshots, in: folder,
            repository: repository.identity.id, now: now)
        base = choice.base
        reasonForFull = choice.base == nil ? choice.reason : nil
    }

    // MARK: The cut

    /// Opens all stores side by side: what lies between the first and the last of them is the cut's skew.
    private func openAll() async throws -> [any ArchiveSource] {
        let stores = request.stores
        return try await withThrowingTaskGroup(of: (Int, any ArchiveSource).self) { group in
            for (index, store) in stores.enumerated() {
                group.addTask { (index, try await store.connector.archive(ArchiveRequest())) }
            }
            var sources: [Int: any ArchiveSource] = [:]
            do {
                for try await (index, source) in group { sources[index] = source }
            } catch {
                group.cancelAll()
                while let next = try? await group.next() { sources[next.0] = next.1 }
                for source in sources.values { await source.close() }
                throw error
            }
            return stores.indices.compactMap { sources[$0] }
        }
    }

    // MARK: Stores

    private mutating func archive(_ store: String, _ source: any ArchiveSource) async throws {
        var image: String?
        for (section, text) in [("before", source.schema.before), ("after", source.schema.after)] {
            let name = MemberName.schema(store: store, section)
            try await append(EncodedMember(name: name, bytes: Array(text.utf8), level: request.level))
        }
        let hasImage = source.schema.hasImage && base == nil
        let path = scratch.file("image-\(stores.count).db")
        defer { if hasImage { ScratchFolder.remove(path) } }
        // The copy is made while rows are read.
        async let copied: Void = hasImage ? source.writeImage(to: path) { _, _ in } : ()
        let tables = try await rows(of: store, source)
        try await copied
        if hasImage {
            progress.place = "\(store): image"
            request.progress(progress)
            image = MemberName.image(store: store)
            try await append(file: path, name: MemberName.image(store: store))
        }
        let notes = await source.notes()
        if base != nil, source.schema.hasImage, !notes.isEmpty {
            throw IncrementImpossible(reason: "\(store) has values that only a physical copy brings back exactly")
        }
        let manifest = StoreManifest(
            name: store, cut: source.cut, schema: source.schema, sequences: try await source.sequences(),
            tables: tables, image: image, notes: notes)
        if base == nil, let script = LoadScript.text(manifest) {
            let name = MemberName.schema(store: store, LoadScript.section)
            try await append(EncodedMember(name: name, bytes: Array(script.utf8), level: request.level))
        }
        stores.append(manifest)
        for note in manifest.notes {
            self.notes.append("\(store)\(note.table.map { ".\($0)" } ?? ""): \(note.message)")
        }
    }

    private mutating func rows(of store: String, _ source: any ArchiveSource) async throws -> [TableManifest] {
        struct Piece: Sendable {
            var table: String
            var piece: ArchivePiece
        }
        progress.expectedRows = source.schema.tables.reduce(0) { $0 + ($1.entity.estimatedCount ?? 0) }
        var pieces: [Piece] = []
        for table in source.schema.tables {
            for piece in try await source.pieces(of: table.name, bytes: PieceReader.memberBytes) {
                pieces.append(Piece(table: table.name, piece: piece))
            }
        }
        let readings = try await self.readings(of: store, source.schema)
        var tables = source.schema.tables.map { table in
            let isCompared = readings[table.name]?.base != nil
            return TableManifest(
                name: table.name, content: isCompared ? .unchanged : .rows, members: [], rows: 0, hash: nil)
        }
        var places: [String: Int] = [:]
        for (index, table) in tables.enumerated() { places[table.name] = index }
        var hashes = [RowSetHash](repeating: RowSetHash(), count: tables.count)
        let reader = PieceReader(source: source, store: store, level: request.level, readings: readings)
        try await inOrder(pieces, width: Self.width) {
            try await reader.read($0.table, $0.piece)
        } use: { encoded in
            guard let place = places[encoded.table] else { return }
            tables[place].rows = (tables[place].rows ?? 0) + encoded.rows
            hashes[place].merge(encoded.hash)
            progress.place = "\(store).\(encoded.table)"
            progress.rows += encoded.rows
            progress.bytes += encoded.bytes
            for member in encoded.members { try await append(member, to: &tables[place]) }
            request.progress(progress)
        }
        for index in tables.indices {
            tables[index].hash = hashes[index].description
            let pieceCount = pieces.count { $0.table == tables[index].name }
            try await reader.deletes(tables[index].name, after: pieceCount) { member in
                try await append(member, to: &tables[index])
            }
            noteIndex(number: index, of: store, source.schema.tables[index], tables[index], readings)
        }
        return tables
    }

    private mutating func append(_ member: EncodedMember, to table: inout TableManifest) async throws {
        if table.content == .unchanged { table.content = .changes }
        table.members.append(member.manifest.name)
        try await append(member)
    }

    // MARK: Indexes

    private func isUnchanged() throws -> Bool {
        guard let base, base.generation.surroundings == (try IndexGeneration.surroundings(of: stores)) else {
            return false
        }
        return stores.allSatisfy { store in
            store.tables.allSatisfy { table in
                // Of a table without a key, the rows are there anew; they are the same if their hash is.
                table.content == .unchanged || base.generation.table(store.name, table.name)?.hash == table.hash
            }
        }
    }

    private func readings(of store: String, _ schema: ArchivedSchema) async throws -> [String: TableReading] {
        guard let indexFolder else { return [:] }
        var readings: [String: TableReading] = [:]
        for (number, table) in schema.tables.enumerated() {
            guard let keys = RowKeys(fields: table.entity.fields.map(\.name), key: table.key) else { continue }
            readings[table.name] = TableReading(
                keys: keys, base: base?.index(store, table),
                indexing: try TableIndexing(path: "\(indexFolder.path)/\(stores.count)-\(number).index"))
        }
        return readings
    }

    private struct UnfinishedIndex {
        var entry: IndexGeneration.Table
        var isCompared: Bool
        var indexing: TableIndexing
        var early: Task<Bool, any Error>?
    }

    /// Its file is ordered and written while a full's physical copy is compressed; an increment's when it is known that there
    /// is one.
    private mutating func noteIndex(
        number: Int, of store: String, _ table: ArchivedTable, _ manifest: TableManifest,
        _ readings: [String: TableReading]
    ) {
        var entry = IndexGeneration.Table(
            store: store, name: table.name, shape: "", file: "", hash: manifest.hash ?? "")
        // Without a file its rows are stored whole each time, and only their hash is compared.
        if let reading = readings[table.name], let indexing = reading.indexing {
            entry.shape = IndexGeneration.shape(table)
            entry.file = "\(stores.count)-\(number).index"
            let early = base == nil ? Task { try await indexing.finish() } : nil
            unfinished.append(
                UnfinishedIndex(
                    entry: entry, isCompared: reading.base != nil, indexing: indexing, early: early))
        } else {
            indexed.append(entry)
        }
    }

    private mutating func finishIndexes() async throws {
        for index in unfinished {
            let isUsable: Bool
            if let early = index.early {
                isUsable = try await early.value
            } else {
                isUsable = try await index.indexing.finish()
            }
            if isUsable {
                indexed.append(index.entry)
            } else if index.isCompared {
                let table = "\(index.entry.store).\(index.entry.name)"
                throw IncrementImpossible(reason: "two rows of \(table) have the same key")
            }
        }
        unfinished = []
    }

    /// The state database is small; its copy is made by SQLite at one moment.
    private mutating func archiveState() async throws {
        guard let path = request.statePath, FileManager.default.fileExists(atPath: path) else { return }
        let copy = scratch.file("state.db")
        defer { ScratchFolder.remove(copy) }
        do throws(SQLiteError) {
            let source = try SQLiteDatabase(path: path)
            defer { source.close() }
            let target = try SQLiteDatabase(path: copy, mode: .create)
            defer { target.close() }
            try target.copy(from: source)
            try target.execute("PRAGMA journal_mode = DELETE")
        } catch {
            throw ContinuityError(
                error.code == SQLiteError.full ? .full : .source, doing: "copying the project's state", object: path,
                message: error.message, hint: "make room, or set TMPDIR to a folder that has some")
        }
        let name = MemberName.image(store: Self.stateName)
        try await append(file: copy, name: name)
        stores.append(
            StoreManifest(
                name: Self.stateName,
                cut: ArchiveCut(position: nil, captured: [], identity: nil, time: request.now()),
                schema: ArchivedSchema(
                    engine: "SQLite", engineVersion: "", settings: [:], before: "", after: "", tables: [],
                    hasImage: true),
                sequences: [], tables: [], image: name, isState: true))
    }

    // MARK: Parts

    private mutating func append(_ member: EncodedMember) async throws {
        if let part = try await writer.append(member) { try await store(part) }
    }

    private mutating func append(file path: String, name: String) async throws {
        let cuts = try FileCut.all(of: path, name: name)
        // Whoever restores a large file shall not have to read rows for it.
        if cuts.count > 1, let part = try await writer.close() { try await store(part) }
        for cut in cuts {
            if let part = try await writer.append(cut) { try await store(part) }
            progress.bytes += cut.size
            request.progress(progress)
        }
    }

    private mutating func store(_ part: SpooledPart) async throws { try await uploads.add(part) }

    private mutating func storedParts() async throws -> [PartManifest] {
        do {
            if let part = try await writer.close() { try await store(part) }
            return try await uploads.finish()
        } catch {
            await uploads.cancel()
            throw error
        }
    }

    // MARK: The record

    private func commit(
        _ parts: [PartManifest], begun: Int64, clockOffset: Int64, previous: SnapshotReference?
    ) async throws -> StoredSnapshot {
        let draft = SnapshotDraft(
            base: base?.snapshot.reference, previous: previous, stores: stores, parts: parts, begun: begun,
            clockOffset: clockOffset, label: request.label, project: request.project,
            isSafety: request.isSafety ? true : nil)
        let snapshot = try await draft.commit(
            to: repository, sealing: request.sealing, signingKey: request.signingKey, writer: request.writer,
            now: request.now)
        if let (folder, path) = indexFolder {
            folder.commit(
                path,
                as: IndexGeneration(
                    repository: repository.identity.id, snapshot: snapshot.reference,
                    stores: request.stores.map(\.name).sorted(), tables: indexed,
                    surroundings: try IndexGeneration.surroundings(of: stores)),
                keeping: base?.laterBases(cutTime: snapshot.record.cutTime) ?? [])
        }
        return snapshot
    }
}
