internal import ConnectorKit
internal import Foundation
internal import SQLiteAccess

/// Writes a snapshot, a full one or an increment, to one file as a full snapshot's part is: an ordinary archive that holds
/// all rows, the schema and physical copies. The file gets its name when it is whole and synced; nobody sees it before.
///
/// Memory: two members of 16 MiB, compressed and not.
public struct ExportRun {
    private static let doing = "exporting a snapshot"
    private let request: ExportRequest
    private let reader: SnapshotReader
    private let scratch: ScratchFolder
    private let writer: PartWriter
    private let temporary: String
    private var progress = ContinuityProgress()
    /// A member that is being compressed while the next one is read.
    private var pending: Task<EncodedMember, any Error>?

    public init(_ request: ExportRequest, from reader: SnapshotReader) throws {
        self.request = request
        self.reader = reader
        scratch = try ScratchFolder()
        let target = URL(fileURLWithPath: request.path)
        let name = ".\(target.lastPathComponent).exporting-\(UInt64.random(in: .min ... .max))"
        temporary = target.deletingLastPathComponent().appendingPathComponent(name).path
        var settings = PartWriter.Settings(
            sealing: request.sealing, level: request.level, readme: PlainReadme.text,
            folder: target.deletingLastPathComponent().path)
        settings.fileName = name
        settings.partBytes = .max
        writer = PartWriter(settings)
    }

    /// - Throws: ``ContinuityError``, or `ConnectorError` of a physical copy that had to be made; there is no file then.
    public mutating func run() async throws -> ExportOutcome {
        let stores = try wantedStores()
        try requireFree()
        do {
            var exported: [ExportOutcome.Store] = []
            progress.expectedRows = stores.flatMap(\.tables).reduce(0) { $0 + ($1.rows ?? 0) }
            for store in stores { exported.append(try await export(store)) }
            if request.stores == nil { try await exportState() }
            guard let part = try await writer.close() else { throw failure(.source, "there is nothing to export", "") }
            try publish()
            return ExportOutcome(
                snapshot: reader.snapshot.id, path: request.path, bytes: part.manifest.object.size,
                sha256: part.manifest.object.sha256, isSealed: request.sealing != .none, stores: exported)
        } catch {
            pending?.cancel()
            await writer.abandon()
            await reader.closePart()
            ScratchFolder.remove(temporary)
            throw error
        }
    }

    private func wantedStores() throws -> [StoreManifest] {
        let live = reader.manifest.stores.filter { !$0.isState }
        guard let names = request.stores else { return live }
        return try names.map { name in
            if let store = live.first(where: { $0.name == name }) { return store }
            throw ContinuityError(
                .notFound, doing: Self.doing, object: name,
                message: "the snapshot \(reader.snapshot.id) has no such store",
                hint: "it has \(live.map(\.name).joined(separator: ", "))")
        }
    }

    // MARK: Stores

    private mutating func export(_ store: StoreManifest) async throws -> ExportOutcome.Store {
        var exported = store
        for (section, text) in [("before", store.schema.before), ("after", store.schema.after)] {
            try await append(section: section, text, of: store.name)
        }
        let image = try await image(of: store)
        if let image {
            defer { ScratchFolder.remove(image) }
            _ = try await writer.append(file: image, name: MemberName.image(store: store.name))
        }
        exported.tables = try await rows(of: store)
        if let script = LoadScript.text(exported) {
            try await append(section: LoadScript.section, script, of: store.name)
        }
        return ExportOutcome.Store(
            name: store.name, engine: store.schema.engine, hasImage: image != nil,
            tables: exported.tables.map { ExportOutcome.Table(name: $0.name, rows: $0.rows ?? 0) })
    }

    private mutating func append(section: String, _ text: String, of store: String) async throws {
        let name = MemberName.schema(store: store, section)
        try await append(EncodedMember(name: name, bytes: Array(text.utf8), level: request.level))
    }

    /// All rows, counted and hashed, in members of some 16 MiB.
    private mutating func rows(of store: StoreManifest) async throws -> [TableManifest] {
        var tables: [String: (tally: TableTally, members: [String])] = [:]
        for table in store.tables { tables[table.name] = (TableTally(store: store.name, manifest: table), []) }
        // One table at a time has rows that wait to be written: its rows mostly stand together.
        var (current, waiting) = ("", RowText())
        func flush(_ run: inout ExportRun) async throws {
            guard waiting.rowCount > 0 else { return }
            let number = tables[current]?.members.count ?? 0
            let name = MemberName.rows(store: store.name, table: current, number: number)
            tables[current]?.members.append(name)
            try await run.compress(name, waiting)
            waiting = RowText()
        }
        try await MaterialisedTables(reader, store: store).read(store.tables.map(\.name)) { table, text in
            if table != current || waiting.bytes.count >= PieceReader.memberBytes { try await flush(&self) }
            current = table
            waiting.bytes += text.bytes
            waiting.rowCount += text.rowCount
            tables[table]?.tally.add(text)
            progress.place = "\(store.name).\(table)"
            progress.rows += Int64(text.rowCount)
            progress.bytes += Int64(text.bytes.count)
            request.progress(progress)
        }
        try await flush(&self)
        try await appendPending()
        return try store.tables.map { table in
            guard let found = tables[table.name] else { return table }
            try found.tally.check(doing: Self.doing)
            return TableManifest(
                name: table.name, content: .rows, members: found.members, rows: found.tally.rows, hash: table.hash)
        }
    }

    private mutating func compress(_ name: String, _ text: RowText) async throws {
        try await appendPending()
        let level = request.level
        pending = Task.detached {
            try EncodedMember(name: name, bytes: text.bytes, rows: Int64(text.rowCount), level: level)
        }
    }

    private mutating func appendPending() async throws {
        guard let member = try await pending?.value else { return }
        pending = nil
        try await append(member)
    }

    private func append(_ member: EncodedMember) async throws { _ = try await writer.append(member) }

    // MARK: Physical copies

    /// The store's own copy; an increment has none, and gets one made of its rows.
    private func image(of store: StoreManifest) async throws -> String? {
        if let image = store.image {
            let report = request.progress
            return try await reader.extract(image) { bytes in
                report(ContinuityProgress(place: "\(store.name): image", bytes: bytes))
            }
        }
        let path = scratch.file("\(UUID().uuidString).db")
        guard store.schema.hasImage, let connector = try request.fileStore(store.schema.engine, path) else {
            return nil
        }
        let task = RestoreTask(
            store: store.name, tables: nil, target: .empty, prefersRows: true, connector: connector,
            progress: request.progress)
        do { _ = try await RestoreRun(task, from: reader).run() } catch {
            await connector.close()
            throw error
        }
        await connector.close()
        do throws(SQLiteError) {
            let database = try SQLiteDatabase(path: path)
            defer { database.close() }
            // A file in WAL mode would be read through a second file that is not part of the copy.
            try database.execute("PRAGMA journal_mode = DELETE")
        } catch {
            throw failure(.file, error.message, "is there room for temporary files?")
        }
        return path
    }

    private func exportState() async throws {
        guard let image = reader.manifest.stores.first(where: \.isState)?.image else { return }
        let file = try await reader.extract(image) { _ in }
        defer { ScratchFolder.remove(file) }
        _ = try await writer.append(file: file, name: MemberName.image(store: BackupRun.stateName))
    }

    // MARK: The file

    private func requireFree() throws {
        var facts = stat()
        guard lstat(request.path, &facts) == 0 else { return }
        guard facts.st_mode & S_IFMT != S_IFDIR else {
            throw failure(.target, "it is a folder", "name a file in it")
        }
        guard request.replaces else { throw taken() }
    }

    private func taken() -> ContinuityError {
        failure(.target, "there is a file of that name", "give another name, or replace it with --force")
    }

    /// Syncs the file and gives it its name, which nobody has taken meanwhile.
    private func publish() throws {
        let descriptor = open(temporary, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failed() }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failed() }
        if request.replaces {
            guard rename(temporary, request.path) == 0 else { throw failed() }
            return
        }
        if link(temporary, request.path) == 0 {
            ScratchFolder.remove(temporary)
            return
        }
        if errno == EEXIST { throw taken() }
        // Not every file system has links.
        try requireFree()
        guard rename(temporary, request.path) == 0 else { throw failed() }
    }

    private func failed() -> ContinuityError {
        failure(
            errno == ENOSPC || errno == EDQUOT ? .full : .file, String(cString: strerror(errno)),
            "may this user write there, and is there room?")
    }

    private func failure(_ code: ContinuityError.Code, _ message: String, _ hint: String) -> ContinuityError {
        ContinuityError(code, doing: Self.doing, object: request.path, message: message, hint: hint)
    }
}
