import ConnectorKit
import LockstepMapping

/// A drill on its way: takes the steps in order, and writes down what happens.
struct DrillWork {
    let plan: DrillPlan
    let world: any DrillWorld
    let settings: DrillEngine.Settings
    let id: String
    let progress: @Sendable (DrillProgress) -> Void
    /// Random: what names of scratch stores are made of.
    let seed: [UInt8]

    let declared: Duration
    let declaredUTC: Int64
    var log = DrillLog()
    var timeline: [DrillReport.Moment] = []
    var steps: [DrillReport.Step] = []
    var checks: [DrillCheck] = []
    var differences: [DrillReport.Difference] = []
    var findings: [DrillReport.Finding] = []
    var people: [DrillReport.Person] = []
    var ownAttachments: [FinishedDrill.Attachment] = []
    var cleanup = DrillReport.Cleanup(items: [], kept: false, verified: true)

    var snapshot: DrillSnapshot?
    /// Everything that was or may have been made, in order.
    var requests: [ScratchRequest] = []
    /// By store.
    var scratch: [String: ScratchStore] = [:]
    var proofs: [String: IsolationProof] = [:]
    /// Scratch stores that turned out to be somebody else's: never touched again.
    var untouchable: Set<String> = []
    /// Why a store cannot be used by later steps.
    var blocked: [String: String] = [:]
    var wasInterrupted = false

    init(
        plan: DrillPlan, world: any DrillWorld, settings: DrillEngine.Settings, id: String, seed: [UInt8],
        progress: @escaping @Sendable (DrillProgress) -> Void
    ) {
        self.plan = plan
        self.world = world
        self.settings = settings
        self.id = id
        self.seed = seed
        self.progress = progress
        declaredUTC = world.now()
        declared = world.elapsed()
    }

    mutating func run() async {
        timeline.append(
            DrillReport.Moment(name: .declared, store: nil, utc: DrillTime.text(declaredUTC), mono: 0))
        note("drill \(id) of plan \(plan.name.value) declared")
        let marks = await world.marks()
        await choose()
        if snapshot != nil, !plan.steps.contains(where: { $0.word == "verify" }) { await verify(share: 0) }
        for group in plan.groups {
            for step in group.steps { await take(step, in: group.name.value) }
            if group.name.value == (plan.usableAfter ?? plan.groups.last?.name.value) { markUsable() }
        }
        // A cancelled task would cancel what cleans up, too: that runs in a task of its own, and is waited for.
        let finish = self
        let cleaned = await Task { await finish.cleaned() }.value
        self = cleaned
        await compare(marks)
        mark(.ended)
        note("drill ended")
    }

    /// The next scratch store's name: nobody can know it before, and none comes twice.
    var nextName: String {
        ScratchRequest.prefix + DrillDigest.sha256(seed + Array("\(id) \(requests.count)".utf8)).prefix(12)
    }

    // MARK: Writing down

    var mono: Double { DrillTime.seconds(world.elapsed() - declared) }
    var utc: String { DrillTime.text(world.now()) }

    mutating func mark(_ name: DrillReport.MomentName, store: String? = nil, at elapsed: Duration? = nil) {
        let here = world.elapsed()
        let moment = elapsed ?? here
        // Told afterwards, when it happened: the wall clock goes back by as much.
        let back = DrillTime.seconds(here - moment)
        timeline.append(
            DrillReport.Moment(
                name: name, store: store, utc: DrillTime.text(world.now() - Int64(back * 1_000_000)),
                mono: DrillTime.seconds(moment - declared)))
    }

    mutating func note(_ text: String) { log.add(text, utc: utc, mono: mono) }

    mutating func add(_ check: DrillCheck) {
        checks.append(check)
        let reason = check.reason.map { " (\($0))" } ?? ""
        note("check \(check.id): \(check.result.rawValue)\(reason)")
        progress(.checked(check))
    }

    mutating func find(_ severity: DrillReport.Finding.Severity, _ text: String, about: String?) {
        findings.append(
            DrillReport.Finding(
                id: "F\(findings.count + 1)", severity: severity, text: text, about: about, status: "open"))
    }

    /// What an error says without values of records: the project's own errors hold none, others are not repeated.
    func words(_ error: any Error) -> String {
        switch error {
        case let error as ContinuityError: error.description
        case let error as ConnectorError: error.description
        case is CancellationError: "interrupted"
        default: "\(type(of: error))"
        }
    }

    // MARK: The snapshot

    private mutating func choose() async {
        guard plan.steps.contains(where: { $0.word == "restore" || $0.word == "verify" }) else { return }
        do {
            let chosen = try await world.choose(plan.selection.value, stores: plan.stores.map(\.value))
            snapshot = chosen
            mark(.snapshotChosen)
            note("snapshot \(chosen.id) chosen: \(DrillReport.Source.words(plan.selection.value))")
        } catch {
            add(
                DrillCheck(
                    id: "digests.snapshot", level: .digests, name: "A snapshot can be chosen", result: .fail,
                    reason: words(error)))
        }
    }

    /// The lower rungs of the ladder: what the repository holds.
    mutating func verify(share: Double) async {
        guard let snapshot else { return }
        let start = mono
        do {
            let proofs = try await world.verify(snapshot, share: share)
            let seconds = mono - start
            for subject in ArchiveProof.Subject.allCases {
                let found = proofs.filter { $0.subject == subject }
                for (index, proof) in found.enumerated() {
                    add(check(of: proof, number: found.count > 1 ? index + 1 : nil, share: share, seconds: seconds))
                }
                if found.isEmpty {
                    add(check(of: missing(subject), number: nil, share: share, seconds: 0))
                }
            }
        } catch {
            add(
                DrillCheck(
                    id: "digests.archive", level: .digests, name: "The snapshot can be verified", result: .fail,
                    reason: words(error), seconds: mono - start))
        }
    }

    private func missing(_ subject: ArchiveProof.Subject) -> ArchiveProof {
        ArchiveProof(subject, expected: "", actual: "", result: .notLooked("nothing was said about it"))
    }

    private func check(of proof: ArchiveProof, number: Int?, share: Double, seconds: Double) -> DrillCheck {
        let (level, name): (DrillCheck.Level, String) =
            switch proof.subject {
            case .digests:
                (.digests, share > 0 ? "Objects are whole, their data read" : "Objects are there, with their sizes")
            case .signature: (.signature, "The snapshot is signed by a trusted key")
            case .chain: (.chain, "The chain of snapshots has no gap")
            }
        let (result, reason): (DrillCheck.Result, String?) =
            switch proof.result {
            case .holds: (.pass, nil)
            case .broken(let problem): (.fail, problem)
            case .notLooked(let reason): (.skipped, reason)
            }
        // A repository may do without signatures; the report says so, and the drill does not pass without a finding.
        let isUnsigned = proof.subject == .signature && snapshot?.signer == nil
        return DrillCheck(
            id: "\(level.rawValue).archive\(number.map { "/\($0)" } ?? "")", level: level, name: name,
            expected: proof.expected.isEmpty ? nil : proof.expected,
            actual: proof.actual.isEmpty ? nil : proof.actual, result: result, reason: reason,
            required: !isUnsigned, seconds: seconds)
    }
}
