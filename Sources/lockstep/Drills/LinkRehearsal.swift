import ConnectorKit
import Foundation
import LockstepContinuity
import LockstepMapping
import LockstepState
import LockstepSync
import Synchronization

/// A link between two scratch stores, with the state that belongs to their cut: the same engine, maps and stores as in
/// earnest, none of it production.
actor LinkRehearsal {
    let link: LinkConfiguration
    /// The project with the scratch stores in the place of its own.
    let project: Project
    let statements: [String: StoreStatements]
    let state: StateDatabase
    /// The snapshot had the project's state.
    private let hasState: Bool
    /// The store that takes the writes, once the link was switched over.
    var primary: String?
    /// What was written to it since then.
    var trials: [TrialWrite] = []
    /// Why the sync could not go on from the cut's positions.
    private var comparedAnew: String?

    init(link name: String, scratch: [String: ScratchStore], world: ProjectDrillWorld) async throws {
        guard let link = world.project.configuration.link(name) else {
            throw ContinuityError(
                .notFound, doing: "rehearsing a link", object: name, message: "the project has no such link", hint: "")
        }
        var configuration = world.project.configuration
        var statements: [String: StoreStatements] = [:]
        for store in link.between {
            guard let made = scratch[store], let index = configuration.stores.firstIndex(where: { $0.name == store })
            else {
                throw ContinuityError(
                    .notFound, doing: "rehearsing a link", object: store, message: "it was not restored",
                    hint: "put `- restore: \(store)` before it")
            }
            let place = try world.scratchPlace(made.request)
            configuration.stores[index] = try world.configuration(store, place, scratch: made.request.name)
            statements[store] = try world.statements(made)
            if place.password != nil {
                throw ContinuityError(
                    .configuration, doing: "rehearsing a link", object: store,
                    message: "links are rehearsed on temporary stores only",
                    hint: "write `target: temporary` for \(store)")
            }
        }
        self.link = link
        self.statements = statements
        project = Project(configuration: configuration, environment: world.project.environment)
        // Gone with the scratch store that it lies beside.
        guard let anchor = scratch[link.between[0]]?.request.name, let chosen = world.state.withLock(\.chosen) else {
            throw ContinuityError(
                .notFound, doing: "rehearsing a link", object: name, message: "there is no snapshot", hint: "")
        }
        let path = world.shelf.folder(of: anchor) + "/state-\(name).db"
        hasState = try await world.reader(of: chosen).restoreState(to: path)
        state = try StateDatabase(path: path, project: configuration.name)
    }

    // MARK: Sync

    /// Runs the sync once: what is waiting is brought over, both ways. Where a server's log would have to say what
    /// changed since the cut, both sides are compared anew, as `lockstep sync --resync` does.
    func sync() async throws -> SyncReport {
        let mayCompare = comparedAnew == nil
        let (report, reason) = try await project.withLink(link) { [state, project] link in
            let engine = SyncEngine(link: link, state: state, environment: project.syncEnvironment())
            do {
                return (try await engine.sync(), String?.none)
            } catch let error as SyncError where mayCompare && Self.lacksHistory(error) {
                let report = try await engine.sync(permissions: SyncPermissions(isResync: true))
                return (report, "\(error.message), so both sides were compared anew")
            }
        }
        if let reason { comparedAnew = reason }
        return report
    }

    private static func lacksHistory(_ error: SyncError) -> Bool {
        error.code == .historyLost || error.code == .storeReplaced
    }

    /// What a sync would still bring over.
    func waiting() async throws -> Int {
        try await project.withLink(link) { [state, project] link in
            try await SyncEngine(link: link, state: state, environment: project.syncEnvironment()).plan()
        }.changes
    }

    /// Runs until nothing is left to be brought over. - Returns: how much was.
    func settle() async throws -> Int {
        var total = 0
        for _ in 0..<Self.mostRounds {
            let report = try await sync()
            try failures(report)
            total += report.changes
            if report.changes == 0 { return total }
        }
        throw ContinuityError(
            .target, doing: "bringing a link to rest", object: link.name,
            message: "the sync still writes after \(Self.mostRounds) runs",
            hint: "look for a trigger that changes what is written, on both sides")
    }

    /// Two runs are enough for any link that comes to rest; triggers may take one more.
    private static let mostRounds = 5

    private func failures(_ report: SyncReport) throws {
        guard let failed = report.maps.first(where: { $0.state == "failed" }) else { return }
        throw ContinuityError(
            .target, doing: "bringing a link to rest", object: failed.map, message: failed.reason,
            hint: "the same would happen in earnest: mend the map, and take a new snapshot")
    }

    func resume() async throws -> ResumedSync {
        let before = try await state.maps(link: link.name)
        let first = try await sync()
        let second = try await sync()
        var outcome = ResumedSync(
            resumed: true, firstWrites: Int64(first.changes), secondWrites: Int64(second.changes),
            parked: Int64(second.parked), conflicts: Int64(second.openConflicts))
        outcome.comparedAnew = comparedAnew
        guard comparedAnew == nil else { return outcome }
        for map in first.maps {
            let known = before.first { $0.map == map.map }
            let reason: String? =
                if !hasState {
                    "the snapshot has no state: nothing had been synced"
                } else if map.state == "failed" {
                    "\(map.map): \(map.reason)"
                } else if ![.live, .catchingUp, .paused].contains(known?.state) || map.equal > 0 {
                    "\(map.map) compared both sides anew"
                } else {
                    nil
                }
            if let reason, outcome.resumed { (outcome.resumed, outcome.reason) = (false, reason) }
        }
        return outcome
    }

    // MARK: Comparing

    /// Some are enough to find the rest by.
    private static let mostSamples = 20

    /// Compares both sides as the maps see them, whatever the sync believes: as if they met for the first time.
    func reconcile() async throws -> Reconciliation {
        let folder = FileManager.default.temporaryDirectory.path + "/lockstep-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(.cannotWrite, "the folder \(folder) cannot be made", hint: "set TMPDIR")
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let fresh = try StateDatabase(path: folder + "/state.db", project: project.configuration.name)
        let report = try await project.withLink(link) { [project] link in
            try await SyncEngine(link: link, state: fresh, environment: project.syncEnvironment()).plan()
        }
        var found = Reconciliation(equal: 0, different: 0, onlyFirst: 0, onlySecond: 0)
        for map in report.maps {
            found.equal += Int64(map.equal)
            found.onlyFirst += Int64(map.toRight.inserts)
            found.onlySecond += Int64(map.toLeft.inserts)
            found.different += Int64(map.toLeft.updates + map.toRight.updates + map.openConflicts + map.parked)
            found.samples += map.samples.map { "\(map.map): \($0.action) in \($0.store)" }
        }
        found.samples = Array(found.samples.prefix(Self.mostSamples))
        return found
    }
}
