import ArgumentParser
import LockstepMapping
import LockstepState
import LockstepSync

/// `lockstep pause`: holds maps.
struct PauseCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Hold maps: their changes wait in the stores and are lost to nobody.",
        discussion: """
            Example:
              lockstep pause customers --reason "the CRM is being cleaned up"

            Where a link has partitions, customers means the map in all of them, customers@DE in one, and --partition DE \
            all maps of one.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The maps: `customers` with all its partitions, or `customers@DE`.")
    var maps: [String] = []

    @Option(help: ArgumentHelp("Only maps of this partition. May be given several times.", valueName: "partition"))
    var partition: [String] = []

    @Option(help: "Why; `lockstep status` shows it.")
    var reason = ""

    func validate() throws { try MapMove.validate(maps, partition) }

    func perform(_ output: Output) async throws -> ExitStatus {
        try await MapMove.run(MapSelection(names: maps, partitions: partition), common, output, done: "paused") {
            engine, map in
            try await engine.pause(map: map, by: Project.person(), reason: reason)
        }
    }
}

/// `lockstep resume`: lets held maps go on.
struct ResumeCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let held maps go on: the next sync replays what waited, in order.",
        discussion: """
            Example:
              lockstep resume customers
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The maps: `customers` with all its partitions, or `customers@DE`.")
    var maps: [String] = []

    @Option(help: ArgumentHelp("Only maps of this partition. May be given several times.", valueName: "partition"))
    var partition: [String] = []

    func validate() throws { try MapMove.validate(maps, partition) }

    func perform(_ output: Output) async throws -> ExitStatus {
        try await MapMove.run(
            MapSelection(names: maps, partitions: partition), common, output,
            done: "resumed; the next sync replays what waited"
        ) { engine, map in
            try await engine.resume(map: map, by: Project.person())
        }
    }
}

/// Moves maps from a state to another, whichever links they are of.
private enum MapMove {
    private struct Body: Encodable {
        struct Item: Encodable {
            var link: String
            var map: String
            var state: String
        }
        var maps: [Item]
    }

    static func validate(_ maps: [String], _ partitions: [String]) throws {
        guard maps.isEmpty, partitions.isEmpty else { return }
        throw ValidationError("Name maps, or a --partition.")
    }

    static func run(
        _ selection: MapSelection, _ common: CommonOptions, _ output: Output, done: String,
        _ move: (SyncEngine, String) async throws -> Void
    ) async throws -> ExitStatus {
        let project = try Project.open(common)
        let links = try project.links(nil)
        try project.check(selection, in: links)
        let items = try await project.exclusively { state in
            var items: [Body.Item] = []
            for link in links {
                let own = try project.definitions(of: link).map(\.name.value)
                guard own.contains(where: selection.mayInclude) else { continue }
                let wanted = try await project.withLink(link) { syncLink in
                    let wanted = syncLink.maps.map(\.name).filter(selection.includes)
                    let engine = SyncEngine(link: syncLink, state: state, environment: project.syncEnvironment())
                    for map in wanted { try await move(engine, map) }
                    return wanted
                }
                for map in wanted {
                    let record = try await state.map(link: link.name, map: map)
                    items.append(Body.Item(link: link.name, map: map, state: record.state.rawValue))
                    output.line("\(map): \(done)")
                }
            }
            return items
        }
        try output.json(Body(maps: items))
        return .done
    }
}
