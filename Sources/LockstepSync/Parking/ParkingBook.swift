internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Parks records: what waits of one record is one parked record, the net effect, under the key that it has now. Reads
/// and writes the state database once for many records.
struct ParkingBook {
    let run: SyncRun
    let pending: PendingMark?

    /// Whose records are looked up together.
    private struct Shelf: Hashable {
        var map: String
        var source: Int
    }

    /// What is parked under some keys: as it was read, and as it becomes.
    private struct Page {
        private(set) var entries: [[UInt8]: ParkedRecord] = [:]
        /// By key: the ids of what was read.
        private var stored: [[UInt8]: Int64] = [:]
        /// By key: when it arrived, which is the order in which records are tried again.
        private var arrivals: [[UInt8]: Int] = [:]
        private var nextArrival = 0

        var changed: [ParkedRecord] {
            arrivals.sorted { $0.value < $1.value }.compactMap { entries[$0.key] }
        }

        /// Records that were stored and are not any more, or under another key.
        var removed: [Int64] { stored.filter { entries[$0.key] == nil }.map(\.value).sorted() }

        mutating func add(stored record: ParkedRecord) {
            entries[record.key] = record
            stored[record.key] = record.id
        }

        mutating func put(_ record: ParkedRecord) {
            entries[record.key] = record
            if arrivals[record.key] == nil {
                arrivals[record.key] = nextArrival
                nextArrival += 1
            }
        }

        mutating func remove(_ record: ParkedRecord) {
            entries[record.key] = nil
            arrivals[record.key] = nil
        }
    }

    /// Parks changes, in the order in which they happened.
    func add(_ records: [ParkedRecord]) async throws {
        guard !records.isEmpty else { return }
        var shelves: [Shelf] = []
        for record in records {
            let shelf = Shelf(map: record.map, source: record.source)
            if !shelves.contains(shelf) { shelves.append(shelf) }
        }
        for shelf in shelves {
            try await add(records.filter { $0.map == shelf.map && $0.source == shelf.source }, shelf)
        }
    }

    private func add(_ records: [ParkedRecord], _ shelf: Shelf) async throws {
        guard let runtime = run.runtime(shelf.map) else { return }
        let side = Side(rawValue: shelf.source) ?? .left
        let keys = Set(records.flatMap { runtime.keys(of: $0) })
        var page = Page()
        try await read(keys, shelf, &page)
        // A delete is kept under the key that the other side still has, where it may meet another record, and so on.
        var known = keys
        while true {
            let former = Set(page.entries.values.flatMap { runtime.keys(of: $0) }).subtracting(known)
            guard !former.isEmpty else { break }
            try await read(former, shelf, &page)
            known.formUnion(former)
        }
        for record in records { add(record, runtime, side, &page) }
        try await run.state.park(
            page.changed, removing: page.removed, pending: pending, time: run.environment.now())
    }

    private func read(_ keys: Set<[UInt8]>, _ shelf: Shelf, _ page: inout Page) async throws {
        let known = try await run.state.parked(
            link: run.link.name, map: shelf.map, source: shelf.source,
            keys: keys.sorted { $0.lexicographicallyPrecedes($1) })
        for record in known { page.add(stored: record) }
    }

    /// A change belongs to what waits of the record that has, or had, the change's former key in the source.
    private func add(_ record: ParkedRecord, _ runtime: MapRuntime, _ side: Side, _ page: inout Page) {
        let lookup = record.before.flatMap { runtime.key(of: $0, side) } ?? record.key
        guard let known = page.entries[lookup] else { return place(record, runtime, side, &page) }
        runtime.hasLoadedParkedKeys[side.rawValue] = false
        page.remove(known)
        guard let folded = known.folded(with: record) else { return }
        place(folded, runtime, side, &page)
    }

    /// Puts a record under the key that it has in the source or, where it is deleted there, under the one that the
    /// target still has.
    ///
    /// One key may be both: of a record that was deleted, and of another that took the key since. As one parked record
    /// that is an update; what the taker leaves under its own former key is a delete of its own, which may meet a taker
    /// in its turn. Each step leaves one record less that had another key before, so this ends.
    private func place(_ record: ParkedRecord, _ runtime: MapRuntime, _ side: Side, _ page: inout Page) {
        var record = record
        let former = record.before.flatMap { runtime.key(of: $0, side) }
        if record.operation == .delete, let former { record.key = former }
        guard let other = page.entries[record.key] else { return page.put(record) }
        let (deleted, taker) = record.operation == .delete ? (record, other) : (other, record)
        guard deleted.operation == .delete, let merged = deleted.folded(with: taker) else {
            // A store that checks its keys late may hand one on before it is free.
            record.key = former ?? record.key
            return page.put(record)
        }
        page.put(merged)
        guard taker.operation != .delete, let before = taker.before, let left = runtime.key(of: before, side),
            left != record.key
        else { return }
        var rest = taker
        (rest.key, rest.operation, rest.after) = (left, .delete, nil)
        rest.keyText = runtime.keyText(side, runtime.keyFields[side.rawValue].compactMap { before.value($0) })
        place(rest, runtime, side, &page)
    }
}
