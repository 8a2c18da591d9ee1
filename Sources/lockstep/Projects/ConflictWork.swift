import ArgumentParser
import LockstepMapping
import LockstepState
import LockstepSync

/// Which conflicts a decision is about.
struct ConflictSelection: ParsableArguments {
    @Argument(help: "The conflicts' ids, as the list has them.")
    var ids: [Int64] = []

    @Flag(help: "All open ones.")
    var all = false

    @OptionGroup var maps: MapOptions

    /// What was parsed, as plain values.
    var choice: ConflictChoice { ConflictChoice(ids: ids, all: all, maps: maps.selection) }

    func validate() throws {
        guard ids.isEmpty == all else { throw ValidationError("Name ids, or say --all.") }
        guard maps.selection.isEverything || all else {
            throw ValidationError("--map and --partition go with --all.")
        }
    }

    static func missing(_ id: Int64) -> Failure {
        Failure(
            code: SyncError.Code.notFound.text, message: "there is no conflict \(id)",
            hint: "`lockstep conflicts --all` shows them", status: .failed)
    }
}

/// The conflicts that a decision is about: some, or all open ones, of some maps if named.
struct ConflictChoice: Sendable {
    var ids: [Int64]
    var all = false
    var maps = MapSelection()
}

/// Carries decisions out, one after another: one that cannot be carried out keeps no other from it.
struct ConflictWork {
    let project: Project
    let output: Output
    /// What is said of each conflict that was decided.
    let done: String

    private struct Result: Encodable, Sendable {
        var id: Int64
        var status: String?
        var error: ErrorBody.Content?
    }

    func decide(
        _ selection: ConflictChoice, ofStatus status: ConflictRecord.Status?,
        _ decision: (ConflictRecord) throws -> ConflictDecision
    ) async throws -> ExitStatus {
        try project.check(selection.maps, in: try project.links(nil))
        _ = try project.requiredState()
        let results = try await project.exclusively { state in
            let conflicts = try await select(selection, status, state)
            var results: [Result] = []
            for link in Set(conflicts.map(\.link)).sorted() {
                results += try await decide(conflicts.filter { $0.link == link }, of: link, state, decision)
            }
            return results
        }
        try output.json(["conflicts": results])
        if results.isEmpty { output.line("No open conflicts.") }
        return results.contains { $0.error != nil } ? .failed : .done
    }

    private func select(
        _ selection: ConflictChoice, _ status: ConflictRecord.Status?, _ state: StateDatabase
    ) async throws -> [ConflictRecord] {
        if selection.all { return try await state.allConflicts(of: selection.maps, status: status) }
        var conflicts: [ConflictRecord] = []
        for id in selection.ids {
            guard let conflict = try await state.conflict(id: id) else { throw ConflictSelection.missing(id) }
            conflicts.append(conflict)
        }
        return conflicts
    }

    private func decide(
        _ conflicts: [ConflictRecord], of link: String, _ state: StateDatabase,
        _ decision: (ConflictRecord) throws -> ConflictDecision
    ) async throws -> [Result] {
        // Whatever cannot be decided is known before a store is opened; dismissing opens none.
        let decisions = conflicts.map { conflict in (conflict.id, Swift.Result { try decision(conflict) }) }
        var results: [Result] = []
        let opening = decisions.contains { if case .success(let wanted) = $0.1 { wanted != .dismiss } else { false } }
        guard opening else {
            for (id, wanted) in decisions {
                results.append(
                    try await attempt(id) {
                        _ = try wanted.get()
                        try await state.decideConflict(
                            id: id, status: .dismissed, winner: nil, decidedBy: Project.person(), time: Project.now())
                    })
            }
            return results
        }
        guard let configuration = project.configuration.link(link) else {
            throw Failure(
                .usage, "lockstep.yaml no longer has the link \(link)",
                hint: "`lockstep conflicts dismiss` lets them be",
                status: .usage)
        }
        return try await project.withLink(configuration) { syncLink in
            let engine = SyncEngine(link: syncLink, state: state, environment: project.syncEnvironment())
            var results: [Result] = []
            for (id, wanted) in decisions {
                results.append(
                    try await attempt(id) {
                        try await engine.decide(conflict: id, try wanted.get(), by: Project.person())
                    })
            }
            return results
        }
    }

    private func attempt(_ id: Int64, _ work: () async throws -> Void) async throws -> Result {
        do {
            try await work()
            output.line("conflict \(id): \(done)")
            return Result(id: id, status: done)
        } catch {
            guard !Interruption.program.wasAsked else { throw error }
            let failure = Failure(reporting: error, wasInterrupted: false)
            if !output.isJSON { output.report(failure) }
            if failure.status == .usage { throw failure }
            return Result(id: id, error: ErrorBody.Content(failure))
        }
    }
}
