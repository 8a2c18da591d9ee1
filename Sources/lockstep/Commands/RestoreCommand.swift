import ArgumentParser
import ConnectorKit
import Foundation
import LockstepContinuity
import LockstepMapping
import LockstepModel
import LockstepSync

/// `lockstep restore`: brings a store, or some of its entities, back from a snapshot.
struct RestoreCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Bring a store, or entities of it, back from a snapshot.",
        discussion: """
            Example:
              lockstep restore latest --store shop
              lockstep restore latest --store shop --to sqlite:found.db
              lockstep restore latest --store shop --entity customers --beside _restored
              lockstep restore latest --store shop --in-place
              lockstep restore latest --store shop --entity customers --key C-001 --in-place

            Without --to the store becomes a new SQLite file in the project's folder `restored`. A file that is there is \
            never overwritten. --beside puts entities into the live store under other names, to compare and to pick from. \
            Every row is counted and hashed on its way; where they are not those that were backed up, nothing is left of \
            the restore. --at takes the newest snapshot that is not later. A restore into a new PostgreSQL database that was \
            interrupted goes on when the same command is given again.

            --in-place makes the live store what it was. First a safety snapshot is taken, and the maps of what is restored \
            are held. Then only what differs is written, in one transaction, as a person would have written it: the next \
            sync brings it to the other side by the rules of the maps. `lockstep plan --held` shows what would come, \
            `lockstep resume` lets it.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var keys: KeyOptions

    @Argument(help: "The snapshot, the beginning of its name, or `latest`.")
    var snapshot: String

    @Option(help: ArgumentHelp("The newest snapshot at or before this time: 2026-01-31T12:00:00Z.", valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("The store; may be left out where the snapshot has one.", valueName: "store"))
    var store: String?

    @Option(help: ArgumentHelp("Only this entity; may be given several times.", valueName: "entity"))
    var entity: [String] = []

    @Option(
        help: ArgumentHelp("Where to: the URL of a file or database that is not there yet, or empty.", valueName: "url")
    )
    var to: String?

    @Option(
        help: ArgumentHelp("Into the live store, each entity under its name with this behind it.", valueName: "suffix"))
    var beside: String?

    @Flag(help: "Into the live store itself, after a safety snapshot.")
    var inPlace = false

    @Option(
        help: ArgumentHelp(
            "With one --entity: only the record with this key, a value or field=value,field=value.", valueName: "key"))
    var key: String?

    @Flag(help: "Load rows, also where the snapshot has a physical copy, which is faster.")
    var rows = false

    func validate() throws {
        if to != nil, beside != nil { throw ValidationError("--to and --beside contradict each other.") }
        if inPlace, to != nil || beside != nil {
            throw ValidationError("--in-place contradicts --to and --beside.")
        }
        if key != nil, entity.count != 1 { throw ValidationError("--key needs one --entity.") }
        if let beside, beside.isEmpty || !beside.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
            throw ValidationError("--beside takes letters, digits and `_`.")
        }
        if beside != nil, entity.isEmpty { throw ValidationError("--beside needs --entity.") }
        if let at, Self.time(at) == nil { throw ValidationError("--at takes a time such as 2026-01-31T12:00:00Z.") }
        if at != nil, snapshot != "latest" { throw ValidationError("--at goes with `latest`.") }
    }

    private static func time(_ text: String) -> Int64? { ISOText.parseInstant(Array(text.utf8)) }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.openBeforeMaps(common)
        let archive = try await project.archive()
        let found = try await archive.snapshot(snapshot, of: store.map { [$0] } ?? [], notAfter: at.flatMap(Self.time))
        let name = try storeName(found)
        let reader = try await SnapshotReader(
            found, in: archive.repository, keyring: try keys.keyring(), check: archive.check)
        let target = try self.target(project, found, name)
        guard inPlace else {
            let outcome = try await restore(reader, name, to: target, project, output)
            return try report(outcome, target, nil, output)
        }
        if let other = found.record.project, other != archive.project {
            throw Failure(
                .usage, "the snapshot \(found.id) is of the project \(other), and this one is \(archive.project)",
                hint: "restore it beside the live store (--to), or from the project that took it", status: .usage)
        }
        let work = InPlaceRestore(project: project, archive: archive, store: target, entities: entity, output: output)
        let (outcome, consequences) = try await work.run(of: found.id) {
            try await restore(reader, name, to: target, project, output)
        }
        return try report(outcome, target, consequences, output)
    }

    private func restore(
        _ reader: SnapshotReader, _ name: String, to target: StoreConfiguration, _ project: Project, _ output: Output
    ) async throws -> RestoreOutcome {
        let progress = ProgressBar(isShown: output.showsProgress)
        defer { progress.clear() }
        let connector = try project.connector(target)
        var place = RestoreRequest.Target.empty
        if let beside { place = .beside(suffix: beside) }
        if inPlace { place = .replacing(keepsOthers: key != nil) }
        let task = RestoreTask(
            store: name, tables: entity.isEmpty ? nil : entity, target: place, key: key.map { RecordKey($0) },
            prefersRows: rows, isResumable: true, remark: { output.note($0) }, connector: connector,
            progress: { progress.show($0, work: "restoring") })
        do {
            let outcome = try await Interruption.program.gently { try await RestoreRun(task, from: reader).run() }
            await connector.close()
            return outcome
        } catch {
            await connector.close()
            throw error
        }
    }

    private func storeName(_ snapshot: StoredSnapshot) throws -> String {
        let names = snapshot.record.stores.map(\.name)
        if let store, names.contains(store) { return store }
        if store == nil, names.count == 1 { return names[0] }
        throw Failure(
            .usage, store.map { "the snapshot has no store \($0)" } ?? "the snapshot has several stores",
            hint: "name one with --store: \(names.joined(separator: ", "))", status: .usage)
    }

    /// Where rows go to: the live store, the URL that was given, or a new file.
    private func target(_ project: Project, _ snapshot: StoredSnapshot, _ name: String) throws -> StoreConfiguration {
        if beside != nil || inPlace { return try project.store(name) }
        let url: String
        if let to {
            url = to
        } else {
            let folder = Project.join(project.configuration.directory, "restored")
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw Failure(.cannotWrite, "the folder \(folder) cannot be made", hint: "name a place with --to")
            }
            url = "sqlite:\(URL(fileURLWithPath: folder).path)/\(name)-\(snapshot.id).db"
        }
        let quoted = url.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        let text = "project: target\nstores:\n  target: {url: \"\(quoted)\"}\n"
        let loaded = ProjectConfiguration.parse(text, directory: FileManager.default.currentDirectoryPath)
        guard let store = loaded.configuration?.stores.first else {
            throw Failure(
                .usage, "--to is no URL of a store", hint: "write sqlite:found.db", status: .usage,
                findings: loaded.diagnostics.map(Finding.init))
        }
        return store
    }

    private func report(
        _ outcome: RestoreOutcome, _ target: StoreConfiguration, _ inPlace: InPlaceRestore.Consequences?,
        _ output: Output
    ) throws -> ExitStatus {
        try output.json(RestoreReport(outcome: outcome, inPlace: inPlace))
        output.line("Restored \(outcome.store) as of \(ByteText.time(outcome.cut.time)) UTC to \(target.url.text)")
        output.line("from the snapshot \(outcome.snapshot)")
        var table = TextTable([.init("entity"), .init("records", .right)])
        for entity in outcome.tables { table.add([entity.name + (beside ?? ""), String(entity.rows)]) }
        output.table(table)
        for note in outcome.notes { output.line("\(note.table.map { "\($0): " } ?? "")\(note.message)") }
        for problem in outcome.problems { output.line("problem: \(problem)") }
        if outcome.problems.isEmpty { output.line("The store's own check found nothing wrong.") }
        if let inPlace {
            output.line("What was there is in the snapshot \(inPlace.safetySnapshot): restore that one to undo this.")
            let maps = inPlace.heldMaps.joined(separator: " ")
            if !maps.isEmpty {
                output.line("Held: \(maps). `lockstep plan --held` shows what a sync would bring over;")
                output.line("`lockstep resume \(maps)` lets it.")
            }
        }
        return outcome.problems.isEmpty ? .done : .partial
    }
}

/// What `restore --json` prints.
private struct RestoreReport: Encodable {
    let outcome: RestoreOutcome
    let inPlace: InPlaceRestore.Consequences?

    private enum CodingKeys: String, CodingKey { case inPlace }

    func encode(to encoder: any Encoder) throws {
        try outcome.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(inPlace, forKey: .inPlace)
    }
}
