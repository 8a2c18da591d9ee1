internal import ConnectorKit

/// Brings a whole store back by its engine's own copy: that of the snapshot, or that of the full that the snapshot's
/// increments begin with, and over it what they changed.
///
/// Rows that a change takes away are subtracted from the full's hash and those that it brings are added, so that the
/// store is proved to be what was backed up without reading all of it again.
struct ImageRestore {
    private let reader: SnapshotReader
    private let store: StoreManifest
    /// Whose copy it is, and the store there.
    private let holder: SnapshotReader
    private let earlier: StoreManifest
    private let image: String

    /// - Returns: nil where there is no such copy, or the store is made in another way since.
    init?(_ store: StoreManifest, of reader: SnapshotReader) {
        for link in reader.chain.reversed() {
            guard let earlier = link.manifest.store(store.name), Self.isMadeAlike(earlier, store) else { return nil }
            guard let image = earlier.image else { continue }
            (self.reader, self.store, holder, self.earlier, self.image) = (reader, store, link, earlier, image)
            return
        }
        return nil
    }

    private static func isMadeAlike(_ store: StoreManifest, _ other: StoreManifest) -> Bool {
        func settings(_ store: StoreManifest) -> [String: String] {
            store.schema.settings.filter { $0.key != "page_count" }
        }
        return store.schema.engine == other.schema.engine && store.schema.before == other.schema.before
            && store.schema.after == other.schema.after && settings(store) == settings(other)
            && store.schema.tables.map(\.name) == other.schema.tables.map(\.name)
            && store.schema.tables.map(\.key) == other.schema.tables.map(\.key)
    }

    func restore(
        into session: any RestoreSession, progress: @escaping @Sendable (ContinuityProgress) -> Void
    ) async throws -> [RestoreOutcome.Table] {
        let place = "\(store.name): image"
        let file = try await holder.extract(image) { progress(ContinuityProgress(place: place, bytes: $0)) }
        defer { ScratchFolder.remove(file) }
        try await session.adopt(imageAt: file, of: store.schema)
        if holder !== reader { try await layChanges(over: session, progress) }
        return store.tables.map { RestoreOutcome.Table(name: $0.name, rows: $0.rows ?? 0, hash: $0.hash ?? "") }
    }

    private func layChanges(
        over session: any RestoreSession, _ progress: (ContinuityProgress) -> Void
    ) async throws {
        let tables = MaterialisedTables(reader, store: store)
        var (compared, renewed): ([TableManifest], [TableManifest]) = ([], [])
        for table in store.tables {
            let content = try reader.content(of: table.name, store: store.name)
            guard content.rows.reader === holder else {
                renewed.append(table)
                continue
            }
            if !content.changes.isEmpty { compared.append(table) }
        }
        var state = ContinuityProgress()
        func report(_ table: TableManifest, _ text: RowText) {
            state.place = "\(store.name).\(table.name)"
            state.rows += Int64(text.rowCount)
            state.bytes += Int64(text.bytes.count)
            progress(state)
        }
        let overlays = try await tables.overlays(compared.map(\.name))
        for table in compared {
            guard let overlay = overlays[table.name] else { continue }
            try await change(table, in: session) {
                try overlay.contains(RowKeys.hash($0))
            } adding: { body in
                try await overlay.forEachChanged { text in
                    report(table, text)
                    try await body(text)
                }
            }
        }
        // Of tables without a key each snapshot holds all rows.
        for table in renewed {
            try await change(table, in: session) { _ in
                true
            } adding: { body in
                try await tables.read([table.name]) { _, text in
                    report(table, text)
                    try await body(text)
                }
            }
        }
    }

    private func change(
        _ table: TableManifest, in session: any RestoreSession,
        taking isTaken: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Bool,
        adding read: ((RowText) async throws -> Void) async throws -> Void
    ) async throws {
        let before = earlier.tables.first { $0.name == table.name }
        var tally = TableTally(store: store.name, manifest: table, from: before)
        let removal = try await session.removal(from: table.name, where: isTaken)
        do {
            while let gone = try await removal.next() { tally.subtract(gone) }
        } catch {
            await removal.close()
            throw error
        }
        let writer = try await session.writer(for: table.name)
        var added: Int64 = 0
        try await read { text in
            tally.add(text)
            added += Int64(text.rowCount)
            try await writer.write(text)
        }
        let taken = try await writer.finish()
        guard taken == added else { throw tally.notTaken(taken, of: added) }
        try tally.check(doing: "restoring")
    }
}
