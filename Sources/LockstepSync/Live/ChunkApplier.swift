internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// What the applying of a chunk led to, beside the writes.
struct ChunkOutcome {
    var conflicts: [ConflictRecord] = []
    var parked: [ParkedRecord] = []
    var revisits: [RevisitKey] = []
    /// By map name: watched keys that changes touched.
    var touched: [String: Set<[UInt8]>] = [:]
    var changedCount = 0
    /// A map whose guard stands against the chunk's deletes: index and reason.
    var stopped: (map: Int, reason: String)?
    /// Some records were refused for a unique value that another one still holds, in a chunk of collapsed changes.
    var wantsReplay = false
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
    /// By map name: keys of which it matters whether a change touches them.
    var watched: [String: Set<[UInt8]>] = [:]

    /// Times that a record which keeps changing under our hands is decided anew before it is parked.
    static let largestRetryCount = 5

    private var target: Side { side.opposite }

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
            for (index, net) in nets.enumerated() where net.isTruncated {
                try await emptyTarget(parts[index], &outcome)
            }
            steps = setSteps(parts, nets)
            outcome.wantsReplay = nets.contains(where: \.isCollapsed)
        }
        try await run(steps, parts, &outcome)
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
        var waiting = part.runtime.parkedKeys[side.rawValue]
        let watched = watched[part.runtime.map.name] ?? []
        for row in part.operations.indices {
            let failure = failures.first?.row == row ? failures.popFirst() : nil
            if part.operations[row] == .truncate {
                if part.runtime.map.propagatesDeletes { body(row, .truncate) }
                continue
            }
            let isWatched = failure != nil || !waiting.isEmpty || !watched.isEmpty
            let key: (bytes: [UInt8], values: [Value]) = isWatched ? part.sourceKey(row) : ([], [])
            if watched.contains(key.bytes) { outcome.touched[part.runtime.map.name, default: []].insert(key.bytes) }
            if failure != nil || waiting.contains(key.bytes) {
                // Later changes of a parked key wait with it: the record's turn comes as a whole.
                waiting.insert(key.bytes)
                let record = parked(part, row: row, key: key, failure: failure)
                outcome.parked.append(record)
                if record.key != key.bytes { waiting.insert(record.key) }
            } else if let operation = part.operation(row) {
                if operation == .update { revisitChangedKey(part, row, &outcome) }
                body(row, operation)
            }
        }
        part.runtime.parkedKeys[side.rawValue] = waiting
    }

    private func revisitChangedKey(_ part: MappedChunk, _ row: Int, _ outcome: inout ChunkOutcome) {
        guard part.changesKey(row), let before = part.sourceBefore(row),
            let after = part.sourceAfter(row)
        else { return }
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
                guard operation != .truncate else { return }
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
    private func emptyTarget(_ part: MappedChunk, _ outcome: inout ChunkOutcome) async throws {
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

    // MARK: Writing

    func writeBatch(
        _ plan: DirectionPlan, _ runtime: MapRuntime, _ operations: [LockstepModel.Operation], _ rows: RowBatch,
        isLoad: Bool = false
    ) -> WriteBatch {
        WriteBatch(
            entity: plan.targetEntity, fields: plan.targetFields.map(\.name), key: plan.targetKey,
            operations: operations, rows: rows, readFields: runtime.shape(target), isLoad: isLoad)
    }

    private func run(
        _ steps: [(part: Int, changes: [NetChanges.Change])], _ parts: [MappedChunk], _ outcome: inout ChunkOutcome
    ) async throws {
        var refused: [(part: Int, change: NetChanges.Change, rejection: Rejection)] = []
        for step in steps {
            refused += try await write(step.changes, of: parts[step.part], &outcome).map { (step.part, $0.0, $0.1) }
        }
        // A record may be refused only because another of the chunk had not been written yet.
        var progress = true
        while progress, !refused.isEmpty {
            let again = refused
            refused = []
            for entry in again {
                refused += try await write([entry.change], of: parts[entry.part], &outcome).map {
                    (entry.part, $0.0, $0.1)
                }
            }
            progress = refused.count < again.count
        }
        outcome.wantsReplay = outcome.wantsReplay && refused.contains { $0.rejection.cause == .uniqueKey }
        for (part, change, rejection) in refused {
            let record = parked(parts[part], change: change, rejection: rejection)
            parts[part].runtime.parkedKeys[side.rawValue].insert(record.key)
            outcome.parked.append(record)
        }
    }

    /// Writes changes of one map and one kind; decides conflicts at once.
    ///
    /// - Returns: what the store refused.
    private func write(
        _ changes: [NetChanges.Change], of part: MappedChunk, _ outcome: inout ChunkOutcome
    ) async throws -> [(NetChanges.Change, Rejection)] {
        guard let operation = changes.first?.operation else { return [] }
        let unbased = changes.filter(part.lacksBase)
        if !unbased.isEmpty, unbased.count < changes.count {
            let based = try await write(changes.filter { !part.lacksBase($0) }, of: part, &outcome)
            return try await based + write(unbased, of: part, &outcome)
        }
        let rows = part.rows(changes)
        // Without a base the record is offered like one that meets its like for the first time, and decided then.
        let sent = unbased.isEmpty ? operation : .insert
        let operations = [LockstepModel.Operation](repeating: sent, count: changes.count)
        let result = try await session.apply(writeBatch(part.plan, part.runtime, operations, rows))
        count(operation, result, part.runtime, &outcome)
        var refused: [(NetChanges.Change, Rejection)] = []
        for exception in result.exceptions {
            let change = changes[exception.row]
            switch exception.outcome {
            case .rejected(let rejection): refused.append((change, rejection))
            case .exists(let current), .differs(let current):
                let row = result.current.values(row: current)
                if let rejection = try await resolve(change, part, current: row, &outcome) {
                    refused.append((change, rejection))
                }
            case .missing where part.isFollowedOutside(change): continue
            case .missing:
                if let rejection = try await resolve(change, part, current: nil, &outcome) {
                    refused.append((change, rejection))
                }
            }
        }
        return refused
    }

    func count(
        _ operation: LockstepModel.Operation, _ result: WriteResult, _ runtime: MapRuntime,
        _ outcome: inout ChunkOutcome
    ) {
        outcome.changedCount += result.changedCount
        runtime.count(operation, result.changedCount, writing: target)
    }

    private func resolve(
        _ change: NetChanges.Change, _ part: MappedChunk, current: [Value]?, _ outcome: inout ChunkOutcome
    ) async throws -> Rejection? {
        let rows = part.rows([change])
        let width = part.plan.targetFields.count
        var met = MetChange(
            operation: change.operation,
            sourceBefore: change.operation == .insert ? nil : part.sourceBefore(change.first),
            sourceAfter: part.sourceAfter(change.last),
            before: change.operation == .insert ? nil : rows.values(row: 0, columns: 0..<width),
            after: change.operation == .delete ? nil : rows.values(row: 0, columns: width..<2 * width),
            current: current)
        let keyValues = part.plan.sourceKey.compactMap { (met.sourceAfter ?? met.sourceBefore)?[$0] }
        return try await settle(&met, runtime: part.runtime, plan: part.plan, keyValues: keyValues, &outcome)
    }

    /// Decides a met change and writes what was decided, again if the record changes meanwhile.
    func settle(
        _ met: inout MetChange, runtime: MapRuntime, plan: DirectionPlan, keyValues: [Value],
        _ outcome: inout ChunkOutcome
    ) async throws -> Rejection? {
        let key = KeyEncoder.encode(RowBatch(row: keyValues), row: 0, columns: keyValues.indices)
        let resolver = ChangeResolver(
            runtime: runtime, link: link.name, source: side, plan: plan, key: key,
            keyText: runtime.keyText(side, keyValues))
        for _ in 0..<Self.largestRetryCount {
            let resolution = resolver.resolve(met)
            if let park = resolution.park {
                return Rejection(cause: .other, constraint: park.code, message: park.message)
            }
            let exception = try await write(resolution.write, plan, runtime, &outcome)
            switch exception?.outcome {
            case nil:
                outcome.conflicts += resolution.conflicts
                if resolution.revisit {
                    outcome.revisits.append(
                        RevisitKey(
                            map: runtime.map.name, key: key,
                            row: StoredRow(fields: runtime.keyFields[side.rawValue], values: keyValues),
                            side: side.rawValue))
                }
                runtime.report.decidedConflicts += resolution.conflicts.count { $0.status == .automatic }
                return nil
            case .rejected(let rejection): return rejection
            case .exists, .differs: met.current = exception?.current
            case .missing: met.current = nil
            }
        }
        return Rejection(
            cause: .other, constraint: "LS-PARK-BUSY",
            message: "the record kept changing in \(link.store(target)) while it was being decided")
    }

    private func write(
        _ write: ChangeResolution.Write?, _ plan: DirectionPlan, _ runtime: MapRuntime, _ outcome: inout ChunkOutcome
    ) async throws -> (outcome: WriteException.Outcome, current: [Value])? {
        guard let write else { return nil }
        let operation: LockstepModel.Operation
        let row: [Value]
        let nulls = plan.targetFields.map { _ in Value.null }
        switch write {
        case .insert(let after): (operation, row) = (.insert, nulls + after)
        case .update(let both): (operation, row) = (.update, both)
        case .delete(let before): (operation, row) = (.delete, before + nulls)
        }
        let result = try await session.apply(writeBatch(plan, runtime, [operation], RowBatch(row: row)))
        count(operation, result, runtime, &outcome)
        guard let exception = result.exceptions.first else { return nil }
        switch exception.outcome {
        case .exists(let index), .differs(let index):
            return (exception.outcome, result.current.values(row: index))
        case .missing, .rejected: return (exception.outcome, [])
        }
    }
}
