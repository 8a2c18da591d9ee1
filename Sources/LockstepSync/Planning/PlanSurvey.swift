internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel

/// What a look at all records of a map found.
struct MapSurvey: Sendable {
    var counts = PlanSurveyCounts()
    var unmapped: [PlanUnmapped] = []
    var duplicates: [PlanDuplicates] = []
}

/// Looks at all records of both sides of some maps, for what a plan of writes does not tell: records outside filters,
/// values that no value map lists, probable duplicates.
struct PlanSurvey {
    let run: SyncRun
    let runtimes: [MapRuntime]

    func look() async throws -> [String: MapSurvey] {
        guard !runtimes.isEmpty else { return [:] }
        var snapshots: [any Snapshot] = []
        do {
            for side in Side.allCases {
                snapshots.append(try await run.link.connector(side).snapshot(SnapshotRequest(purpose: .read)))
            }
            var surveys: [String: MapSurvey] = [:]
            for runtime in runtimes { surveys[runtime.map.name] = try await look(at: runtime, snapshots) }
            for snapshot in snapshots { await snapshot.close() }
            return surveys
        } catch {
            for snapshot in snapshots { await snapshot.close() }
            throw error
        }
    }

    private func look(at runtime: MapRuntime, _ snapshots: [any Snapshot]) async throws -> MapSurvey {
        let rules = runtime.map.matchRules
        let search = rules.isEmpty ? nil : try DuplicateSearch(rules: rules, stores: run.link.stores)
        var survey = MapSurvey()
        var done = 0
        for side in Side.allCases {
            var reading = SurveyReading(runtime: runtime, side: side, store: run.link.store(side))
            let reader = try await snapshots[side.rawValue].read(
                ReadRequest(
                    entity: runtime.map.entities[side.rawValue], fields: reading.fields, order: .fastest, limits: .load)
            )
            do {
                while let batch = try await reader.next() {
                    try Task.checkCancellation()
                    let included = reading.take(batch)
                    try await search?.add(reading.candidates(batch, included), from: side)
                    done += batch.rowCount
                    run.environment.progress(
                        SyncProgress(phase: .checking, subject: runtime.map.name, done: done, expected: nil))
                }
            } catch {
                await reader.close()
                throw error
            }
            await reader.close()
            reading.finish(&survey)
        }
        survey.duplicates = try await search?.find() ?? []
        return survey
    }
}

/// One side's records on their way through a survey.
private struct SurveyReading {
    let runtime: MapRuntime
    let side: Side
    let store: String
    let fields: [String]
    private let plan: DirectionPlan?
    private let target: DirectionPlan?
    private let valueMaps: [ValueMapColumn]
    private var records = 0
    private var outside = 0
    private var tallies: [ValueTally]

    init(runtime: MapRuntime, side: Side, store: String) {
        self.runtime = runtime
        self.side = side
        self.store = store
        plan = runtime.map.plan(from: side)
        target = runtime.map.plan(from: side.opposite)
        var fields = runtime.shape(side)
        for field in runtime.map.matchRules.flatMap({ $0.fields[side.rawValue] }) + runtime.keyFields[side.rawValue]
        where !fields.contains(field) {
            fields.append(field)
        }
        self.fields = fields
        valueMaps = plan?.valueMapColumns ?? []
        tallies = valueMaps.map { _ in ValueTally() }
    }

    /// Counts a batch's records.
    ///
    /// - Returns: which of them are inside the map's filter.
    mutating func take(_ batch: RowBatch) -> [Bool] {
        records += batch.rowCount
        var included = [Bool](repeating: true, count: batch.rowCount)
        if let plan {
            let rows = Projection(from: fields, to: plan.sourceFields)(batch)
            if plan.hasSourceFilter { included = plan.map(records: rows).isIncluded }
            for (index, column) in valueMaps.enumerated() {
                for row in 0..<rows.rowCount
                where included[row] && !column.lists(rows[row, column.column], in: rows) {
                    tallies[index].add(rows.value(row, column.column))
                }
            }
        } else if let target {
            included = target.targetIncludes(Projection(from: fields, to: target.targetReadFields)(batch))
        }
        outside += included.count { !$0 }
        return included
    }

    /// The records that duplicates are looked for among.
    func candidates(_ batch: RowBatch, _ included: [Bool]) -> DuplicateCandidates {
        DuplicateCandidates(
            rows: batch, included: included, keyFields: runtime.keyFields[side.rawValue],
            keyColumns: runtime.keyFields[side.rawValue].compactMap { fields.firstIndex(of: $0) },
            ruleColumns: runtime.map.matchRules.map { rule in
                rule.fields[side.rawValue].compactMap { fields.firstIndex(of: $0) }
            })
    }

    func finish(_ survey: inout MapSurvey) {
        switch side {
        case .left: (survey.counts.leftRecords, survey.counts.leftOutside) = (records, outside)
        case .right: (survey.counts.rightRecords, survey.counts.rightOutside) = (records, outside)
        }
        for (column, tally) in zip(valueMaps, tallies) where tally.records > 0 {
            survey.unmapped.append(
                tally.report(store: store, field: column.field, policy: column.unmapped.rawValue))
        }
    }
}

/// Counts values, a bounded number of different ones.
private struct ValueTally {
    /// Different values that are counted one by one: an enumeration has fewer, and what has more is none.
    private static let countedValues = 1000
    /// Of these, those that a report shows.
    private static let shownValues = 20

    private var counts: [String: Int] = [:]
    private(set) var records = 0

    mutating func add(_ value: Value) {
        records += 1
        let text = PlanText.value(value)
        if counts[text] != nil || counts.count < Self.countedValues { counts[text, default: 0] += 1 }
    }

    func report(store: String, field: String, policy: String) -> PlanUnmapped {
        let shown = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.shownValues)
        return PlanUnmapped(
            store: store, field: field, policy: policy, records: records,
            values: shown.map { PlanUnmapped.Value(value: $0.key, records: $0.value) },
            otherRecords: records - shown.reduce(0) { $0 + $1.value })
    }
}
