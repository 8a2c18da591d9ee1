import ArgumentParser
import LockstepMapping
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
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The link; without it, all links.")
    var link: String?

    @Option(help: ArgumentHelp("Only this map. May be given several times.", valueName: "map"))
    var map: [String] = []

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let links = try project.links(link)
        try project.checkMaps(map, in: links)
        let outcomes = try await project.looking { state in
            var outcomes: [LinkOutcome] = []
            for link in links {
                let outcome: LinkOutcome
                let progress = ProgressBar(isShown: output.showsProgress)
                do {
                    let report = try await project.withLink(link, only: map.isEmpty ? nil : Set(map)) { syncLink in
                        let environment = project.syncEnvironment(progress)
                        return try await SyncEngine(link: syncLink, state: state, environment: environment).plan()
                    }
                    outcome = LinkOutcome(report: report)
                } catch {
                    outcome = LinkOutcome(
                        link: link.name,
                        failure: Failure(reporting: error, wasInterrupted: Interruption.program.wasAsked))
                }
                progress.clear()
                ReportPrinter(output: output).print(outcome, stores: link.between, isPlan: true)
                outcomes.append(outcome)
            }
            return outcomes
        }
        try output.json(LinkOutcomes(links: outcomes))
        // What a plan finds is its result: parked records and conflicts that would be are no failure of the plan.
        return ExitStatus.worst(outcomes.map { $0.failure?.status ?? .done })
    }
}
