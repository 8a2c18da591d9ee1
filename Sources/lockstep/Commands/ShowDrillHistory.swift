import ArgumentParser
import LockstepContinuity
import LockstepMapping

/// `lockstep drill history`.
struct ShowDrillHistory: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show past drills, and which are due.",
        discussion: """
            Example:
              lockstep drill history
              lockstep drill history monthly --json

            For monitoring: ends with 1 where the last drill of a plan did not pass, 4 where a plan is overdue or was \
            never run although it says how often, and 0 else.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The plan; without it, all.")
    var plan: String?

    @Option(help: ArgumentHelp("So many drills at most.", valueName: "count"))
    var last = 20

    private struct Form: Encodable {
        var isHealthy: Bool
        var lastPassAgeSeconds: Double?
        var plans: [DrillHistory.PlanState]
        var drills: [DrillHistory.Entry]
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let drills = ProjectDrills(try Project.openBeforeMaps(common))
        let (plans, findings) = drills.plans()
        for finding in findings where finding.severity == .error { output.note("\(finding.place): \(finding.message)") }
        if let plan, !plans.contains(where: { $0.name.value == plan }) { _ = try drills.plan(plan) }
        let reports = try drills.folder.stored().compactMap(\.report).filter { report in
            plan.map { $0 == report.plan.id } ?? true
        }
        let now = currentMicroseconds()
        let history = DrillHistory(
            reports: reports, plans: plans.filter { known in plan.map { $0 == known.name.value } ?? true }, now: now)
        try output.json(
            Form(
                isHealthy: history.isHealthy && !findings.contains { $0.severity == .error },
                lastPassAgeSeconds: history.lastPassAge(now: now), plans: history.plans,
                drills: Array(history.entries.prefix(last))))
        print(history, output)
        if findings.contains(where: { $0.severity == .error }) { return .failed }
        return status(history)
    }

    private func status(_ history: DrillHistory) -> ExitStatus {
        if history.plans.contains(where: { $0.state == .failing }) { return .failed }
        return history.isHealthy ? .done : .late
    }

    private func print(_ history: DrillHistory, _ output: Output) {
        guard !history.plans.isEmpty || !history.entries.isEmpty else {
            output.line("No plans. Write one: drills/monthly.yaml")
            return
        }
        var plans = TextTable([.init("plan"), .init("state"), .init("last passed (UTC)"), .init("due (UTC)")])
        for plan in history.plans {
            let overdue = plan.overdueSeconds.map { " by \(DurationWords.format($0))" } ?? ""
            plans.add([
                plan.plan, plan.state.rawValue + overdue, plan.lastPassUTC.map(DisplayText.time) ?? "-",
                plan.dueUTC.map(DisplayText.time) ?? "-",
            ])
        }
        output.table(plans)
        guard !history.entries.isEmpty else { return }
        output.line()
        var table = TextTable([
            .init("drill"), .init("plan"), .init("outcome"), .init("recovery time", .right),
            .init("recovery point", .right), .init("findings", .right),
        ])
        for entry in history.entries.prefix(last) {
            table.add([
                entry.id, entry.plan, entry.outcome.rawValue, seconds(entry.rtoSeconds), seconds(entry.rpoSeconds),
                String(entry.majorFindings + entry.minorFindings),
            ])
        }
        output.table(table)
    }

    private func seconds(_ value: Double?) -> String {
        value.map { $0 < 1 ? "<1s" : DurationWords.format(Int64($0.rounded())) } ?? "-"
    }
}
