import ConnectorKit
import Foundation
import LockstepContinuity
import LockstepMapping
import LockstepModel
import Synchronization

/// The world that a project's drills take place in: its repository, its stores (which are only looked at), scratch
/// stores on this machine or a server, and whoever sits at the terminal.
final class ProjectDrillWorld: DrillWorld {
    struct State {
        var chosen: DrillSnapshot?
        /// The snapshot that was opened last.
        var reader: SnapshotReader?
        /// By scratch store's name: what the engine's own check found when it was restored.
        var problems: [String: [String]] = [:]
        var clusters: [String: ScratchCluster] = [:]
        /// The kind of store that each store was restored into.
        var engines: [String: String] = [:]
        /// By link.
        var rehearsals: [String: LinkRehearsal] = [:]
    }

    let project: Project
    let archive: ProjectArchive
    let keyring: Keyring
    let plan: DrillPlan
    let shelf: ScratchShelf
    let progress: ProgressBar
    /// What chance chooses by; in the report, so that the choice can be made again.
    let seed: UInt64
    /// Somebody is at the terminal to be asked.
    let isAttended: Bool
    let state = Mutex(State())
    private let probes: [StoreProbe]
    private let started = ContinuousClock.now

    /// - Throws: where a password cannot be fetched.
    init(
        project: Project, archive: ProjectArchive, keyring: Keyring, plan: DrillPlan, progress: ProgressBar,
        seed: UInt64, isAttended: Bool
    ) throws {
        self.project = project
        self.archive = archive
        self.keyring = keyring
        self.plan = plan
        self.progress = progress
        self.seed = seed
        self.isAttended = isAttended
        // Commands of the plan run elsewhere and are told where scratch stores are.
        shelf = ScratchShelf(stateFolder: URL(fileURLWithPath: project.stateFolder).standardizedFileURL.path)
        probes = project.configuration.stores.map { store in
            // A password that cannot be fetched is the drill's business only where the store is asked: it may be lost.
            let password = try? store.password?.resolve(
                environment: project.environment, directory: project.configuration.directory)
            return StoreProbe(store: store.name, url: store.url, password: password)
        }
    }

    /// Lets go of everything that a drill left on purpose.
    func close(keeping isKept: Bool) async {
        for cluster in state.withLock({ Array($0.clusters.values) }) { await cluster.stop() }
        for probe in probes { probe.close() }
        guard isKept else { return }
        for entry in shelf.entries() where !entry.isKept { try? shelf.keep(entry) }
    }

    // MARK: Time

    func now() -> Int64 { currentMicroseconds() }
    func elapsed() -> Duration { ContinuousClock.now - started }

    // MARK: What there is

    func host() async -> DrillHost {
        DrillHost(
            name: ProcessInfo.processInfo.hostName, system: ProcessInfo.processInfo.operatingSystemVersionString,
            tool: "lockstep \(Lockstep.version)", clockSource: "system clock",
            clockOffsetSeconds: await clockOffset())
    }

    /// How far this machine's clock is from that of the repository's storage.
    private func clockOffset() async -> Double? {
        guard let clock = try? await archive.repository.store.clock() else { return nil }
        return Double(now() - clock) / 1_000_000
    }

    func places() async throws -> [StorePlace] {
        var places: [StorePlace] = []
        for probe in probes { places.append(await probe.place()) }
        return places
    }

    func marks() async -> [StoreMark] {
        var marks: [StoreMark] = []
        for probe in probes { marks.append(await probe.mark()) }
        return marks
    }

    /// Counting ends here: so many are lost that the exact number says nothing more.
    private static let mostMissed: Int64 = 1_000_000

    func missedTransactions(of cut: DrillSnapshot.Cut) async throws -> Int64? {
        // A server's stream belongs to whoever follows it; a file's journal may be read by anybody.
        guard let after = cut.position.flatMap(Position.init(text:)),
            let store = project.configuration.store(cut.store),
            store.url.scheme == "sqlite", FileManager.default.fileExists(atPath: store.url.address)
        else { return nil }
        var reading = store
        reading.options["access"] = "read-only"
        let connector = try project.connector(reading)
        do {
            let captured = state.withLock(\.reader)?.manifest.store(cut.store)?.cut.captured ?? []
            let schema = try await connector.describe(DescribeRequest(entities: captured))
            let entities = Dictionary(schema.entities.map { ($0.name, $0.fields.map(\.name)) }) { first, _ in first }
            let reader = try await connector.changes(
                ChangesRequest(entities: entities, after: after))
            var count: Int64 = 0
            while count < Self.mostMissed, let chunk = try await reader.next() {
                count += Int64(chunk.transactionCount)
            }
            await reader.close()
            await connector.close()
            return count
        } catch {
            await connector.close()
            throw error
        }
    }

    // MARK: People and programs

    /// What programs need to run, and nothing that could be a secret.
    private static let passedVariables = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SHELL"]

    func commandEnvironment() -> [String: String] {
        project.environment.filter { Self.passedVariables.contains($0.key) }
    }

    var directory: String { project.configuration.directory }

    func ask(_ question: DrillQuestion) async -> DrillAnswer {
        guard isAttended else { return .unattended }
        progress.clear()
        return await PersonAtTerminal.ask(question)
    }
}
