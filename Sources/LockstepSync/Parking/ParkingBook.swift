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
        var entries: [[UInt8]: ParkedRecord] = [:]
        /// By key: when it arrived, which is the order in which records are tried again.
        private var arrivals: [[UInt8]: Int] = [:]
        private var nextArrival = 0
        /// Records that were stored and are not any more, or under another key.
        var removed: Set<Int64> = []

        var changed: [ParkedRecord] {
            arrivals.sorted { $0.value < $1.value }.compactMap { entries[$0.key] }
        }

        mutating func put(_ record: ParkedRecord) {
            var record = record
            if let stored = entries[record.key], record.id == 0 { record.id = stored.id }
            entries[record.key] = record
            if arrivals[record.key] == nil {
                arrivals[record.key] = nextArrival
                nextArrival += 1
            }
        }

        mutating func remove(_ record: ParkedRecord) {
            entries[record.key] = nil
            arrivals[record.key] = nil
            if record.id != 0 { removed.insert(record.id) }
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
        // A delete is kept under the key that the other side still has: that of what was parked before.
        let former = Set(page.entries.values.flatMap { runtime.keys(of: $0) }).subtracting(keys)
        try await read(former, shelf, &page)
        for record in records { add(record, runtime, side, &page) }
        try await run.state.park(
            page.changed,
            removing: page.removed.sorted(), pending: pending, time: run.environment.now())
    }

    private func read(_ keys: Set<[UInt8]>, _ shelf: Shelf, _ page: inout Page) async throws {
        let known = try await run.state.parked(
            link: run.link.name, map: shelf.map, source: shelf.source,
            keys: keys.sorted { $0.lexicographicallyPrecedes($1) })
        for record in known { page.entries[record.key] = record }
    }

    private func add(_ record: ParkedRecord, _ runtime: MapRuntime, _ side: Side, _ page: inout Page) {
        let lookup = record.before.flatMap { runtime.key(of: $0, side) } ?? record.key
        guard let known = page.entries[lookup] else {
            var other = record
            // A record that changed its key to one whose former holder is parked, too, goes by its own former key.
            if lookup != record.key, page.entries[record.key] != nil { other.key = lookup }
            return page.put(other)
        }
        runtime.hasLoadedParkedKeys[side.rawValue] = false
        guard var folded = known.folded(with: record) else { return page.remove(known) }
        if folded.operation == .delete, let before = folded.before, let key = runtime.key(of: before, side) {
            folded.key = key
            if let taker = page.entries[key], taker.key != known.key {
                folded = folded.folded(with: taker) ?? folded
            }
        }
        if folded.key != known.key { page.remove(known) }
        page.put(folded)
    }
}
