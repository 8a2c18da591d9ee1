internal import ConnectorKit
internal import Foundation
internal import LockstepModel
internal import SQLiteAccess

/// Takes a full snapshot of stores at one cut: opens all of them, reads all of them, stores parts, manifest, signature and
/// the record, in this order. Whatever ends it before the record leaves only objects that nobody refers to.
///
/// Memory: three pieces of a table at once, compressed and not, of 16 MiB each; whatever the stores' size.
public struct BackupRun {
    /// The name that the project's state database has among the stores.
    public static let stateName = "_state"
    private static let width = 3

    private let request: BackupRequest
    private let repository: Repository
    private let scratch: ScratchFolder
    private let writer: PartWriter
    private var parts: [PartManifest] = []
    private var stores: [StoreManifest] = []
    private var progress = ContinuityProgress()

    public init(_ request: BackupRequest, repository: Repository) throws {
        self.request = request
        self.repository = repository
        scratch = try ScratchFolder()
        var settings = PartWriter.Settings(
            sealing: request.sealing, level: request.level, readme: PlainReadme.text, folder: scratch.path)
        settings.partBytes = 48 << 20
        writer = PartWriter(settings)
    }

    /// - Throws: ``ContinuityError``, or `ConnectorError` of a store; there is no snapshot then.
    public mutating func run() async throws -> StoredSnapshot {
        let begun = request.now()
        let clock = try await repository.store.clock()
        let previous = try await repository.snapshots(check: request.check).max {
            ($0.record.cutTime, $0.id) < ($1.record.cutTime, $1.id)
        }
        let sources = try await openAll()
        do {
            for (store, source) in zip(request.stores, sources) { try await archive(store.name, source) }
            try await archiveState()
        } catch {
            for source in sources { await source.close() }
            await writer.abandon()
            throw error
        }
        for source in sources { await source.close() }
        if let part = try await writer.close() { try await store(part) }
        return try await commit(begun: begun, clockOffset: begun - clock, previous: previous?.reference)
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
        if source.schema.hasImage {
            let path = scratch.file("image-\(stores.count).db")
            defer { ScratchFolder.remove(path) }
            let report = request.progress
            let start = progress
            try await source.writeImage(to: path) { done, _ in
                report(ContinuityProgress(place: "\(store): image", bytes: start.bytes + done, rows: start.rows))
            }
            image = MemberName.image(store: store)
            try await append(file: path, name: MemberName.image(store: store))
        }
        let tables = try await rows(of: store, source)
        stores.append(
            StoreManifest(
                name: store, cut: source.cut, schema: source.schema, sequences: try await source.sequences(),
                tables: tables, image: image, notes: await source.notes()))
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
        var tables = source.schema.tables.map {
            TableManifest(name: $0.name, content: .rows, members: [], rows: 0, hash: nil)
        }
        var places: [String: Int] = [:]
        for (index, table) in tables.enumerated() { places[table.name] = index }
        var hashes = [RowSetHash](repeating: RowSetHash(), count: tables.count)
        let reader = PieceReader(source: source, store: store, level: request.level)
        try await inOrder(pieces, width: Self.width) {
            try await reader.read($0.table, $0.piece)
        } use: { encoded in
            guard let place = places[encoded.table] else { return }
            tables[place].rows = (tables[place].rows ?? 0) + encoded.rows
            hashes[place].merge(encoded.hash)
            progress.place = "\(store).\(encoded.table)"
            progress.rows += encoded.rows
            progress.bytes += encoded.bytes
            for member in encoded.members {
                tables[place].members.append(member.manifest.name)
                try await append(member)
            }
            request.progress(progress)
        }
        for index in tables.indices { tables[index].hash = hashes[index].description }
        return tables
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
                .source, doing: "copying the project's state", object: path, message: error.message,
                hint: "is there room for temporary files?")
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
        let added = try await writer.append(file: path, name: name)
        for part in added.parts { try await store(part) }
    }

    private mutating func store(_ part: SpooledPart) async throws {
        defer { ScratchFolder.remove(part.path) }
        let reference = try await repository.putPart(
            fromFile: part.path, ending: ".tar.zst\(request.sealing.suffix)", sha256: part.manifest.object.sha256)
        // The name may be another one: a part that a prune may be about to remove is not relied upon.
        parts.append(PartManifest(object: reference, members: part.manifest.members))
    }

    // MARK: The record

    private func commit(
        begun: Int64, clockOffset: Int64, previous: SnapshotReference?
    ) async throws -> StoredSnapshot {
        let live = stores.filter { !$0.isState }
        let cutTime = live.map(\.cut.time).max() ?? begun
        let id = SnapshotIdentifier.make(cutTime: cutTime)
        let manifest = Manifest(snapshot: id, stores: stores, parts: parts)
        let sealed = try request.sealing.seal(CanonicalJSON.encode(manifest))
        let reference = try await repository.putManifest(sealed, ending: ".json\(request.sealing.suffix)")
        let record = SnapshotRecord(
            repository: repository.identity.id, id: id, kind: .full, base: nil, previous: previous, cutTime: cutTime,
            begun: begun, ended: request.now(), clockOffset: clockOffset,
            stores: live.map { store in
                .init(
                    name: store.name, engine: store.schema.engine, position: store.cut.position,
                    identity: store.cut.identity, time: store.cut.time)
            }, manifest: reference, parts: parts.map(\.object), recipients: request.sealing.recipientTexts,
            signer: request.signingKey?.fingerprint.text, writer: request.writer, label: request.label)
        guard let key = request.signingKey else { return try await repository.commit(record) }
        return try await repository.commit(record) { bytes in
            Array(try key.sign(bytes, namespace: TrustedKeys.snapshotNamespace).utf8)
        }
    }
}
