import ArgumentParser
import LockstepMapping
import LockstepState
import LockstepSync

/// `lockstep plan`: says what a sync would do, and writes nothing.
struct PlanCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what a sync would do, with examples. Writes nothing.",
        discussion: """
            Example:
              lockstep plan
              lockstep plan shop-crm --map customers

            Where a link has partitions, --map customers means the map in all of them, --map customers@DE in one, and \
            --partition DE all maps of one.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The link; without it, all links.")
    var link: String?

    @OptionGroup var maps: MapOptions

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let links = try project.links(link)
        try project.check(maps.selection, in: links)
        let outcomes = try await project.looking { state in
            var outcomes: [LinkOutcome] = []
            for link in links {
                let outcome = await plan(link, project, state, output)
                ReportPrinter(output: output).print(outcome, stores: link.between, isPlan: true)
                outcomes.append(outcome)
            }
            return outcomes
        }
        try output.json(LinkOutcomes(links: outcomes))
        // People were told link by link; programs find the first failure where they look for errors.
        if output.isJSON, let failure = outcomes.lazy.compactMap(\.failure).first { output.report(failure) }
        // What a plan finds is its result: parked records and conflicts that would be are no failure of the plan.
        return ExitStatus.worst(outcomes.map { $0.failure?.status ?? .done })
    }

    private func plan(
        _ link: LinkConfiguration, _ project: Project, _ state: StateDatabase, _ output: Output
    ) async -> LinkOutcome {
        let progress = ProgressBar(isShown: output.showsProgress)
        defer { progress.clear() }
        do {
            var report = try await project.withLink(link, only: maps.selection) { syncLink in
                let environment = project.syncEnvironment(progress)
                return try await SyncEngine(link: syncLink, state: state, environment: environment).plan()
            }
            // A plan moves no map: the state is the one that it found.
            for index in report.maps.indices {
                let record = try await state.map(link: link.name, map: report.maps[index].map)
                report.maps[index].state = record.state.rawValue
                report.maps[index].reason = record.reason
            }
            return LinkOutcome(report: report)
        } catch {
            let failure = Failure(reporting: error, wasInterrupted: Interruption.program.wasAsked)
            return LinkOutcome(link: link.name, failure: failure)
        }
    }
}
