internal import LockstepModel

/// A change reader whose rows get their paths filled, and which adds the changes of records that refer to others.
///
/// A path's value before is that of the record which was referred to before; what is looked up is as new as the store, so
/// a value may be told earlier than its change comes by, and the change then finds it there.
///
/// When a chunk changes a referred record, the reader takes a snapshot, goes on to the snapshot's position, and then adds
/// an update for each record that the snapshot shows to refer to a changed one: by then everything else of these records
/// has been told. All of it belongs to the transaction of the chunk: positions are withheld until its end.
actor ReferencingChangeReader: ChangeReader {
    /// While changes of referred records wait for their snapshot's position.
    private struct Hold {
        var snapshot: any Snapshot
        var readers: [String: PathReader]
        /// Some referred record changed; without, the snapshot is only there in case.
        var hasChanges = false
        /// The last end of a transaction.
        var position: Position?
        /// The base's reader ends at the snapshot.
        var isCut = false
        var changes: ReferringChanges?
    }

    private let connector: any Connector
    private let request: ChangesRequest
    private let layouts: [String: FieldLayout]
    private let stations: ReferredStations
    private let finder: RecordFinder
    private let readers: [String: PathReader]
    /// What the base is asked for.
    private let inner: [String: [String]]
    private var base: any ChangeReader
    private var history: ReferredHistory?
    private var hold: Hold?
    /// The last chunk left its transaction open.
    private var isInside = false
    private var isClosed = false

    static func open(
        _ connector: any Connector, _ request: ChangesRequest, layouts: [String: FieldLayout]
    ) async throws -> ReferencingChangeReader {
        let stations = ReferredStations(layouts)
        var inner = layouts.mapValues(\.innerFields)
        for station in stations.stations {
            let known = inner[station.entity] ?? []
            inner[station.entity] = known + station.fields.filter { !known.contains($0) }
        }
        var first = request
        first.entities = inner
        return ReferencingChangeReader(
            connector, request, layouts: layouts, stations: stations, inner: inner,
            base: try await connector.changes(first))
    }

    private init(
        _ connector: any Connector, _ request: ChangesRequest, layouts: [String: FieldLayout],
        stations: ReferredStations, inner: [String: [String]], base: any ChangeReader
    ) {
        self.connector = connector
        self.request = request
        self.layouts = layouts
        self.stations = stations
        self.inner = inner
        self.base = base
        let finder = RecordFinder { try await connector.query($0) }
        self.finder = finder
        readers = layouts.filter(\.value.hasPaths).mapValues { PathReader($0, finder) }
    }

    var quietPosition: Position { get async { await base.quietPosition } }

    func next() async throws -> ChangeChunk? {
        while !isClosed {
            if hold?.changes != nil { return try await addedChunk() }
            guard let chunk = try await base.next() else {
                guard hold?.hasChanges == true else { return nil }
                try await beginAdding()
                continue
            }
            if let told = try await tell(chunk) { return told }
        }
        return nil
    }

    func close() async {
        isClosed = true
        await endHold()
        await history?.close()
        history = nil
        await base.close()
    }

    // MARK: What the base tells

    /// - Returns: nil for what nobody asked for.
    private func tell(_ chunk: ChangeChunk) async throws -> ChangeChunk? {
        let changed = stations.changes(in: chunk, .update)
        // A snapshot must be taken while no transaction is open in which the caller has applied a part: some stores wait
        // for the ends of all that are.
        if hold == nil, !changed.isEmpty || chunk.position == nil { try await beginHold() }
        try await remember(changed, stations.changes(in: chunk, .delete))
        var told = chunk
        told.entities = try await filled(chunk)
        if hold != nil { try await withhold(&told) }
        guard !told.entities.isEmpty || (isInside && told.position != nil) else { return nil }
        isInside = told.position == nil
        return told
    }

    private func remember(
        _ changed: [ReferredStations.Change], _ gone: [ReferredStations.Change]
    ) async throws {
        guard !changed.isEmpty || !gone.isEmpty else { return }
        let history: ReferredHistory
        if let known = self.history {
            history = known
        } else {
            history = try ReferredHistory(stations.stations)
            self.history = history
        }
        try await history.add(changed: changed)
        try await history.add(gone: gone)
        if !changed.isEmpty { hold?.hasChanges = true }
    }

    /// The parts that were asked for, as they were asked for.
    private func filled(_ chunk: ChangeChunk) async throws -> [EntityChanges] {
        var parts: [EntityChanges] = []
        for part in chunk.entities {
            guard let layout = layouts[part.entity] else { continue }
            var part = part
            part.rows = part.rows.images(of: part.fields.count, first: layout.innerFields.count)
            part.fields = layout.innerFields
            if layout.hasPaths { try await fill(&part) }
            parts.append(part)
        }
        return parts
    }

    private func fill(_ part: inout EntityChanges) async throws {
        guard let reader = hold?.readers[part.entity] ?? readers[part.entity] else { return }
        if hold == nil { await reader.forget() }
        var before = reader
        if let history {
            let finder = hold.map { RecordFinder(snapshot: $0.snapshot) } ?? finder
            before = PathReader(reader.layout, RecordFinder(before: history, finder))
        }
        part.rows = try await reader.fill(changes: part.rows, before: before)
        part.fields = reader.layout.fields
    }

    // MARK: Holding

    private func beginHold() async throws {
        let snapshot = try await connector.snapshot(SnapshotRequest(purpose: .follow))
        let finder = RecordFinder(snapshot: snapshot)
        hold = Hold(
            snapshot: snapshot, readers: layouts.filter(\.value.hasPaths).mapValues { PathReader($0, finder) })
    }

    private func endHold() async {
        guard var ended = hold else { return }
        hold = nil
        await ended.changes?.close()
        await ended.snapshot.close()
    }

    /// Keeps a chunk's position back while changes are going to be added to its transaction.
    private func withhold(_ chunk: inout ChangeChunk) async throws {
        guard let position = chunk.position else { return }
        guard hold?.hasChanges == true else { return await endHold() }
        hold?.position = position
        chunk.position = nil
        chunk.transactionCount = 0
        guard let hold, !hold.isCut else { return }
        self.hold?.isCut = true
        try await reopen(after: position, upTo: end(hold))
    }

    private func end(_ hold: Hold) -> Position {
        request.upTo.map { min($0, hold.snapshot.position) } ?? hold.snapshot.position
    }

    private func reopen(after position: Position, upTo end: Position?) async throws {
        await base.close()
        base = try await connector.changes(
            ChangesRequest(
                entities: inner, after: position, upTo: end.map { max($0, position) }, limits: request.limits))
    }

    // MARK: Adding

    private func beginAdding() async throws {
        guard let hold, let history else { return }
        let reached = max(hold.position ?? request.after, await base.quietPosition)
        self.hold?.position = reached
        var hasTouched = false
        if let end = request.upTo, end < hold.snapshot.position {
            hasTouched = true
            try await touchWhatFollows(reached, upTo: hold.snapshot.position, history)
        }
        self.hold?.changes = ReferringChanges(
            snapshot: hold.snapshot, history: history, stations: stations, layouts: layouts, limits: request.limits,
            hasTouched: hasTouched)
    }

    /// The snapshot shows changes that are not to be told here: of their records it must be known what they were before.
    private func touchWhatFollows(_ position: Position, upTo end: Position, _ history: ReferredHistory) async throws {
        await base.close()
        let further = try await connector.changes(
            ChangesRequest(
                entities: layouts.filter(\.value.hasPaths).mapValues(\.innerFields), after: position, upTo: end,
                limits: request.limits))
        do {
            while let chunk = try await further.next() {
                for part in chunk.entities { try await history.touch(part) }
            }
        } catch {
            await further.close()
            throw error
        }
        await further.close()
    }

    /// The next of the changes that are added, or the end of their transaction.
    private func addedChunk() async throws -> ChangeChunk? {
        guard var changes = hold?.changes else { return nil }
        let part = try await changes.next()
        hold?.changes = changes
        if let part { return ChangeChunk(entities: [part], position: nil, transactionCount: 0) }
        let position = hold?.position ?? request.after
        await endHold()
        try await history?.forgetChanged()
        try await reopen(after: position, upTo: request.upTo)
        isInside = false
        return ChangeChunk(entities: [], position: position, transactionCount: 1)
    }
}

extension RowBatch {
    /// The first columns of both images.
    fileprivate func images(of width: Int, first count: Int) -> RowBatch {
        guard count < width else { return self }
        var rows = RowBatch(columnCount: count * 2, reservingRows: rowCount, sharingHeapOf: self)
        for row in 0..<rowCount {
            for start in [0, width] {
                for column in 0..<count { rows.append(self[row, start + column]) }
            }
        }
        return rows
    }
}
