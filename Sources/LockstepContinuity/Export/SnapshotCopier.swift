internal import ConnectorKit
internal import Foundation
internal import SQLiteAccess

/// Writes the stores of a snapshot, a full one or an increment, as a full snapshot's members: all rows, the schema and
/// physical copies. The stores themselves are not asked.
///
/// Memory: two members of 16 MiB, compressed and not.
struct SnapshotCopier {
    private let reader: SnapshotReader
    private let writer: PartWriter
    private let level: Int
    private let doing: String
    private let scratch: ScratchFolder
    private let fileStore: ExportRequest.FileStore
    private let report: @Sendable (ContinuityProgress) -> Void
    /// Takes the parts that are full.
    private let take: (SpooledPart) async throws -> Void
    private var progress = ContinuityProgress()
    /// A member that is being compressed while the next one is read.
    private var pending: Task<EncodedMember, any Error>?

    init(
        _ reader: SnapshotReader, writer: PartWriter, level: Int, doing: String, scratch: ScratchFolder,
        fileStore: @escaping ExportRequest.FileStore, progress: @escaping @Sendable (ContinuityProgress) -> Void,
        take: @escaping (SpooledPart) async throws -> Void = { _ in }
    ) {
        self.reader = reader
        self.writer = writer
        self.level = level
        self.doing = doing
        self.scratch = scratch
        self.fileStore = fileStore
        report = progress
        self.take = take
    }

    mutating func expect(_ stores: [StoreManifest]) {
        progress.expectedRows = stores.flatMap(\.tables).reduce(0) { $0 + ($1.rows ?? 0) }
    }

    /// - Returns: the store as a full snapshot of the same cut has it.
    mutating func copy(_ store: StoreManifest) async throws -> StoreManifest {
        var copy = store
        for (section, text) in [("before", store.schema.before), ("after", store.schema.after)] {
            try await append(section: section, text, of: store.name)
        }
        copy.image = nil
        if let image = try await image(of: store) {
            defer { ScratchFolder.remove(image) }
            copy.image = MemberName.image(store: store.name)
            try await append(file: image, name: MemberName.image(store: store.name))
        }
        copy.tables = try await rows(of: store)
        if let script = LoadScript.text(copy) {
            try await append(section: LoadScript.section, script, of: store.name)
        }
        return copy
    }

    /// - Returns: the project's state; nil where the snapshot has none.
    mutating func copyState() async throws -> StoreManifest? {
        guard let state = reader.manifest.stores.first(where: \.isState), let image = state.image else { return nil }
        let file = try await reader.extract(image) { _ in }
        defer { ScratchFolder.remove(file) }
        try await append(file: file, name: MemberName.image(store: BackupRun.stateName))
        return state
    }

    func cancel() { pending?.cancel() }

    private mutating func append(section: String, _ text: String, of store: String) async throws {
        let name = MemberName.schema(store: store, section)
        try await append(EncodedMember(name: name, bytes: Array(text.utf8), level: level))
    }

    private func append(_ member: EncodedMember) async throws {
        if let part = try await writer.append(member) { try await take(part) }
    }

    private func append(file path: String, name: String) async throws {
        for cut in try FileCut.all(of: path, name: name) {
            if let part = try await writer.append(cut) { try await take(part) }
        }
    }

    // MARK: Rows

    /// All rows, counted and hashed, in members of some 16 MiB.
    private mutating func rows(of store: StoreManifest) async throws -> [TableManifest] {
        var tables: [String: (tally: TableTally, members: [String])] = [:]
        for table in store.tables { tables[table.name] = (TableTally(store: store.name, manifest: table), []) }
        // One table at a time has rows that wait to be written: its rows mostly stand together.
        var (current, waiting) = ("", RowText())
        func flush(_ copier: inout SnapshotCopier) async throws {
            guard waiting.rowCount > 0 else { return }
            let number = tables[current]?.members.count ?? 0
            let name = MemberName.rows(store: store.name, table: current, number: number)
            tables[current]?.members.append(name)
            try await copier.compress(name, waiting)
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
            report(progress)
        }
        try await flush(&self)
        try await appendPending()
        return try store.tables.map { table in
            guard let found = tables[table.name] else { return table }
            try found.tally.check(doing: doing)
            return TableManifest(
                name: table.name, content: .rows, members: found.members, rows: found.tally.rows, hash: table.hash)
        }
    }

    private mutating func compress(_ name: String, _ text: RowText) async throws {
        try await appendPending()
        let level = level
        pending = Task.detached {
            try EncodedMember(name: name, bytes: text.bytes, rows: Int64(text.rowCount), level: level)
        }
    }

    private mutating func appendPending() async throws {
        guard let member = try await pending?.value else { return }
        pending = nil
        try await append(member)
    }

    // MARK: Physical copies

    /// The store's own copy; an increment has none, and gets one made of its full's and what changed since.
    private func image(of store: StoreManifest) async throws -> String? {
        if let image = store.image {
            return try await reader.extract(image) { [report] bytes in
                report(ContinuityProgress(place: "\(store.name): image", bytes: bytes))
            }
        }
        let path = scratch.file("\(UUID().uuidString).db")
        guard store.schema.hasImage, let connector = try fileStore(store.schema.engine, path) else { return nil }
        let task = RestoreTask(store: store.name, tables: nil, target: .empty, connector: connector, progress: report)
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
            throw ContinuityError(
                error.code == SQLiteError.full ? .full : .file, doing: doing, object: path, message: error.message,
                hint: "is there room for temporary files?")
        }
        return path
    }
}
