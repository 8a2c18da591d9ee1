import LockstepContinuity
import LockstepMapping
import LockstepState
import LockstepSync

/// What stands around a restore into a live store: nothing that was there is lost, and no sync carries it on unseen.
struct InPlaceRestore: Sendable {
    let project: Project
    let archive: ProjectArchive
    let store: StoreConfiguration
    /// Those that are restored; empty for all.
    let entities: [String]
    let output: Output

    struct Consequences: Encodable {
        /// The store as it was before.
        let safetySnapshot: String
        /// Maps that a person resumes.
        let heldMaps: [String]
    }

    /// Takes a safety snapshot, holds the maps, restores; after a failure the maps go on as they did.
    ///
    /// - Returns: also the safety snapshot's name, and the maps that are held now.
    func run(
        of snapshot: String, _ restore: () async throws -> RestoreOutcome
    ) async throws -> (RestoreOutcome, Consequences) {
        try await project.exclusively { state in
            let run = try await state.startRun(job: "restore", link: "", time: Project.now())
            do {
                let work = BackupWork(
                    project: project, stores: [store], archive: archive,
                    label: "before \(snapshot) was restored in place",
                    isFull: false, isSafety: true, output: output)
                let safety = try await work.take(skipsUnchanged: false).snapshot.id
                let held = try await hold(state, reason: "\(store.name) was restored in place from \(snapshot)")
                let outcome: RestoreOutcome
                do { outcome = try await restore() } catch {
                    try await release(held, state)
                    throw error
                }
                try await state.finishRun(run, outcome: "done", summary: snapshot, time: Project.now())
                return (outcome, Consequences(safetySnapshot: safety, heldMaps: held.map(\.map)))
            } catch {
                let failure = Failure(reporting: error, wasInterrupted: Interruption.program.wasAsked)
                try await state.finishRun(
                    run, outcome: "failed", summary: "\(failure.code): \(failure.message)", time: Project.now())
                throw failure
            }
        }
    }

    private typealias Held = (link: LinkConfiguration, map: String)

    private func hold(_ state: StateDatabase, reason: String) async throws -> [Held] {
        try await forEachMap(state) { engine, map in
            try await engine.pause(map: map, by: Project.person(), reason: reason)
        }
    }

    private func release(_ held: [Held], _ state: StateDatabase) async throws {
        let names = Set(held.map(\.map))
        _ = try await forEachMap(state, onlyRunning: false) { engine, map in
            if names.contains(map) { try await engine.resume(map: map, by: Project.person()) }
        }
    }

    /// The maps that what is restored concerns, and that have been synced.
    private func forEachMap(
        _ state: StateDatabase, onlyRunning: Bool = true, _ body: (SyncEngine, String) async throws -> Void
    ) async throws -> [Held] {
        var found: [Held] = []
        for link in project.links(of: store.name) {
            guard try !project.definitions(of: link).isEmpty else { continue }
            let names = try await project.withLink(link) { syncLink in
                let engine = SyncEngine(link: syncLink, state: state, environment: project.syncEnvironment())
                let side = link.between.firstIndex(of: store.name) ?? 0
                var names: [String] = []
                for map in syncLink.maps where entities.isEmpty || entities.contains(map.entities[side]) {
                    let record = try await state.map(link: link.name, map: map.name)
                    if onlyRunning, ![.live, .catchingUp].contains(record.state) { continue }
                    try await body(engine, map.name)
                    names.append(map.name)
                }
                return names
            }
            found += names.map { (link, $0) }
        }
        return found
    }
}
