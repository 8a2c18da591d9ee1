import ArgumentParser
import Foundation
import LockstepContinuity
import LockstepMapping
import LockstepState

/// `lockstep drill run`.
struct RunDrill: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a drill by its plan, and write the report.",
        discussion: """
            Example:
              lockstep drill run monthly
              lockstep drill run drills/monthly.yaml --identity keys/identity

            The project's own stores are looked at and never written to. Scratch stores are removed at the end, also \
            after Ctrl-C; what a drill left that was killed, the next one removes. The report goes to drills/reports: \
            JSON with a signature beside it, and the same as a page.

            Ends with 0 where the drill passed, 1 where a check failed, 4 where everything came back but too late or \
            too old, 3 where something was not looked at, 130 where it was interrupted.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var keys: KeyOptions

    @Argument(help: "The plan: its name, or its file.")
    var plan: String

    @Option(help: ArgumentHelp("Choose by this number again what `snapshot: random` chose.", valueName: "number"))
    var seed: UInt64?

    @Flag(help: "Say in the report that a schedule started it.")
    var scheduled = false

    @Option(
        help: ArgumentHelp("Say in the report that it follows a change, and which.", valueName: "change"))
    var afterChange: String?

    @Flag(help: "Nobody is there to answer: leave questions out. A plan that has some then proves nothing.")
    var unattended = false

    @Flag(help: "Write a report without a signature, where the project has no key.")
    var unsigned = false

    func validate() throws {
        if scheduled, afterChange != nil { throw ValidationError("--scheduled and --after-change contradict.") }
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.openBeforeMaps(common)
        let drills = ProjectDrills(project)
        let plan = try drills.plan(self.plan)
        try refuseQuestions(plan, output)
        let archive = try await project.archive()
        try requireKey(archive)
        let keyring = try keys.keyring()
        try await requireIdentity(plan, archive, keyring)
        let lock = try drills.lock()
        defer { withExtendedLifetime(lock) {} }
        let progress = ProgressBar(isShown: output.showsProgress)
        let world = try ProjectDrillWorld(
            project: project, archive: archive, keyring: keyring, plan: plan, progress: progress,
            seed: seed ?? UInt64.random(in: 0...0xFFFF_FFFF), isAttended: !unattended && PersonAtTerminal.isThere)
        await removeLeftovers(of: world, output)
        try world.shelf.takeOverTemporaryFiles()
        defer { world.shelf.removeTemporaryFiles() }
        let printer = DrillPrinter(output: output, progress: progress)
        let published = try await Interruption.program.gently {
            try await run(plan, drills, archive, world, printer)
        }
        printer.print(published)
        try output.json(DrillForm(published))
        if Interruption.program.wasAsked { return .interrupted }
        return ExitStatus(published.report)
    }

    private func run(
        _ plan: DrillPlan, _ drills: ProjectDrills, _ archive: ProjectArchive, _ world: ProjectDrillWorld,
        _ printer: DrillPrinter
    ) async throws -> DrillReportFolder.Published {
        let trigger: DrillReport.Trigger =
            afterChange.map { .init(.afterChange, change: $0) } ?? .init(scheduled ? .scheduled : .byHand)
        let engine = DrillEngine(
            plan: plan, world: world,
            settings: .init(
                project: drills.project.configuration.name, stores: drills.project.configuration.stores.map(\.name),
                trigger: trigger, past: try drills.folder.stored().compactMap(\.report), encode: ProjectDrills.encode))
        var random = SystemRandomNumberGenerator()
        printer.begin(plan)
        let finished = try await engine.run(using: &random) { printer.show($0) }
        await world.close(keeping: finished.report.cleanup.kept)
        let key = archive.signingKey
        // What is over is written down, also where somebody asked to stop.
        return try await Task {
            let published = try await drills.folder.publish(finished, encode: ProjectDrills.encode) { bytes in
                try key?.sign(bytes, namespace: TrustedKeys.drillNamespace)
            }
            try drills.noteHead(published.reference)
            return published
        }.value
    }

    // MARK: Before anything is done

    private func requireKey(_ archive: ProjectArchive) throws {
        guard archive.signingKey == nil, !unsigned else { return }
        throw Failure(
            .noKey, "the project has no key that a drill's report could be signed with",
            hint:
                "`lockstep keys new` makes one; then write `signingKey: {file: keys/signing}` under `repository` in lockstep.yaml. --unsigned goes without",
            status: .credentials)
    }

    /// A drill without any key says nothing of the backups; one whose keys do not open them says that.
    private func requireIdentity(_ plan: DrillPlan, _ archive: ProjectArchive, _ keyring: Keyring) async throws {
        guard keyring.isEmpty, plan.steps.contains(where: { $0.word == "restore" }),
            let newest = try await archive.repository.survey(check: archive.check).living.inCommitOrder().last
        else { return }
        guard newest.record.recipients.isEmpty else {
            throw Failure(
                .noKey, "the snapshots are encrypted, and no identity was given that opens them",
                hint: "give one with --identity", status: .credentials)
        }
    }

    private func refuseQuestions(_ plan: DrillPlan, _ output: Output) throws {
        guard !unattended, !PersonAtTerminal.isThere,
            let question = plan.steps.first(where: { $0.word == "confirm" })
        else { return }
        throw Failure(
            .usage, "the plan asks a person (\(question.name)), and there is no terminal to ask at",
            hint: "run it at a terminal, or with --unattended, which leaves questions out and proves nothing by them",
            status: .usage)
    }

    /// What a drill left that did not come to its end.
    private func removeLeftovers(of world: ProjectDrillWorld, _ output: Output) async {
        for entry in world.shelf.entries() {
            let what = "\(entry.name)\(entry.store.isEmpty ? "" : ", a copy of \(entry.store)"), at \(entry.place)"
            guard !entry.isKept else {
                output.note("kept from a drill before: \(what); remove it when you are done with it")
                continue
            }
            do {
                try await world.remove(entry)
                output.note("removed what a drill before was killed over: \(what)")
            } catch {
                output.note("left by a drill before, and not removed: \(what)")
                output.report(Failure(reporting: error, wasInterrupted: false))
            }
        }
    }
}
