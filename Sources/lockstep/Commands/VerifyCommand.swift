import ArgumentParser
import LockstepContinuity
import LockstepMapping

/// `lockstep verify`: whether the repository holds what its snapshots say.
struct VerifyCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that the snapshots are whole, and what they were.",
        discussion: """
            Example:
              lockstep verify
              lockstep verify --data
              lockstep verify --data=10%
              lockstep verify --data=15m

            Without --data nothing is read but the records: lists, sizes, signatures and the chain are checked. With \
            --data the parts are read, or so much of them, or for so long, chosen anew each time. With the key (--identity) what is in \
            them is checked too; without it, the stored bytes. What was not read is said.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var keys: KeyOptions

    @Argument(help: "The snapshot, or `latest`; without it, all.")
    var snapshot: String?

    @Flag(help: "Read nothing but the records. This is what happens without --data.")
    var fast = false

    @Option(help: ArgumentHelp("Read the parts, or a share of them (10%), or for some time (15m).", valueName: "share"))
    var data: String?

    func validate() throws {
        if fast, data != nil { throw ValidationError("--fast and --data contradict each other.") }
        if let data, Self.depth(data) == nil {
            throw ValidationError(
                "--data takes a share from 1% to 100%, as in --data=10%, or a time, as in --data=15m.")
        }
    }

    private static func depth(_ text: String) -> VerifyDepth? {
        guard text.hasSuffix("%") else {
            return DurationWords.parse(text).flatMap { $0 > 0 ? .dataFor(.seconds($0)) : nil }
        }
        guard let percent = Double(text.dropLast()), percent > 0, percent <= 100 else { return nil }
        return .data(share: percent / 100)
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let archive = try await Project.openBeforeMaps(common).archive()
        let progress = ProgressBar(isShown: output.showsProgress)
        let verifier = RepositoryVerifier(
            archive.repository, keyring: try keys.keyring(), check: archive.check,
            progress: { progress.show($0, work: "reading") })
        let depth = data.flatMap(Self.depth) ?? .fast
        let id = try await snapshot.asyncMap { try await archive.snapshot($0).id }
        let report = try await verifier.verify(id, depth)
        progress.clear()
        try output.json(report)
        for finding in report.findings {
            output.line("\(output.styled("error", .red)) \(finding.code): \(finding.object ?? ""): \(finding.message)")
            if !finding.hint.isEmpty { output.line("  \(finding.hint)") }
        }
        guard report.snapshots > 0 || !report.findings.isEmpty else {
            output.line("No snapshots. `lockstep backup` makes one.")
            return .done
        }
        output.line(
            "\(DisplayText.count(report.snapshots, "snapshot")), \(report.signed) with a signature that was checked; "
                + "\(DisplayText.count(report.objects, "object")) of \(ByteText.size(report.bytes))")
        output.line(
            report.unreadBytes == 0
                ? "All of it was read."
                : "\(ByteText.size(report.readBytes)) were read. \(ByteText.size(report.unreadBytes)) were not: only their names and sizes were checked."
        )
        return report.findings.isEmpty ? .done : .failed
    }
}

extension Optional {
    /// `map` for work that waits.
    func asyncMap<Result>(_ work: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await work(self)
    }
}
