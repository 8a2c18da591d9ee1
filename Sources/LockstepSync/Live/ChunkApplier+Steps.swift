internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// A change that the store refused.
struct RefusedChange {
    /// Index of the part that it belongs to.
    var part: Int
    var change: NetChanges.Change
    var rejection: Rejection
}

/// What is open of a chunk: changes that were refused, and records that still lack what they defer.
struct OpenChanges {
    var refused: [RefusedChange] = []
    var rests: [RefusedChange] = []

    var isEmpty: Bool { refused.isEmpty && rests.isEmpty }

    /// Takes over what a write left.
    mutating func add(_ entries: [RefusedChange]) {
        refused += entries.filter { !$0.rejection.isDeferred }
        rests += entries.filter(\.rejection.isDeferred)
    }

    /// Fewer refused changes, or as many and fewer rests: each step of work leads there, so that work ends.
    func isLess(than other: OpenChanges) -> Bool {
        refused.count < other.refused.count
            || refused.count == other.refused.count && rests.count < other.rests.count
    }
}

/// Runs the steps of a chunk, and what they leave open again as long as that helps.
extension ChunkApplier {
    func run(
        _ steps: [(part: Int, changes: [NetChanges.Change])], _ parts: [MappedChunk], inOrder: Bool,
        _ outcome: inout ChunkOutcome
    ) async throws {
        var open = OpenChanges()
        var queue = KeyQueue(isOpen: inOrder)
        for step in steps {
            if let truncation = step.changes.first, truncation.operation == .truncate {
                open.refused.removeAll { $0.part == step.part }
                open.rests.removeAll { $0.part == step.part }
                try await emptyTarget(parts[step.part], &outcome)
                continue
            }
            try await write(step.changes, of: step.part, parts, &queue, &open, &outcome)
        }
        try await finish(parts, inOrder: inOrder, &open, &outcome)
        outcome.wantsReplay =
            outcome.wantsReplay && (open.refused + open.rests).contains { $0.rejection.cause == .uniqueKey }
        for entry in open.rests { park(rest(parts[entry.part], entry), parts[entry.part].runtime, &outcome) }
        for entry in open.refused { park(parked(parts[entry.part], entry), parts[entry.part].runtime, &outcome) }
    }

    private func park(_ record: ParkedRecord, _ runtime: MapRuntime, _ outcome: inout ChunkOutcome) {
        runtime.parkedKeys[side.rawValue].formUnion(runtime.keys(of: record))
        outcome.parked.append(record)
    }

    /// A record may be refused only because another of the chunk had not been written yet.
    private func finish(
        _ parts: [MappedChunk], inOrder: Bool, _ open: inout OpenChanges, _ outcome: inout ChunkOutcome
    ) async throws {
        while !open.isEmpty {
            let before = open
            open.rests = try await writeRests(open.rests, parts, &outcome)
            var queue = KeyQueue(isOpen: inOrder)
            for entry in open.rests { queue.block(entry.change, parts[entry.part], entry.part) }
            open.refused = []
            for entry in before.refused {
                try await write([entry.change], of: entry.part, parts, &queue, &open, &outcome)
            }
            guard open.isLess(than: before) else { return }
        }
    }

    /// Writes changes of one part and one kind unless the first of them must wait; what is refused for a reference that
    /// can be deferred is written without it.
    private func write(
        _ changes: [NetChanges.Change], of index: Int, _ parts: [MappedChunk], _ queue: inout KeyQueue,
        _ open: inout OpenChanges, _ outcome: inout ChunkOutcome
    ) async throws {
        let part = parts[index]
        if let change = changes.first, queue.mustWait(change, part, index) {
            open.refused.append(RefusedChange(part: index, change: change, rejection: KeyQueue.rejection))
            return
        }
        let refused = try await write(changes, of: part, &outcome).map {
            RefusedChange(part: index, change: $0.0, rejection: $0.1)
        }
        let left = try await writeWithoutDeferred(refused, of: part, &outcome)
        for entry in left { queue.block(entry.change, part, index) }
        open.add(left)
    }
}
