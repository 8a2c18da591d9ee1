import ArgumentParser
import LockstepContinuity
import LockstepMapping
import LockstepState

/// `lockstep backup`: a snapshot of the stores at one cut.
struct BackupCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Store a snapshot of the project's stores in its repository.",
        discussion: """
            Example:
              lockstep backup
              lockstep backup --store shop --label "before the move"
              lockstep backup --full

            All tables of each store are read at one point in time, those that no map names too, together with the \
            project's own state. Nobody who writes to the stores has to wait; a sync of this project waits until the \
            backup has ended. The first backup makes the repository.

            The first snapshot is a full one. Later ones of the same stores hold what changed since the one before, and \
            are restored like a full one; a full one is taken again after a week, or when what changed is more than half \
            of it. What rows are compared with is kept in `.lockstep/archive`: without it, a full one is taken.
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Only this store; may be given several times.", valueName: "store"))
    var store: [String] = []

    @Option(help: ArgumentHelp("What the snapshot is for; shown by `lockstep snapshots`.", valueName: "text"))
    var label: String?

    @Flag(help: "Take a full snapshot, also where an increment would do.")
    var full = false

    @Flag(help: "Begin a new repository, also where one that was used before is not there any more.")
    var newRepository = false

    @Flag(help: "Go on until interrupted: take a snapshot whenever something changed.")
    var follow = false

    @Option(help: ArgumentHelp("With --follow: how often to look, such as 5s or 1m.", valueName: "time"))
    var every = "5s"

    func validate() throws {
        guard let interval = DurationWords.parse(every), interval > 0 else {
            throw ValidationError("--every takes a time such as 5s or 1m.")
        }
        if follow, full { throw ValidationError("--follow takes a full snapshot by itself where one is due.") }
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.openBeforeMaps(common)
        let stores = try project.backedUpStores(store)
        let archive = try await project.archive(isMade: true, isNew: newRepository)
        let work = BackupWork(
            project: project, stores: stores, archive: archive, label: label, isFull: full, output: output)
        guard follow else {
            let taken = try await work.once()
            try report(taken, archive, output)
            return .done
        }
        return try await work.follow(every: DurationWords.parse(every) ?? 5)
    }

    private func report(_ taken: BackupWork.Taken, _ archive: ProjectArchive, _ output: Output) throws {
        let snapshot = taken.snapshot
        var form = SnapshotForm(snapshot)
        form.notes = taken.notes
        try output.json(form)
        let kind = form.base.map { "what changed since \($0)" } ?? "full"
        output.line("Snapshot \(snapshot.id) of \(form.stores.joined(separator: ", ")): \(kind)")
        if let reasonForFull = taken.reasonForFull { output.line("  full, because \(reasonForFull)") }
        form.describeStorage(archive, output)
        for note in taken.notes { output.line("  note: \(DisplayText.safe(note))") }
    }
}

/// A snapshot as programs read it.
struct SnapshotForm: Encodable, Sendable {
    var id: String
    var kind: String
    /// The snapshot that an increment is made on.
    var base: String?
    /// What a full was merged of; empty where the stores were read.
    var madeFrom: [String]
    var cut: String
    var stores: [String]
    var parts: Int
    var bytes: Int64
    var isSealed: Bool
    var signer: String?
    var label: String?
    /// The project that took it.
    var project: String?
    /// Taken before a restore in place.
    var isSafety: Bool
    /// What it does not bring back exactly; only told when it is taken.
    var notes: [String]?

    init(_ snapshot: StoredSnapshot) {
        let record = snapshot.record
        id = record.id
        kind = record.kind.rawValue
        base = record.base?.id
        madeFrom = record.madeFrom
        cut = ByteText.time(record.cutTime) + "Z"
        stores = record.stores.map(\.name)
        parts = record.parts.count
        bytes = record.parts.reduce(record.manifest.size) { $0 + $1.size }
        isSealed = !record.recipients.isEmpty
        signer = record.signer
        label = record.label
        project = record.project
        isSafety = record.isSafety == true
    }
    /// Where it is, and who can read it.
    func describeStorage(_ archive: ProjectArchive, _ output: Output) {
        output.line(
            "  \(ByteText.size(bytes)) in \(DisplayText.count(parts, "part")), at \(archive.repository.store.address)")
        output.line(
            "  \(isSealed ? "encrypted" : "not encrypted"), \(signer.map { "signed by \($0)" } ?? "not signed")")
    }
}
