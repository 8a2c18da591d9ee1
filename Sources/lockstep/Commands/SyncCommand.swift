import ArgumentParser
import LockstepMapping
import LockstepState
import LockstepSync

/// `lockstep sync`: copies what is new to a link, then brings all changes over, both ways.
struct SyncCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Bring both stores of each link to the same state.",
        discussion: """
            Example:
              lockstep sync
              lockstep sync shop-crm --allow-deletes customers
              lockstep sync --map customers

            The first run copies in both directions; later runs bring over what changed since. A run that was stopped \
            or killed goes on with the next one. Exit code 3 says: done, but records are parked or conflicts are open.

            With --map or --partition the other maps are held for the run: their changes wait in the stores, and the \
            next sync without them replays them in order.

            With --plan it does what `lockstep plan` showed, or nothing: where the maps or the data have moved since, it \
            says which maps, writes nothing and ends with 1.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The link; without it, all links one after another.")
    var link: String?

    @OptionGroup var maps: MapOptions

    @Flag(help: "Compare both sides anew, as if they had never been synced, and write only differences.")
    var resync = false

    @Option(
        help: ArgumentHelp(
            "Lift the guard against many deletes for this map and run. May be given several times.", valueName: "map"))
    var allowDeletes: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only if this is still the plan: its digest as `lockstep plan` prints it, or the first 8 digits or more.",
            valueName: "digest"))
    var plan: String?

    func validate() throws {
        guard !resync || maps.selection.isEverything else {
            throw ValidationError("--resync is for whole links: leave --map and --partition out.")
        }
    }

    /// The plan that was asked for; nil where none was.
    private func planDigest(_ links: [LinkConfiguration]) throws -> PlanDigest? {
        guard let plan else { return nil }
        guard let digest = PlanDigest(plan) else {
            throw Failure(
                .usage, "\(plan) is no digest of a plan",
                hint: "`lockstep plan` prints it; at least \(PlanDigest.fewestDigits) digits are needed", status: .usage
            )
        }
        guard links.count == 1 else {
            throw Failure(
                .usage, "a plan is of one link", hint: "name it: \(links.map(\.name).joined(separator: ", "))",
                status: .usage)
        }
        guard !resync else {
            throw Failure(
                .usage, "--resync does something else than was planned", hint: "leave out one of both", status: .usage)
        }
        return digest
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let links = try project.links(link)
        try project.check(MapSelection(names: allowDeletes), in: links)
        try project.check(maps.selection, in: links)
        let digest = try planDigest(links)
        let outcomes = try await project.exclusively { state in
            var outcomes: [LinkOutcome] = []
            for link in links {
                let outcome = try await sync(link, project, state, digest, output)
                ReportPrinter(output: output).print(outcome, stores: link.between, isPlan: false)
                outcomes.append(outcome)
            }
            return outcomes
        }
        try output.json(LinkOutcomes(links: outcomes))
        // People were told link by link; programs find the first failure where they look for errors.
        if output.isJSON, let failure = outcomes.lazy.compactMap(\.failure).first { output.report(failure) }
        return ExitStatus.worst(outcomes.map(\.status))
    }

    /// A link that fails does not keep the others from running; one that was interrupted does.
    private func sync(
        _ link: LinkConfiguration, _ project: Project, _ state: StateDatabase, _ digest: PlanDigest?, _ output: Output
    ) async throws -> LinkOutcome {
        let progress = ProgressBar(isShown: output.showsProgress)
        let run = try await state.startRun(job: "sync", link: link.name, time: Project.now())
        do {
            let report = try await project.withLink(link) { syncLink in
                let environment = project.syncEnvironment(progress)
                let engine = SyncEngine(link: syncLink, state: state, environment: environment)
                let permissions = permissions(syncLink.maps.map(\.name))
                if let digest { try await engine.verify(digest, permissions: permissions) }
                var report = try await engine.sync(permissions: permissions)
                report.maps.removeAll { !maps.selection.includes($0.map) }
                return report
            }
            progress.clear()
            let outcome = LinkOutcome(report: report)
            try await state.finishRun(
                run, outcome: outcome.runOutcome, summary: outcome.summary, time: Project.now())
            return outcome
        } catch {
            progress.clear()
            let wasInterrupted = Interruption.program.wasAsked
            let failure = Failure(reporting: error, wasInterrupted: wasInterrupted)
            let text = wasInterrupted ? failure.message : "\(failure.code): \(failure.message)"
            try await state.finishRun(
                run, outcome: wasInterrupted ? "interrupted" : "failed", summary: text, time: Project.now())
            if wasInterrupted { throw failure }
            return LinkOutcome(link: link.name, failure: failure)
        }
    }

    /// What the options mean for a link's maps.
    private func permissions(_ names: [String]) -> SyncPermissions {
        let allowed = MapSelection(names: allowDeletes)
        return SyncPermissions(
            deleteMaps: allowed.isEverything ? [] : Set(names.filter(allowed.includes)), isResync: resync,
            onlyMaps: maps.selection.isEverything ? nil : Set(names.filter(maps.selection.includes)))
    }
}
