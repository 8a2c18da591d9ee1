import ArgumentParser
import LockstepMapping
import LockstepState
import LockstepSync

/// Which parked records a command is about.
struct ParkedSelection: ParsableArguments {
    @Argument(help: "The records' ids, as the list has them.")
    var ids: [Int64] = []

    @Flag(help: "All of them.")
    var all = false

    @OptionGroup var maps: MapOptions

    func validate() throws {
        guard ids.isEmpty == all else { throw ValidationError("Name ids, or say --all.") }
        guard maps.selection.isEverything || all else {
            throw ValidationError("--map and --partition go with --all.")
        }
    }

    func records(_ project: Project, _ state: StateDatabase) async throws -> [ParkedRecord] {
        if all {
            try project.check(maps.selection, in: try project.links(nil))
            return try await state.allParked(of: maps.selection)
        }
        var records: [ParkedRecord] = []
        for id in ids {
            guard let record = try await state.parked(id: id) else { throw Self.missing(id) }
            records.append(record)
        }
        return records
    }

    static func missing(_ id: Int64) -> Failure {
        Failure(
            code: SyncError.Code.notFound.text, message: "there is no parked record \(id)",
            hint: "`lockstep parked` shows them", status: .failed)
    }
}

/// `lockstep parked retry`: tries parked records again.
struct RetryParked: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Try parked records again now. Exit code 3: some still wait.",
        discussion: """
            Example:
              lockstep parked retry 1
              lockstep parked retry --all --map customers
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var selection: ParkedSelection

    private struct Body: Encodable {
        var applied: Int
        var waiting: Int
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        _ = try project.requiredState()
        let (tried, applied) = try await project.exclusively { state in
            let records = try await selection.records(project, state)
            var applied = 0
            for link in Set(records.map(\.link)).sorted() {
                guard let configuration = project.configuration.link(link) else {
                    throw Failure(
                        .usage, "lockstep.yaml no longer has the link \(link)", hint: "drop its parked records",
                        status: .usage)
                }
                let ids = Set(records.filter { $0.link == link }.map(\.id))
                applied += try await project.withLink(configuration) { syncLink in
                    let engine = SyncEngine(link: syncLink, state: state, environment: project.syncEnvironment())
                    return try await engine.retryParked(ids: ids)
                }
            }
            return (records.count, applied)
        }
        let waiting = max(0, tried - applied)
        try output.json(Body(applied: applied, waiting: waiting))
        if tried == 0 {
            output.line("No parked records.")
        } else {
            output.line("\(DisplayText.count(applied, "record")) applied, \(waiting) still parked.")
        }
        return waiting == 0 ? .done : .partial
    }
}

/// `lockstep parked drop`: forgets parked records.
struct DropParked: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Forget parked records: their changes are never applied. Later changes of the record are.",
        discussion: """
            Example:
              lockstep parked drop 1
              lockstep parked drop --all --yes
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var selection: ParkedSelection

    @Flag(help: "Yes, all of them.")
    var yes = false

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        _ = try project.requiredState()
        guard !selection.all || yes else {
            throw Failure(
                .unconfirmed, "all parked changes would be forgotten and never applied",
                hint: "say --yes, or name the ids", status: .usage)
        }
        let dropped = try await project.exclusively { state in
            let ids = try await selection.records(project, state).map(\.id)
            try await state.unpark(ids: ids)
            return ids
        }
        try output.json(["dropped": dropped])
        output.line(dropped.isEmpty ? "No parked records." : "\(DisplayText.count(dropped.count, "record")) dropped.")
        return .done
    }
}
