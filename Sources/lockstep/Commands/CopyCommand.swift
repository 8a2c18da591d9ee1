import ArgumentParser
import Foundation
import LockstepContinuity
import LockstepMapping

/// `lockstep copy`: a second repository with the same snapshots.
struct CopyCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy snapshots to a second repository, without opening what is encrypted.",
        discussion: """
            Example:
              lockstep copy --to file:second

            Every object's digest is checked on the way. What is there is not copied again, so that a copy that was \
            interrupted goes on.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("The second repository: `file:folder`.", valueName: "url"))
    var to: String

    @Argument(help: "The snapshots; without them, all.")
    var snapshots: [String] = []

    private struct Body: Encodable, Sendable {
        var copied: [String]
        var present: [String]
        var objects: Int
        var bytes: Int64
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let archive = try await Project.openBeforeMaps(common).archive()
        var ids: [String] = []
        for name in snapshots { ids.append(try await archive.snapshot(name).id) }
        guard to.hasPrefix("file:"), to.count > "file:".count else {
            throw Failure(
                .usage, "--to is no `file:` repository", hint: "this version copies to folders: --to file:FOLDER",
                status: .usage)
        }
        let path = URL(fileURLWithPath: String(to.dropFirst("file:".count))).standardizedFileURL.path
        let destination = try await Repository.createCopy(of: archive.repository, at: FileObjectStore(path: path))
        let progress = ProgressBar(isShown: output.showsProgress)
        let outcome = try await archive.repository.copy(
            to: destination, snapshots: ids.isEmpty ? nil : ids, check: archive.check,
            progress: { progress.show(ContinuityProgress(bytes: $0), work: "copying") })
        progress.clear()
        try output.json(
            Body(
                copied: outcome.copied, present: outcome.present, objects: outcome.objectCount, bytes: outcome.bytes))
        output.line(
            "\(DisplayText.count(outcome.copied.count, "snapshot")) copied, \(outcome.present.count) were there; "
                + ByteText.size(outcome.bytes))
        return .done
    }
}
