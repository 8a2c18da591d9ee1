internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel

/// Maps all records of one side and counts what would not go over, by field and reason.
struct RecordPass {
    let linter: DataLinter
    let definition: MapDefinition
    let plan: DirectionPlan

    private struct Group: Hashable {
        var field: String
        var code: String
    }

    private struct Counts {
        var included = 0
        var groups: [Group: (records: Int, message: String)] = [:]
        var values: [Group: ValueCounts] = [:]
    }

    func run(_ snapshots: [any Snapshot], _ report: inout DataLintReport) async throws {
        let entity = linter.link.schema(plan.source).entity(plan.sourceEntity)
        let connector = linter.link.connector(plan.source)
        var counts = Counts()
        let request = ReadRequest(
            entity: plan.sourceEntity, fields: plan.sourceFields,
            predicate: connector.capabilities.dialect.flatMap { plan.sourcePredicate($0) })
        let read = try await linter.read(
            request, snapshots[plan.source.rawValue], subject: definition.name.value, expected: entity?.estimatedCount
        ) { batch in
            count(batch, &counts)
        }
        report.coverage.append(
            DataCoverage(
                map: definition.name.value, store: store, entity: plan.sourceEntity, purpose: "values",
                records: read.records, isWhole: read.isWhole))
        report.findings += findings(counts, isWhole: read.isWhole)
        guard counts.included == 0, read.isWhole, let filter = definition.filters[plan.source.rawValue],
            case let total = try await connector.count(CountRequest(entity: plan.sourceEntity)), total > 0
        else { return }
        report.findings.append(
            DataFinding(
                diagnostic: Diagnostic(
                    .warning, MapCode.filterMatchesNothing.rawValue, at: filter.location,
                    "none of the \(total) records of `\(plan.sourceEntity)` in `\(store)` is inside the condition",
                    hint: "compare its constants with what the store holds, letter by letter"),
                map: definition.name.value, records: Int(total)))
    }

    private var store: String { definition.stores[plan.source.rawValue] }

    // MARK: Counting

    private func count(_ batch: RowBatch, _ counts: inout Counts) {
        let mapped = plan.map(records: batch)
        let included = mapped.isIncluded.indices.filter { mapped.isIncluded[$0] }
        counts.included += included.count
        for failure in plan.problems(in: batch, rows: mapped.failures.map(\.row)) {
            let group = Group(field: failure.field, code: failure.code)
            counts.groups[group, default: (0, failure.message)].records += 1
            if failure.code == MapCode.unmappedValue.rawValue { keep(batch, failure.row, group, &counts) }
        }
        let parked = Set(mapped.failures.map(\.row))
        for unlisted in plan.unlistedValues(in: batch, rows: included.filter { !parked.contains($0) }) {
            let group = Group(field: unlisted.field, code: MapCode.valuesBecomeNull.rawValue)
            let message = "the value is not in the value map of `\(unlisted.field)` and becomes null"
            counts.groups[group, default: (0, message)].records += 1
            keep(batch, unlisted.row, group, &counts)
        }
    }

    private func keep(_ batch: RowBatch, _ row: Int, _ group: Group, _ counts: inout Counts) {
        guard let column = plan.sourceFields.firstIndex(of: group.field) else { return }
        counts.values[group, default: ValueCounts()].add(batch.value(row, column))
    }

    // MARK: Reporting

    private func findings(_ counts: Counts, isWhole: Bool) -> [DataFinding] {
        counts.groups.sorted { ($0.key.code, $0.key.field) < ($1.key.code, $1.key.field) }.map { group, found in
            let of = "\(found.records) of \(counts.included)\(isWhole ? "" : " that were read")"
            let outcome =
                group.code == MapCode.valuesBecomeNull.rawValue ? "lose the value" : "would be parked"
            let message = "\(of) records of `\(plan.sourceEntity)` in `\(store)` \(outcome): \(found.message)"
            let values = counts.values[group]
            return DataFinding(
                diagnostic: Diagnostic(
                    .warning, group.code, at: location(of: group.field), message, hint: hint(group)),
                map: definition.name.value, records: found.records, values: values?.mostFrequent ?? [],
                furtherValues: values?.furtherCount ?? 0)
        }
    }

    private func location(of field: String) -> SourceLocation {
        let side = plan.source.rawValue
        for pair in definition.pairs {
            if let name = pair.fields[side], name.value == field { return name.location }
        }
        for part in definition.key where part.fields[side].value == field { return part.fields[side].location }
        // Constants and expressions are named by the field that they fill.
        for pair in definition.pairs {
            if let name = pair.fields[plan.source.opposite.rawValue], name.value == field { return name.location }
        }
        return definition.filters[side]?.location ?? definition.name.location
    }

    private func hint(_ group: Group) -> String {
        switch MapCode(rawValue: group.code) {
        case .unmappedValue, .valuesBecomeNull: "list the values, or say with `unmapped` what becomes of them"
        case .keyIsNull: "give the records a key, or leave them out with `where`"
        case .nullNotAllowed: "add `default: …` to the pair, or fill the field in `\(store)`"
        case .tooLong: "shorten the texts, widen the target field, or write `truncate: true`"
        case .notExact: "write `round: true` or `truncate: true` if digits may be lost"
        default: "mend the values in `\(store)`, or leave the records out with `where`"
        }
    }
}

/// How often each of some values is there, within a bound.
struct ValueCounts {
    /// Different values that are counted one by one: a field with more is no list of choices.
    static let largestCount = 1000
    /// Values that are shown.
    static let shownCount = 20

    private var counts: [String: Int] = [:]
    private var hasMore = false

    mutating func add(_ value: Value) {
        let text = value.displayText
        guard counts[text] != nil || counts.count < Self.largestCount else {
            hasMore = true
            return
        }
        counts[text, default: 0] += 1
    }

    var mostFrequent: [CountedValue] {
        counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.shownCount).map {
            CountedValue(value: $0.key, records: $0.value)
        }
    }

    /// Different values that are not shown; at least as many where there were too many to count.
    var furtherCount: Int { max(0, counts.count - Self.shownCount) + (hasMore ? 1 : 0) }
}
