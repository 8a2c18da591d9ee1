import LockstepState
import LockstepSync

/// Prints what a sync did, or a plan would do, for people.
struct ReportPrinter {
    let output: Output

    func print(_ outcome: LinkOutcome, stores: [String], isPlan: Bool) {
        if let failure = outcome.failure {
            output.note("\(outcome.link): stopped")
            if !output.isJSON { output.report(failure) }
            return
        }
        guard let report = outcome.report else { return }
        output.line(output.styled(report.link, .bold) + "  \(stores[0]) <-> \(stores[1])")
        output.table(table(report, stores, isPlan: isPlan))
        for map in report.maps where !map.reason.isEmpty {
            output.line("\(map.map) is \(map.state): \(DisplayText.safe(map.reason))")
        }
        if isPlan { samples(report, stores) }
        for line in closing(report, isPlan: isPlan) { output.line(line) }
    }

    // MARK: The table

    private func table(_ report: SyncReport, _ stores: [String], isPlan: Bool) -> TextTable {
        var table = TextTable([
            .init("map"), .init("state"), .init("to \(stores[0])", .right), .init("to \(stores[1])", .right),
            .init("equal", .right), .init("conflicts", .right), .init("parked", .right),
        ])
        for map in report.maps {
            table.add([
                map.map, Self.state(map, isPlan: isPlan), Self.counts(map.toLeft), Self.counts(map.toRight),
                Self.number(map.equal),
                Self.conflicts(map), Self.number(map.parked),
            ])
        }
        return table
    }

    /// A plan is made before the first sync more often than not: `stopped` would read as if something were wrong.
    private static func state(_ map: MapReport, isPlan: Bool) -> String {
        isPlan && map.state == MapState.stopped.rawValue && map.reason.isEmpty ? "not run yet" : map.state
    }

    /// `+12 ~3 -1`: inserted, updated, deleted.
    static func counts(_ counts: WriteCounts) -> String {
        var parts: [String] = []
        if counts.inserts > 0 { parts.append("+\(counts.inserts)") }
        if counts.updates > 0 { parts.append("~\(counts.updates)") }
        if counts.deletes > 0 { parts.append("-\(counts.deletes)") }
        return parts.isEmpty ? "." : parts.joined(separator: " ")
    }

    private static func number(_ number: Int) -> String { number == 0 ? "." : String(number) }

    private static func conflicts(_ map: MapReport) -> String {
        switch (map.openConflicts, map.decidedConflicts) {
        case (0, 0): "."
        case (let open, 0): "\(open) open"
        case (0, let decided): "\(decided) decided"
        case (let open, let decided): "\(open) open, \(decided) decided"
        }
    }

    // MARK: Words below it

    private func samples(_ report: SyncReport, _ stores: [String]) {
        for map in report.maps where !map.samples.isEmpty {
            output.line()
            output.line(output.styled(map.map, .bold) + ", for example")
            for sample in Self.shown(map.samples) {
                let store = sample.store.isEmpty ? "" : " in \(sample.store)"
                output.line("  \(sample.action)\(store): \(DisplayText.safe(sample.key))")
                for detail in sample.details {
                    output.line("      \(DisplayText.cut(DisplayText.safe(detail), to: Self.widestDetail))")
                }
            }
        }
        if report.maps.contains(where: { !$0.samples.isEmpty }) { output.line() }
    }

    /// Examples of one action of one store that a terminal shows; a page or `--json` has more.
    private static let shownSamples = 3

    private static func shown(_ samples: [PlanSample]) -> [PlanSample] {
        var counts: [String: Int] = [:]
        let hasCollisions = samples.contains { $0.action == "collision" }
        return samples.filter { sample in
            // Said once is enough, and the collision says more.
            if hasCollisions, sample.note == "LS-PARK-UNIQUE" { return false }
            counts["\(sample.action) \(sample.store)", default: 0] += 1
            return counts["\(sample.action) \(sample.store)", default: 0] <= shownSamples
        }
    }

    /// One line of an example.
    private static let widestDetail = 100

    private func closing(_ report: SyncReport, isPlan: Bool) -> [String] {
        var lines: [String] = []
        if isPlan {
            lines.append(
                report.changes == 0
                    ? "A sync would write nothing."
                    : "+ inserted, ~ updated, - deleted. Nothing was written; `lockstep sync` does it.")
        } else if report.changes == 0 {
            lines.append(
                report.hasFailures ? "Nothing was written." : report.parked > 0 ? "Nothing new." : "Nothing to do.")
        } else {
            lines.append(
                "+ inserted, ~ updated, - deleted. \(DisplayText.count(report.changes, "record")) written.")
        }
        let verb = isPlan ? "would wait" : "waits"
        let verbs = isPlan ? "would wait" : "wait"
        if report.openConflicts > 0 {
            let text = DisplayText.count(report.openConflicts, "conflict")
            lines.append("\(text) \(report.openConflicts == 1 ? verb : verbs) for a decision: `lockstep conflicts`")
        }
        if report.parked > 0 {
            let be = isPlan ? "would be" : report.parked == 1 ? "is" : "are"
            lines.append("\(DisplayText.count(report.parked, "record")) \(be) parked: `lockstep parked`")
        }
        if isPlan { lines += report.maps.flatMap(PlanLines.lines) }
        return lines
    }
}
