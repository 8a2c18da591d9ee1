internal import LockstepModel

/// The changes of records that refer to others which changed: read from a snapshot that shows all changes told so far and
/// no others.
struct ReferringChanges: Sendable {
    /// Referred records whose referring ones are read at a time.
    private static let pageSize = 1024

    let snapshot: any Snapshot
    let history: ReferredHistory
    let stations: ReferredStations
    let layouts: [String: FieldLayout]
    let limits: BatchLimits
    /// Some records changed after the end of what is read: of those the snapshot says too much.
    let hasTouched: Bool

    private var chain = 0
    private var lastKey: [UInt8] = []
    /// Readers of referring records, those nearer to the changed ones below.
    private var open: [(reader: any BatchReader, step: Int)] = []
    private var touchedEntities: [String]
    private var lastTouched: [UInt8] = []
    private let after: [String: PathReader]
    private let before: [String: PathReader]

    init(
        snapshot: any Snapshot, history: ReferredHistory, stations: ReferredStations, layouts: [String: FieldLayout],
        limits: BatchLimits, hasTouched: Bool
    ) {
        self.snapshot = snapshot
        self.history = history
        self.stations = stations
        self.layouts = layouts.filter(\.value.hasPaths)
        self.limits = limits
        self.hasTouched = hasTouched
        touchedEntities = hasTouched ? self.layouts.keys.sorted() : []
        let finder = RecordFinder(snapshot: snapshot)
        after = self.layouts.mapValues { PathReader($0, finder) }
        let former = RecordFinder(before: history, finder)
        before = self.layouts.mapValues { PathReader($0, former) }
    }

    /// The next changes; nil at the end.
    mutating func next() async throws -> EntityChanges? {
        while true {
            if let top = open.last {
                guard let batch = try await top.reader.next() else {
                    open.removeLast()
                    continue
                }
                if top.step > 0 {
                    try await push(batch, step: top.step - 1)
                } else if let changes = try await changes(stations.chains[chain].entity, batch, checksTouched: true) {
                    return changes
                }
            } else if chain < stations.chains.count {
                try await nextPage()
            } else if let entity = touchedEntities.first {
                if let changes = try await touched(entity) { return changes }
            } else {
                return nil
            }
        }
    }

    mutating func close() async {
        for entry in open { await entry.reader.close() }
        open = []
    }

    private mutating func nextPage() async throws {
        let way = stations.chains[chain]
        let page = try await history.changedKeys(station: way.station, after: lastKey, limit: Self.pageSize)
        guard let page else {
            chain += 1
            lastKey = []
            return
        }
        lastKey = page.last
        try await push(page.keys, step: way.hops.count - 1)
    }

    /// Opens a reader of those that refer by a step of the chain.
    private mutating func push(_ keys: RowBatch, step: Int) async throws {
        let way = stations.chains[chain]
        let fields = step == 0 ? layouts[way.entity]?.innerFields ?? [] : way.hops[step - 1].targetFields
        let whole = (0..<keys.rowCount).filter { row in (0..<keys.columnCount).allSatisfy { !keys[row, $0].isNull } }
        guard !whole.isEmpty else { return }
        let reader = try await snapshot.read(
            ReadRequest(
                entity: way.referring(step), fields: fields,
                keys: KeySelection(fields: way.hops[step].fields, rows: keys.rows(whole)), limits: limits))
        open.append((reader, step))
    }

    private mutating func touched(_ entity: String) async throws -> EntityChanges? {
        let width = layouts[entity]?.innerFields.count ?? 1
        let page = try await history.touchedRows(entity, width: width, after: lastTouched, limit: Self.pageSize)
        guard let page else {
            touchedEntities.removeFirst()
            lastTouched = []
            return nil
        }
        lastTouched = page.last
        return page.rows.isEmpty ? nil : try await changes(entity, page.rows, checksTouched: false)
    }

    /// Updates of the records whose paths show something else now.
    private func changes(_ entity: String, _ inner: RowBatch, checksTouched: Bool) async throws -> EntityChanges? {
        guard let after = after[entity], let before = before[entity] else { return nil }
        let skipped = checksTouched && hasTouched ? try await history.isTouched(entity, inner) : []
        let (old, new) = (try await before.fill(inner), try await after.fill(inner))
        var changes = EntityChanges(entity: entity, fields: after.layout.fields)
        for row in 0..<inner.rowCount where skipped.isEmpty || !skipped[row] {
            let differs = (0..<old.columnCount).contains {
                !RowBatch.areEqual(old[row, $0], in: old, new[row, $0], in: new)
            }
            guard differs else { continue }
            for column in 0..<old.columnCount { changes.rows.append(old[row, column], from: old) }
            for column in 0..<new.columnCount { changes.rows.append(new[row, column], from: new) }
            changes.ordinals.append(UInt32(changes.operations.count))
            changes.operations.append(.update)
        }
        return changes.operations.isEmpty ? nil : changes
    }
}

extension RecordFinder {
    /// Finds records as they were before the changes that a history knows.
    init(before history: ReferredHistory, _ finder: RecordFinder) {
        self.init { request in try await history.before(try await finder.look(request), request) }
    }
}
