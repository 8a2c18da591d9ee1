internal import ConnectorKit
internal import Foundation

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
    /// Beside the file, so that this only needs its name when it is whole.
    private let making: ScratchFolder
    private let temporary: String

    public init(_ request: ExportRequest, from reader: SnapshotReader) throws {
        self.request = request
        self.reader = reader
        scratch = try ScratchFolder()
        let target = URL(fileURLWithPath: request.path)
        let name = target.lastPathComponent
        making = try ScratchFolder(
            in: target.deletingLastPathComponent().path, name: ".\(name).exporting-",
            hint: "is the folder there, and may this user write it?")
        temporary = making.file(name)
        var settings = PartWriter.Settings(
            sealing: request.sealing, level: request.level, readme: PlainReadme.text, folder: making.path)
        settings.fileName = name
        settings.partBytes = .max
        writer = PartWriter(settings)
    }

    /// - Throws: ``ContinuityError``, or `ConnectorError` of a physical copy that had to be made; there is no file then.
    public func run() async throws -> ExportOutcome {
        let stores = try wantedStores()
        try requireFree()
        var copier = SnapshotCopier(
            reader, writer: writer, level: request.level, doing: Self.doing, scratch: scratch,
            fileStore: request.fileStore,
            progress: request.progress)
        do {
            var exported: [ExportOutcome.Store] = []
            copier.expect(stores)
            for store in stores {
                let copy = try await copier.copy(store)
                exported.append(
                    ExportOutcome.Store(
                        name: store.name, engine: store.schema.engine, hasImage: copy.image != nil,
                        tables: copy.tables.map { ExportOutcome.Table(name: $0.name, rows: $0.rows ?? 0) }))
            }
            if request.stores == nil { _ = try await copier.copyState() }
            guard let part = try await writer.close() else { throw failure(.source, "there is nothing to export", "") }
            try publish()
            return ExportOutcome(
                snapshot: reader.snapshot.id, path: request.path, bytes: part.manifest.object.size,
                sha256: part.manifest.object.sha256, isSealed: request.sealing != .none, stores: exported)
        } catch {
            copier.cancel()
            await writer.abandon()
            await reader.closePart()
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
        if link(temporary, request.path) == 0 { return }
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
