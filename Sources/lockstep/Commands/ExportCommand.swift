import ArgumentParser
import Foundation
import LockstepContinuity

/// `lockstep export`: a whole snapshot as one ordinary archive.
struct ExportCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a snapshot to one file that opens without Lockstep.",
        discussion: """
            Example:
              lockstep export latest --to shop.tar.zst
              lockstep export latest --store shop --to shop.tar.zst --force

            The file is an ordinary archive: tar, zstd, and psql or sqlite3 are enough to bring everything in it back, as \
            its README.txt says. It holds all rows, the schema and, of SQLite stores, a physical copy; an increment is \
            exported as a full snapshot. Every row is counted and hashed on its way. The file is not encrypted, unless \
            --recipient says for whom; it gets its name when it is whole.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var keys: KeyOptions
    @OptionGroup var time: TimeOption

    @Argument(help: "The snapshot, the beginning of its name, or `latest`.")
    var snapshot: String

    @Option(help: ArgumentHelp("The file to make: *.tar.zst, or *.tar.zst.age with --recipient.", valueName: "file"))
    var to: String

    @Option(
        help: ArgumentHelp(
            "Only this store; may be given several times. Without it, all, and the project's state.",
            valueName: "store"))
    var store: [String] = []

    @Option(help: ArgumentHelp("Encrypt for this age recipient; may be given several times.", valueName: "age1…"))
    var recipient: [String] = []

    @Option(
        help: ArgumentHelp(
            "Encrypt with the passphrase that is this file's first line, instead of for recipients.", valueName: "file")
    )
    var sealPassphraseFile: String?

    private var isSealed: Bool { !recipient.isEmpty || sealPassphraseFile != nil }

    @Flag(help: "Replace a file that is there.")
    var force = false

    private static let level = 3

    func validate() throws {
        try time.check(snapshot)
        if !recipient.isEmpty, sealPassphraseFile != nil {
            throw ValidationError("age seals for recipients or with a passphrase, not both in one file.")
        }
        guard to.hasSuffix(isSealed ? ".tar.zst.age" : ".tar.zst") else {
            throw ValidationError(
                isSealed
                    ? "Of what is encrypted, --to takes a name that ends with .tar.zst.age."
                    : "--to takes a name that ends with .tar.zst.")
        }
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let archive = try await Project.openBeforeMaps(common).archive()
        let sealing = try self.sealing()
        let found = try await archive.snapshot(snapshot, of: store, notAfter: time.microseconds)
        for name in store { _ = try found.storeName(name) }
        let keyring = try keys.keyring()
        let progress = ProgressBar(isShown: output.showsProgress)
        defer { progress.clear() }
        let outcome = try await Interruption.program.gently {
            let reader = try await SnapshotReader(found, in: archive.repository, keyring: keyring, check: archive.check)
            let request = ExportRequest(
                stores: store.isEmpty ? nil : store, path: to, sealing: sealing, replaces: force, level: Self.level,
                fileStore: { FileStores.connector(engine: $0, path: $1) },
                progress: { progress.show($0, work: "exporting") })
            return try await ExportRun(request, from: reader).run()
        }
        progress.clear()
        try report(outcome, output)
        return .done
    }

    private func sealing() throws -> Sealing {
        if let sealPassphraseFile {
            return .age([try .passphrase(try KeyOptions.passphrase(file: sealPassphraseFile))])
        }
        guard !recipient.isEmpty else { return .none }
        return .age(
            try recipient.map { text in
                do { return try AgeRecipient(text) } catch let error as ContinuityError {
                    throw Failure(
                        .usage, "--recipient: \(error.message)", hint: "`lockstep keys new` makes one", status: .usage)
                }
            })
    }

    private func report(_ outcome: ExportOutcome, _ output: Output) throws {
        try output.json(outcome)
        output.line("Exported \(outcome.snapshot) to \(outcome.path): \(ByteText.size(outcome.bytes))")
        var table = TextTable([.init("store"), .init("entities", .right), .init("records", .right), .init("copy")])
        for store in outcome.stores {
            table.add([
                store.name, String(store.tables.count), String(store.tables.reduce(0) { $0 + $1.rows }),
                store.hasImage ? "yes" : "-",
            ])
        }
        output.table(table)
        output.line("SHA-256 \(outcome.sha256)")
        if !outcome.isSealed {
            output.note(
                "warning: \(outcome.path) is NOT encrypted: whoever can read the file can read every record in it")
        }
    }
}
