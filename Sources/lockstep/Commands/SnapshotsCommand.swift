import ArgumentParser
import LockstepContinuity

/// `lockstep snapshots`: what the repository holds.
struct SnapshotsCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshots",
        abstract: "List the snapshots in the repository.",
        discussion: """
            Example:
              lockstep snapshots
            """)

    @OptionGroup var common: CommonOptions

    func perform(_ output: Output) async throws -> ExitStatus {
        let archive = try await Project.openBeforeMaps(common).archive()
        let survey = try await archive.repository.survey(check: archive.check)
        let snapshots = survey.living.inCommitOrder().map(SnapshotForm.init)
        try output.json(["snapshots": snapshots])
        var table = TextTable([
            .init("snapshot"), .init("at (UTC)"), .init("kind"), .init("stores"), .init("size", .right), .init("label"),
        ])
        for snapshot in snapshots {
            table.add([
                snapshot.id, String(snapshot.cut.dropLast()),
                snapshot.isSafety
                    ? "safety \(snapshot.kind)"
                    : snapshot.madeFrom.isEmpty ? snapshot.kind : "merged \(snapshot.kind)",
                (snapshot.project.map { $0 == archive.project ? "" : "\(DisplayText.safe($0)): " } ?? "")
                    + snapshot.stores.joined(separator: ", "),
                ByteText.size(snapshot.bytes), DisplayText.safe(snapshot.label ?? ""),
            ])
        }
        if snapshots.isEmpty, survey.faults.isEmpty {
            output.line("No snapshots. `lockstep backup` makes one.")
        } else if !snapshots.isEmpty {
            output.table(table)
        }
        for fault in survey.faults {
            output.report(Failure(reporting: fault, wasInterrupted: false))
        }
        return survey.faults.isEmpty ? .done : .failed
    }
}
