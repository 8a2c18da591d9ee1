internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// The work of trying parked records again within one transaction of the target.
struct RetryRound {
    let run: SyncRun
    let side: Side
    let session: any WriteSession
    let lane: String

    private(set) var healed: Set<Int64> = []
    private(set) var changed = 0
    /// Inserts that were applied in this transaction but for what they defer.
    private var rests: Set<Int64> = []
    /// Records that were tried in this pass and are still refused.
    private(set) var openCount = 0
    private var passes = 0
    private var circle: [CircleMember] = []
    /// Rows that are sent at once: fewer where many are refused, as a store then tries them one by one anyway.
    private var batchSize = 64

    static let largestBatchSize = 1024
    /// Records deleted in circles at once: their images are kept in memory.
    static let largestCircle = 10_000

    private struct CircleMember {
        var record: ParkedRecord
        var runtime: MapRuntime
        var member: DeleteCircle.Member
    }

    /// A parked record on its way.
    private struct Entry {
        var record: ParkedRecord
        var operation: LockstepModel.Operation
        /// Its row among the mapped ones.
        var row: Int
        var before: [Value]?
        var after: [Value]?
        var changesKey: Bool
    }

    private struct Page {
        let runtime: MapRuntime
        let plan: DirectionPlan
        var rows: RowBatch
        var outcome = ChunkOutcome()
        var refused: [(record: ParkedRecord, reason: ParkingReason)] = []
        var healed: [ParkedRecord] = []
        /// Applied without what they defer.
        var rests: [Entry] = []

        var width: Int { plan.targetFields.count }
    }

    init(run: SyncRun, side: Side, session: any WriteSession, lane: String) {
        self.run = run
        self.side = side
        self.session = session
        self.lane = lane
    }

    var hasRests: Bool { !rests.subtracting(healed).isEmpty }

    /// Grows with everything that may let others in.
    var progress: Int { healed.count + rests.count }

    mutating func begin() {
        passes += 1
        openCount = 0
        circle = []
    }

    // MARK: A page

    mutating func tryPage(_ records: [ParkedRecord], _ runtime: MapRuntime, _ plan: DirectionPlan) async throws {
        var (entries, page) = mapped(records.map { current($0, runtime, plan) }, runtime, plan)
        var place = 0
        while place < entries.count {
            let first = entries[place]
            var end = place + 1
            while end < entries.count, end - place < batchSize, !first.changesKey, !entries[end].changesKey,
                entries[end].operation == first.operation
            {
                end += 1
            }
            try await send(Array(entries[place..<end]), &page)
            place = end
        }
        entries = []
        try await finishRests(&page)
        try await close(page)
    }

    /// A record as it is now: of one that was applied in this transaction without what it defers, the rest.
    private func current(_ record: ParkedRecord, _ runtime: MapRuntime, _ plan: DirectionPlan) -> ParkedRecord {
        guard rests.contains(record.id), let after = image(record.after, plan) else { return record }
        var rest = runtime.rest(link: record.link, after, of: plan)
        rest.id = record.id
        return rest
    }

    /// Maps records; those that need no write are done, those that cannot be mapped are refused.
    private func mapped(
        _ records: [ParkedRecord], _ runtime: MapRuntime, _ plan: DirectionPlan
    ) -> ([Entry], Page) {
        var rows = RowBatch(columnCount: 2 * plan.sourceFields.count, reservingRows: records.count)
        let nulls = plan.sourceFields.map { _ in Value.null }
        var kept: [(record: ParkedRecord, before: [Value]?, after: [Value]?)] = []
        var stale: [ParkedRecord] = []
        for record in records {
            let (before, after) = (image(record.before, plan), image(record.after, plan))
            guard (record.before == nil) == (before == nil), (record.after == nil) == (after == nil) else {
                stale.append(record)
                continue
            }
            rows.appendRow((before ?? nulls) + (after ?? nulls))
            kept.append((record, before, after))
        }
        let mapped = plan.map(rows: rows, operations: kept.map(\.record.operation))
        var page = Page(runtime: runtime, plan: plan, rows: mapped.rows)
        page.refused = stale.map { ($0, Self.stale) }
        let failures = Dictionary(mapped.failures.map { ($0.row, $0) }, uniquingKeysWith: { first, _ in first })
        var entries: [Entry] = []
        for (row, (record, before, after)) in kept.enumerated() {
            if let failure = failures[row] {
                let reason = ParkingReason(code: failure.code, field: failure.field, message: failure.message)
                page.refused.append((record, reason))
                continue
            }
            guard let operation = mapped.operations[row],
                record.operation != .delete || runtime.map.propagatesDeletes
            else {
                page.healed.append(record)
                continue
            }
            var changesKey = false
            if let before, let after {
                let revisits = runtime.revisits(before, after, of: plan)
                changesKey = !revisits.isEmpty
                page.outcome.revisits += revisits
            }
            entries.append(
                Entry(
                    record: record, operation: operation, row: row, before: before, after: after,
                    changesKey: changesKey))
        }
        return (entries, page)
    }

    private static let stale = ParkingReason(
        code: "LS-PARK-STALE", field: "",
        message: "the map reads fields now that were not kept when the record was parked; drop it, "
            + "and touch the record in its store so that it is captured anew")

    /// A kept image in the plan's source fields of today; nil where there is none or a field is missing.
    private func image(_ row: StoredRow?, _ plan: DirectionPlan) -> [Value]? {
        guard let row else { return nil }
        if row.fields == plan.sourceFields { return row.values }
        let values = plan.sourceFields.compactMap { row.value($0) }
        return values.count == plan.sourceFields.count ? values : nil
    }

    // MARK: Writing

    private mutating func send(_ entries: [Entry], _ page: inout Page) async throws {
        guard let operation = entries.first?.operation else { return }
        let applier = run.applier(from: side, session: session)
        var rows = RowBatch(columnCount: 2 * page.width, reservingRows: entries.count, sharingHeapOf: page.rows)
        for entry in entries {
            for column in 0..<2 * page.width { rows.append(page.rows[entry.row, column]) }
        }
        let result = try await session.apply(applier.writeBatch(page.plan, page.runtime, operation, rows))
        applier.count(operation, result, page.runtime, &page.outcome)
        let exceptions = Dictionary(
            result.exceptions.map { ($0.row, $0.outcome) }, uniquingKeysWith: { first, _ in first })
        var refused: [(entry: Entry, rejection: Rejection)] = []
        for (index, entry) in entries.enumerated() {
            var rejection: Rejection?
            if let met = exceptions[index] {
                rejection = try await settle(entry, met, result, &page)
            }
            if let rejection { refused.append((entry, rejection)) } else { page.healed.append(entry.record) }
        }
        adapt(refused: refused.count, of: entries.count)
        try await writeWithoutDeferred(refused, &page)
    }

    private mutating func adapt(refused: Int, of count: Int) {
        if refused == 0 {
            batchSize = min(2 * batchSize, Self.largestBatchSize)
        } else if 4 * refused > count {
            batchSize = max(1, batchSize / 4)
        }
    }

    private func settle(
        _ entry: Entry, _ met: WriteException.Outcome, _ result: WriteResult, _ page: inout Page
    ) async throws -> Rejection? {
        let (runtime, plan, width) = (page.runtime, page.plan, page.width)
        var change = MetChange(
            operation: entry.operation, sourceBefore: entry.before, sourceAfter: entry.after,
            before: entry.operation == .insert ? nil : page.rows.values(row: entry.row, columns: 0..<width),
            after: entry.operation == .delete ? nil : page.rows.values(row: entry.row, columns: width..<2 * width),
            current: nil)
        switch met {
        case .rejected(let rejection): return rejection
        case .exists(let current), .differs(let current): change.current = result.current.values(row: current)
        case .missing: change.current = nil
        }
        let keyValues = plan.sourceKey.compactMap { (entry.after ?? entry.before)?[$0] }
        return try await run.applier(from: side, session: session).settle(
            &change, runtime: runtime, plan: plan, keyValues: keyValues, &page.outcome)
    }

    // MARK: What is deferred

    private mutating func writeWithoutDeferred(
        _ refused: [(entry: Entry, rejection: Rejection)], _ page: inout Page
    ) async throws {
        let deferral = page.runtime.deferral(writing: side.opposite)
        var chosen: [Entry] = []
        for (entry, rejection) in refused {
            if rejection.isDeferred {
                page.rests.append(entry)
            } else if entry.operation == .insert, rejection.cause == .reference,
                deferral.concerns(page.rows, row: entry.row, offset: page.width)
            {
                chosen.append(entry)
            } else {
                refuse(entry, rejection, &page)
            }
        }
        guard !chosen.isEmpty else { return }
        let applier = run.applier(from: side, session: session)
        var rows = RowBatch(columnCount: 2 * page.width, reservingRows: chosen.count, sharingHeapOf: page.rows)
        for entry in chosen {
            for _ in 0..<page.width { rows.appendNull() }
            deferral.append(page.rows, row: entry.row, offset: page.width, width: page.width, to: &rows)
        }
        let result = try await session.apply(applier.writeBatch(page.plan, page.runtime, .insert, rows))
        applier.count(.insert, result, page.runtime, &page.outcome)
        let exceptions = Dictionary(
            result.exceptions.map { ($0.row, $0.outcome) }, uniquingKeysWith: { first, _ in first })
        for (index, entry) in chosen.enumerated() {
            switch exceptions[index] {
            case nil: page.rests.append(entry)
            case .rejected(let rejection): refuse(entry, rejection, &page)
            case .exists, .differs, .missing:
                refuse(entry, Rejection(cause: .reference, message: StateDatabase.deferredMessage), &page)
            }
        }
    }

    private mutating func refuse(_ entry: Entry, _ rejection: Rejection, _ page: inout Page) {
        let reason =
            entry.changesKey
            ? run.link.reasonOfKeptKey(rejection, page.runtime, on: side.opposite) : ParkingReason(rejection)
        page.refused.append((entry.record, reason))
        guard entry.operation == .delete, rejection.cause == .reference, circle.count < Self.largestCircle else {
            return
        }
        let member = run.applier(from: side, session: session).circleMember(
            page.rows.values(row: entry.row, columns: 0..<page.width), page.plan, page.runtime)
        circle.append(CircleMember(record: entry.record, runtime: page.runtime, member: member))
    }

    /// Gives the page's records what they deferred; what is still refused is kept as their rest.
    private mutating func finishRests(_ page: inout Page) async throws {
        let entries = page.rests
        guard !entries.isEmpty else { return }
        let (runtime, plan) = (page.runtime, page.plan)
        let deferral = runtime.deferral(writing: side.opposite)
        let applier = run.applier(from: side, session: session)
        var rows = RowBatch(columnCount: 2 * page.width, reservingRows: entries.count, sharingHeapOf: page.rows)
        for entry in entries {
            deferral.append(page.rows, row: entry.row, offset: page.width, width: page.width, to: &rows)
            for column in page.width..<2 * page.width { rows.append(page.rows[entry.row, column]) }
        }
        let result = try await session.apply(applier.writeBatch(plan, runtime, .update, rows))
        page.outcome.changedCount += result.changedCount
        let exceptions = Dictionary(
            result.exceptions.map { ($0.row, $0.outcome) }, uniquingKeysWith: { first, _ in first })
        var kept: [ParkedRest] = []
        for (index, entry) in entries.enumerated() {
            var rejection: Rejection?
            if let met = exceptions[index] {
                rejection = try await applier.settleRest(
                    met, result, rows, row: index, source: entry.after, plan: plan, runtime: runtime, &page.outcome)
            }
            guard rejection != nil, let after = entry.after else {
                page.healed.append(entry.record)
                continue
            }
            openCount += 1
            rests.insert(entry.record.id)
            let rest = runtime.rest(link: run.link.name, after, of: plan)
            kept.append(
                ParkedRest(
                    id: entry.record.id, before: rest.before ?? StoredRow(fields: [], values: []), field: rest.field))
        }
        try await run.state.markRests(kept, lane: lane)
    }

    /// Deletes records that refer to each other: as many as can go together, and nothing is done to the others.
    mutating func deleteInCircles() async throws {
        var members = circle
        // Each turn tries fewer of them.
        while members.contains(where: \.member.isDeferring) {
            var work = DeleteCircle(session: session, members.map(\.member))
            try await session.mark()
            try await work.run()
            guard !work.members.allSatisfy(\.isGone) else { break }
            try await session.revert()
            members = zip(members, work.members).filter(\.1.isGone).map(\.0)
        }
        guard members.contains(where: \.member.isDeferring) else { return }
        for entry in members {
            healed.insert(entry.record.id)
            changed += 1
            entry.runtime.count(.delete, 1, writing: side.opposite)
            entry.runtime.hasLoadedParkedKeys[side.rawValue] = false
        }
    }

    // MARK: Keeping

    /// Keeps what a page led to.
    private mutating func close(_ page: Page) async throws {
        let runtime = page.runtime
        changed += page.outcome.changedCount
        openCount += page.refused.count
        if !page.healed.isEmpty {
            healed.formUnion(page.healed.map(\.id))
            runtime.hasLoadedParkedKeys[side.rawValue] = false
        }
        try await run.keep(page.outcome, pending: nil)
        // Later passes may change why a record waits, but a person counts attempts by runs.
        guard passes == 1 else { return }
        let again = page.refused.map { record, reason in
            var record = record
            if record.isRest {
                record.message = reason.code == ParkingCode.code(.reference) ? record.message : reason.message
            } else {
                (record.code, record.field, record.message) = (reason.code, reason.field, reason.message)
            }
            record.attempts += 1
            return record
        }
        try await run.state.park(again, pending: nil, time: run.environment.now())
    }
}
