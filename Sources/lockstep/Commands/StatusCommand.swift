import ArgumentParser
import LockstepMapping
import LockstepState

/// `lockstep status`: where each map stands, and what waits.
struct StatusCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say where each map stands, when it ran last, and what waits.",
        discussion: """
            Example:
              lockstep status
              lockstep status shop-crm --offline --json

            Where a link has partitions, --map customers means the map in all of them, --map customers@DE in one, and \
            --partition DE all maps of one.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The link; without it, all links.")
    var link: String?

    @OptionGroup var maps: MapOptions

    @Flag(help: "Do not ask the stores how many changes wait.")
    var offline = false

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let links = try project.links(link)
        try project.check(maps.selection, in: links)
        let state = try project.existingState()
        var statuses: [LinkStatus] = []
        for link in links {
            var status = try await LinkStatus.read(link, project, state)
            status.maps.removeAll { !maps.selection.includes($0.map) }
            if let state, !offline { await status.countWaiting(link, project, state) }
            print(status, link.between, output)
            statuses.append(status)
        }
        try output.json(StatusBody(links: statuses))
        return .done
    }

    private func print(_ status: LinkStatus, _ stores: [String], _ output: Output) {
        output.line(output.styled(status.link, .bold) + "  \(stores[0]) <-> \(stores[1])")
        if let run = status.lastRun {
            let ending = run.outcome.isEmpty ? "under way, or killed" : run.outcome
            let summary = run.summary.isEmpty ? "" : ": \(DisplayText.safe(run.summary))"
            output.line("last \(run.job) \(DisplayText.time(run.startedAt)), \(ending)\(summary)")
        } else {
            output.line("never synced")
        }
        var table = TextTable([
            .init("map"), .init("state"), .init("since"), .init("waiting in \(stores[0])", .right),
            .init("waiting in \(stores[1])", .right), .init("conflicts", .right), .init("parked", .right),
        ])
        for map in status.maps {
            table.add([
                map.map, map.state, DisplayText.time(map.since ?? ""), Self.waiting(map.waiting[0]),
                Self.waiting(map.waiting[1]), String(map.openConflicts), String(map.parked),
            ])
        }
        output.table(table)
        for map in status.maps where !map.reason.isEmpty {
            output.line("\(map.map) is \(map.state): \(DisplayText.safe(map.reason))")
        }
        if let problem = status.waitingProblem { output.line("? the stores could not be asked: \(problem)") }
    }

    private static func waiting(_ count: Int?) -> String {
        guard let count else { return "?" }
        return count >= WaitingChanges.limit ? "\(WaitingChanges.limit)+" : String(count)
    }
}

private struct StatusBody: Encodable {
    var links: [LinkStatus]
}

/// Where the maps of a link stand.
struct LinkStatus: Sendable, Encodable {
    struct Run: Sendable, Encodable {
        var job: String
        var startedAt: String
        var finishedAt: String
        var outcome: String
        var summary: String
    }

    struct Map: Sendable, Encodable {
        var map: String
        var state: String
        var reason: String
        /// When it came into this state; nil before the first sync.
        var since: String?
        /// Changes that wait in the left and the right store; nil where that is not known.
        var waiting: [Int?]
        var openConflicts: Int
        var parked: Int
    }

    var link: String
    var lastRun: Run?
    var maps: [Map]
    /// Why it is not known how many changes wait.
    var waitingProblem: String?

    static func read(
        _ link: LinkConfiguration, _ project: Project, _ state: StateDatabase?
    ) async throws -> LinkStatus {
        let known = Set(try await state?.maps(link: link.name).map(\.map) ?? [])
        let names = Self.names(try project.definitions(of: link), known)
        let run = try await state?.runs(link: link.name, limit: 1).first
        var maps: [Map] = []
        for name in names {
            var map = Map(
                map: name, state: MapState.stopped.rawValue, reason: "", since: nil, waiting: [nil, nil],
                openConflicts: 0, parked: 0)
            if let state {
                let record = try await state.map(link: link.name, map: name)
                map.state = record.state.rawValue
                map.reason = record.reason
                map.since = try await state.transitions(link: link.name, map: name).last?.time
                map.openConflicts = try await state.conflictCount(link: link.name, map: name, status: .open)
                map.parked = try await state.parkedCount(link: link.name, map: name)
            }
            maps.append(map)
        }
        return LinkStatus(
            link: link.name,
            lastRun: run.map {
                Run(
                    job: $0.job, startedAt: $0.startedAt, finishedAt: $0.finishedAt, outcome: $0.outcome,
                    summary: $0.summary)
            }, maps: maps)
    }

    /// The maps' names. Where only the schemas say whether a map is one for all partitions, what was synced tells.
    private static func names(_ definitions: [MapDefinition], _ known: Set<String>) -> [String] {
        var names: [String] = []
        for definition in definitions {
            let isWhole = definition.partition?.isDefault == true && known.contains(definition.mapName.base)
            let name = isWhole ? definition.mapName.base : definition.name.value
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// Asks the stores; where they cannot be asked the counts stay unknown, and the reason is kept.
    mutating func countWaiting(_ link: LinkConfiguration, _ project: Project, _ state: StateDatabase) async {
        do {
            let counts = try await WaitingChanges.count(link, project, state)
            for index in maps.indices { maps[index].waiting = counts[maps[index].map] ?? [nil, nil] }
        } catch {
            let failure = Failure(reporting: error, wasInterrupted: Interruption.program.wasAsked)
            waitingProblem = "\(failure.code): \(failure.message)"
        }
    }
}
