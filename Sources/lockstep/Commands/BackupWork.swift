import ConnectorKit
import LockstepContinuity
import LockstepMapping
import LockstepState

/// What `lockstep backup` does, once or again and again.
struct BackupWork: Sendable {
    typealias Taken = (snapshot: StoredSnapshot, reasonForFull: String?, notes: [String])

    let project: Project
    let stores: [StoreConfiguration]
    let archive: ProjectArchive
    let label: String?
    let isFull: Bool
    /// Before a restore in place.
    var isSafety = false
    let output: Output

    /// Takes a snapshot, and notes the run in the project's history.
    func once() async throws -> Taken {
        try await project.exclusively { state in
            let run = try await state.startRun(job: "backup", link: "", time: Project.now())
            do {
                let taken = try await take(skipsUnchanged: false)
                try await state.finishRun(run, outcome: "done", summary: taken.snapshot.id, time: Project.now())
                return taken
            } catch {
                let wasInterrupted = Interruption.program.wasAsked
                let failure = Failure(reporting: error, wasInterrupted: wasInterrupted)
                try await state.finishRun(
                    run, outcome: wasInterrupted ? "interrupted" : "failed",
                    summary: "\(failure.code): \(failure.message)", time: Project.now())
                throw failure
            }
        }
    }

    /// Takes a snapshot; for those who hold the project's lock.
    func take(skipsUnchanged: Bool) async throws -> Taken {
        let progress = ProgressBar(isShown: output.showsProgress && !skipsUnchanged)
        defer { progress.clear() }
        return try await project.withConnectors(stores.map(\.name)) { connectors in
            var request = BackupRequest(
                stores: zip(stores, connectors).map { BackupRequest.Store(name: $0.name, connector: $1) },
                statePath: project.statePath, sealing: archive.sealing, signingKey: archive.signingKey,
                check: archive.check, level: archive.configuration.compressionLevel, label: label,
                indexPath: project.indexPath, isFull: isFull, writer: "lockstep \(Lockstep.version)",
                now: currentMicroseconds, progress: { progress.show($0, work: "backing up") })
            request.skipsUnchanged = skipsUnchanged
            request.project = project.configuration.name
            request.isSafety = isSafety
            var run = try BackupRun(request, repository: archive.repository)
            let snapshot = try await run.run()
            return (snapshot, run.reasonForFull, run.notes)
        }
    }

    // MARK: Following

    private static let longestWait: Int64 = 60

    /// Looks again and again; takes a snapshot where something changed. What may heal is waited for: a store or repository
    /// that is away, a disk that is full, another command of the project's.
    func follow(every interval: Int64) async throws -> ExitStatus {
        var wait = interval
        var trouble: String?
        var mark: [String]?
        output.note("following \(stores.map(\.name).joined(separator: ", ")): Ctrl-C ends it")
        do {
            while true {
                do {
                    let taken = try await takeIfChanged(&mark)
                    if trouble != nil { output.note("\(Project.now())  it works again") }
                    (trouble, wait) = (nil, interval)
                    if let taken { try tell(taken) }
                } catch {
                    let failure = Failure(reporting: error, wasInterrupted: Interruption.program.wasAsked)
                    guard !Interruption.program.wasAsked, Self.mayHeal(error) else { throw failure }
                    if failure.message != trouble, failure.status != .locked {
                        output.note("\(Project.now())  \(failure.code): \(failure.message); trying again")
                    }
                    trouble = failure.message
                    wait = failure.status == .locked ? 1 : min(max(2, wait * 2), Self.longestWait)
                }
                try await Interruption.program.gently { try await Task.sleep(for: .seconds(wait)) }
            }
        } catch  where Interruption.program.wasAsked {
            return .interrupted
        }
    }

    /// - Parameter mark: what the stores said of themselves before they were read last.
    private func takeIfChanged(_ mark: inout [String]?) async throws -> Taken? {
        let now = try await activity()
        if let now, now == mark { return nil }
        var taken: Taken?
        do {
            try await archive.repository.requirePresent()
            taken = try await project.exclusively { _ in try await take(skipsUnchanged: true) }
        } catch is NothingChanged {}
        mark = now
        return taken
    }

    private func activity() async throws -> [String]? {
        try await project.withConnectors(stores.map(\.name)) { connectors in
            var marks: [String] = []
            for connector in connectors {
                guard let mark = try await connector.activityMark() else { return nil }
                marks.append(mark)
            }
            return marks
        }
    }

    private func tell(_ taken: Taken) throws {
        let form = SnapshotForm(taken.snapshot)
        try output.json(form)
        let kind = form.base == nil ? "full" : "increment"
        output.line("\(Project.now())  \(form.id)  \(kind)  \(ByteText.size(form.bytes))")
    }

    private static func mayHeal(_ error: any Error) -> Bool {
        switch error {
        case let error as ContinuityError:
            return [.unreachable, .full, .file, .forbidden, .source].contains(error.code)
        case let error as ConnectorError:
            return error.disposition == .retry || [.absent, .unreachable, .full, .busy].contains(error.code)
        case let failure as Failure: return failure.status == .locked
        default: return false
        }
    }
}
