internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// What the applying of a chunk led to, beside the writes.
struct ChunkOutcome {
    var conflicts: [ConflictRecord] = []
    var parked: [ParkedRecord] = []
    /// Maps whose source was emptied: what was parked of them before is not there any more.
    var emptied: Set<String> = []
    /// The side that they are of.
    var source: Side?
    var revisits: [RevisitKey] = []
    /// By map name: watched keys that changes touched.
    var touched: [String: Set<[UInt8]>] = [:]
    var changedCount = 0
    /// A map whose guard stands against the chunk's deletes: index and reason.
    var stopped: (map: Int, reason: String)?
    /// Some records were refused for a unique value that another one still holds, in a chunk of collapsed changes.
    var wantsReplay = false

    /// Deletes were refused, maybe because the records refer to each other.
    var mayDeleteInCircles: Bool {
        parked.contains { $0.operation == .delete && $0.code == ParkingCode.code(.reference) }
    }
}

/// Applies one chunk of changes from a side within the open transaction of a write session.
struct ChunkApplier {
    let link: SyncLink
    let side: Side
    let runtimes: [MapRuntime]
    /// Map indexes in the order in which the target wants inserts.
    let order: [Int]
    let session: any WriteSession
    let permissions: SyncPermissions
    /// By map name: keys whose changes are told.
    let watched: [String: Set<[UInt8]>]

    /// Times that a record which keeps changing under our hands is decided anew before it is parked.
    static let largestRetryCount = 5

    var target: Side { side.opposite }

    /// - Parameter inOrder: change by change instead of set by set.
    func apply(_ chunk: ChangeChunk, inOrder: Bool = false) async throws -> ChunkOutcome {
        var outcome = ChunkOutcome()
        let parts = runtimes.compactMap { MappedChunk(chunk, runtime: $0, from: side) }
        guard !parts.isEmpty else { return outcome }
        var steps: [(part: Int, changes: [NetChanges.Change])] = []
        if inOrder {
            steps = try await orderedSteps(parts, &outcome)
        } else {
            let nets = try await collapse(parts, &outcome)
            if let stopped = try await guardDeletes(parts, nets) {
                outcome.stopped = stopped
                return outcome
            }
            if nets.contains(where: \.handsOnKeys) {
                outcome.wantsReplay = true
                return outcome
            }
            for (index, net) in nets.enumerated() where net.isTruncated {
                try await emptyTarget(parts[index], &outcome)
            }
            steps = setSteps(parts, nets)
            outcome.wantsReplay = nets.contains(where: \.isCollapsed)
        }
        try await run(steps, parts, inOrder: inOrder, &outcome)
        return outcome
    }

    // MARK: Sorting changes

    /// Adds each row to its map's net changes, parking what cannot be mapped and folding what waits already.
    private func collapse(_ parts: [MappedChunk], _ outcome: inout ChunkOutcome) async throws -> [NetChanges] {
        var nets: [NetChanges] = []
        for part in parts {
            var net = NetChanges()
            try await forEachChange(part, &outcome) { row, operation in
                switch operation {
                case .insert: net.add(operation, row: row, beforeKey: nil, afterKey: part.keyAfter(row))
                case .update:
                    let key = part.keyBefore(row)
                    net.add(
                        operation, row: row, beforeKey: key, afterKey: part.changesKey(row) ? part.keyAfter(row) : key)
                case .delete: net.add(operation, row: row, beforeKey: part.keyBefore(row), afterKey: nil)
                case .truncate: net.add(operation, row: row, beforeKey: nil, afterKey: nil)
                }
            }
            nets.append(net)
        }
        return nets
    }

    private func forEachChange(
        _ part: MappedChunk, _ outcome: inout ChunkOutcome, _ body: (Int, LockstepModel.Operation) -> Void
    ) async throws {
        var failures = part.mapped.failures[...]
        let waits = part.runtime.parkedKeys[side.rawValue]
        var waiting = waits
        let watched = watched[part.runtime.map.name] ?? []
        for row in part.operations.indices {
            let failure = failures.first?.row == row ? failures.popFirst() : nil
            if part.operations[row] == .truncate {
                guard part.runtime.map.propagatesDeletes else { continue }
                let map = part.runtime.map.name
                outcome.parked.removeAll { $0.map == map }
                outcome.emptied.insert(map)
                outcome.source = side
                body(row, .truncate)
                continue
            }
            let operation = part.operation(row)
            guard failure != nil || operation != nil || !waiting.isEmpty else { continue }
            if failure == nil, waiting.isEmpty, watched.isEmpty, let operation {
                if operation == .update, part.changesKey(row) { revisitChangedKey(part, row, &outcome) }
                body(row, operation)
                continue
            }
            let key = part.sourceKey(row)
            if !watched.isEmpty {
                let touched = watched.intersection([key.bytes, part.lastKey(row)])
                outcome.touched[part.runtime.map.name, default: []].formUnion(touched)
            }
            if failure != nil || waiting.contains(key.bytes)
                || (!waiting.isEmpty && waiting.contains(part.lastKey(row)))
            {
                // Later changes of a parked key wait with it: the record's turn comes as a whole. So does who takes the
                // key that a parked change gives up.
                let record = parked(part, row: row, failure: failure)
                waiting.formUnion([key.bytes, record.key])
                outcome.parked.append(record)
                // What waits is folded, and may not tell any more that a key was changed.
                if part.operations[row] == .update { revisitChangedKey(part, row, &outcome) }
            } else if let operation {
                if operation == .update, part.changesKey(row) { revisitChangedKey(part, row, &outcome) }
                body(row, operation)
            }
        }
        part.runtime.parkedKeys[side.rawValue] = waiting
    }

    private func revisitChangedKey(_ part: MappedChunk, _ row: Int, _ outcome: inout ChunkOutcome) {
        guard let before = part.sourceBefore(row), let after = part.sourceAfter(row) else { return }
        outcome.revisits += part.runtime.revisits(before, after, of: part.plan)
    }

    private func setSteps(_ parts: [MappedChunk], _ nets: [NetChanges]) -> [(part: Int, changes: [NetChanges.Change])] {
        let changes = nets.map(\.remaining)
        let inOrder = order.compactMap { map in parts.firstIndex { $0.runtime.index == map } }
        var steps: [(part: Int, changes: [NetChanges.Change])] = []
        // Children go before their parents, parents come before their children.
        for part in inOrder.reversed() {
            let deletes = changes[part].filter { $0.operation == .delete }
            if !deletes.isEmpty { steps.append((part, deletes)) }
        }
        for part in inOrder {
            for operation in [LockstepModel.Operation.insert, .update] {
                let writes = changes[part].filter { $0.operation == operation }
                if !writes.isEmpty { steps.append((part, writes)) }
            }
        }
        return steps
    }

    /// Runs of changes of one map in which no key repeats, in commit order.
    private func orderedSteps(
        _ parts: [MappedChunk], _ outcome: inout ChunkOutcome
    ) async throws -> [(part: Int, changes: [NetChanges.Change])] {
        var entries: [(ordinal: UInt32, part: Int, change: NetChanges.Change)] = []
        for (index, part) in parts.enumerated() {
            try await forEachChange(part, &outcome) { row, operation in
                if operation == .truncate {
                    let change = NetChanges.Change(operation: operation, key: [], first: row, last: row)
                    return entries.append((part.ordinals[row], index, change))
                }
                let key = operation == .insert ? part.keyAfter(row) : part.keyBefore(row)
                let change = NetChanges.Change(operation: operation, key: key, first: row, last: row)
                entries.append((part.ordinals[row], index, change))
            }
        }
        entries.sort { $0.ordinal < $1.ordinal }
        return entries.map { ($0.part, [$0.change]) }
    }

    // MARK: Deletes

    private func guardDeletes(
        _ parts: [MappedChunk], _ nets: [NetChanges]
    ) async throws -> (map: Int, reason: String)? {
        for (part, net) in zip(parts, nets) {
            let runtime = part.runtime
            let deletes = net.remaining.count { $0.operation == .delete }
            guard let share = runtime.map.deleteGuard, deletes > 0 || net.isTruncated,
                !permissions.allowsDeletes(runtime.map.name)
            else { continue }
            let entity = part.plan.targetEntity
            if runtime.guardedCounts[target.rawValue] == nil {
                runtime.guardedCounts[target.rawValue] = try await link.connector(target).count(
                    CountRequest(entity: entity))
            }
            let count = runtime.guardedCounts[target.rawValue] ?? 0
            let total = net.isTruncated ? Int(clamping: count) : runtime.deletes[target.rawValue] + deletes
            guard total >= SyncPermissions.smallestGuardedCount, Double(total) > share * Double(count) else { continue }
            let percent = Int((share * 100).rounded())
            return (
                runtime.index,
                "\(link.store(side)) deleted \(total) of the \(count) records that \(link.store(target)) has in "
                    + "\(entity): more than the guard of \(percent)% allows"
            )
        }
        return nil
    }

    /// Deletes what the map sees of its target, because the source's entity was emptied by one statement.
    func emptyTarget(_ part: MappedChunk, _ outcome: inout ChunkOutcome) async throws {
        let plan = part.plan
        let reader = try await link.connector(target).query(
            QueryRequest(entity: plan.targetEntity, fields: plan.targetReadFields))
        while let batch = try await reader.next() {
            let included = plan.targetIncludes(batch)
            let width = plan.targetFields.count
            var rows = RowBatch(columnCount: 2 * width, reservingRows: batch.rowCount)
            for row in 0..<batch.rowCount where included[row] {
                for column in 0..<width { rows.append(batch[row, column], from: batch) }
                for _ in 0..<width { rows.appendNull() }
            }
            guard !rows.isEmpty else { continue }
            let result = try await session.apply(
                writeBatch(
                    plan, part.runtime, [LockstepModel.Operation](repeating: .delete, count: rows.rowCount), rows))
            count(.delete, result, part.runtime, &outcome)
        }
        await reader.close()
    }
}
