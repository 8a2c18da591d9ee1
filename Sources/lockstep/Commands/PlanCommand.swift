import ArgumentParser
import LockstepMapping
import LockstepState
import LockstepSync

/// `lockstep plan`: says what a sync would do, and writes nothing.
struct PlanCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what a sync would do, and what is wrong with the data. Writes nothing.",
        discussion: """
            Example:
              lockstep plan
              lockstep plan shop-crm --map customers
              lockstep plan --html plan.html

            A plan counts over all records: what would be written, conflicts and who wins them, records that would be \
            parked, unique values that clash, values that no value map lists, and probable duplicates by the maps' \
            `match` rules. Its last line says how to do exactly this and nothing else: `lockstep sync --plan DIGEST` \
            refuses if the maps or the data have moved since.

            Exit code 0 says that it was planned, whatever it found; with --exit-code it is 3 where a person should look \
            first: conflicts without a rule, records that cannot go through, probable duplicates, maps that would stop.

            Where a link has partitions, --map customers means the map in all of them, --map customers@DE in one, and \
            --partition DE all maps of one.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The link; without it, all links.")
    var link: String?

    @OptionGroup var maps: MapOptions

    @Option(
        help: ArgumentHelp("Write a report that anybody can read, as one HTML file; - for here.", valueName: "file"))
    var html: String?

    @Flag(help: "End with 3 where a person should look first.")
    var exitCode = false

    @Option(
        help: ArgumentHelp(
            "Plan as if the guard against many deletes were lifted for this map. May be given several times.",
            valueName: "map"))
    var allowDeletes: [String] = []

    @Flag(help: "Plan as if held maps were resumed: what would come then.")
    var held = false

    private var writesPageHere: Bool { html == "-" }

    func perform(_ output: Output) async throws -> ExitStatus {
        guard !(writesPageHere && common.json) else {
            throw Failure(.usage, "--json and --html - both want this output", hint: "name a file", status: .usage)
        }
        let project = try Project.open(common)
        let links = try project.links(link)
        try project.check(MapSelection(names: allowDeletes), in: links)
        try project.check(maps.selection, in: links)
        let outcomes = try await project.looking { state in
            var outcomes: [LinkOutcome] = []
            for link in links {
                let outcome = await plan(link, project, state, output)
                if !writesPageHere { print(outcome, link, of: project, output) }
                outcomes.append(outcome)
            }
            return outcomes
        }
        try output.json(LinkOutcomes(links: outcomes))
        // People were told link by link; programs find the first failure where they look for errors.
        if output.isJSON, let failure = outcomes.lazy.compactMap(\.failure).first { output.report(failure) }
        try writePage(outcomes, links, project, output)
        let status = ExitStatus.worst(outcomes.map { $0.failure?.status ?? .done })
        // What a plan finds is its result: parked records and conflicts that would be are no failure of the plan.
        return exitCode && status == .done && PlanVerdict(outcomes).answer != .go ? .partial : status
    }

    private func print(_ outcome: LinkOutcome, _ link: LinkConfiguration, of project: Project, _ output: Output) {
        ReportPrinter(output: output).print(outcome, stores: link.between, isPlan: true)
        guard let report = outcome.report, let digest = PlanDigest(report) else { return }
        // A part of a link cannot be synced by itself: there is no way to do exactly that.
        guard maps.selection.isEverything, report.changes > 0 || report.openConflicts > 0 || report.parked > 0 else {
            return
        }
        let name = project.configuration.links.count > 1 ? " \(link.name)" : ""
        let guards = allowDeletes.map { " --allow-deletes \($0)" }.joined()
        output.line("`lockstep sync\(name)\(guards) --plan \(digest)` does exactly this.")
    }

    private func writePage(
        _ outcomes: [LinkOutcome], _ links: [LinkConfiguration], _ project: Project, _ output: Output
    ) throws {
        guard let html else { return }
        let sections = zip(links, outcomes).map { link, outcome in
            PlanPage.Section(
                link: link.name, stores: link.between,
                kinds: link.between.map { PlanPage.kind(project.configuration.store($0)?.url.scheme) },
                outcome: outcome, syncArguments: syncArguments(link, project))
        }
        let page = PlanPage(project: project.configuration.name, time: Project.now(), sections: sections).text
        if writesPageHere {
            Swift.print(page)
        } else {
            try ReportFile.write(page, to: html)
            output.note("\(html): written")
        }
    }

    /// What stands before `--plan` on the command line; nil where only some maps were planned.
    private func syncArguments(_ link: LinkConfiguration, _ project: Project) -> String? {
        guard maps.selection.isEverything, !held else { return nil }
        let name = project.configuration.links.count > 1 ? " \(link.name)" : ""
        return "lockstep sync\(name)" + allowDeletes.map { " --allow-deletes \($0)" }.joined()
    }

    private func plan(
        _ link: LinkConfiguration, _ project: Project, _ state: StateDatabase, _ output: Output
    ) async -> LinkOutcome {
        let progress = ProgressBar(isShown: output.showsProgress)
        defer { progress.clear() }
        do {
            let allowed = MapSelection(names: allowDeletes)
            var report = try await project.withLink(link, only: maps.selection) { syncLink in
                let lifted = allowed.isEverything ? [] : syncLink.maps.map(\.name).filter(allowed.includes)
                let permissions = SyncPermissions(deleteMaps: Set(lifted), resumesHeld: held)
                let environment = project.syncEnvironment(progress)
                return try await SyncEngine(link: syncLink, state: state, environment: environment)
                    .plan(permissions: permissions)
            }
            // A plan moves no map: the state is the one that it found. It says where one would stop.
            for index in report.maps.indices where report.maps[index].plan?.wouldStop != true {
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
