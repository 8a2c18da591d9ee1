import ArgumentParser
import LockstepContinuity
import LockstepMapping

/// `lockstep merge`: an increment and what it needs become one full snapshot.
struct MergeCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Make a full snapshot of an increment, without reading the stores.",
        discussion: """
            Example:
              lockstep merge --identity keys/identity
              lockstep merge latest --identity keys/identity --json

            The full snapshot and the increments since then are read from the repository and stored as one full snapshot \
            of the same point in time. Every row is counted and hashed on its way. Later increments can be restored on \
            it, so `lockstep prune` may let go of what was merged; the next `lockstep backup` goes on from it.

            Nothing is removed, and nobody has to wait. A full snapshot, and one that was merged before, is left as it is.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var keys: KeyOptions

    @Argument(help: "The snapshot, the beginning of its name, or `latest`.")
    var snapshot = "latest"

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.openBeforeMaps(common)
        let archive = try await project.archive()
        let found = try await archive.snapshot(snapshot)
        let known = try await archive.repository.snapshots(check: archive.check)
        if let full = MergeRun.existing(for: found, among: known) {
            try output.json(SnapshotForm(full))
            output.line(
                full == found
                    ? "\(found.id) is a full snapshot already."
                    : "\(found.id) was merged before: \(full.id) stands for it.")
            return .done
        }
        let keyring = try keys.keyring()
        let progress = ProgressBar(isShown: output.showsProgress)
        defer { progress.clear() }
        let merged = try await Interruption.program.gently {
            let reader = try await SnapshotReader(
                found, in: archive.repository, keyring: keyring, check: archive.check)
            let request = MergeRequest(
                sealing: archive.sealing, signingKey: archive.signingKey, check: archive.check,
                level: archive.configuration.compressionLevel, indexPath: project.indexPath,
                writer: "lockstep \(Lockstep.version)", now: currentMicroseconds,
                fileStore: { FileStores.connector(engine: $0, path: $1) },
                progress: { progress.show($0, work: "merging") })
            return try await MergeRun(request, from: reader, in: archive.repository).run()
        }
        progress.clear()
        try report(merged, archive, output)
        return .done
    }

    private func report(_ merged: StoredSnapshot, _ archive: ProjectArchive, _ output: Output) throws {
        let form = SnapshotForm(merged)
        try output.json(form)
        output.line(
            "Snapshot \(merged.id) of \(form.stores.joined(separator: ", ")): full, made of "
                + "\(DisplayText.count(form.madeFrom.count, "snapshot")) as of \(form.cut.dropLast()) UTC")
        form.describeStorage(archive, output)
        output.line("  what it was made of may go: `lockstep prune --explain` says what would")
    }
}
