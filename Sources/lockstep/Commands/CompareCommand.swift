import ArgumentParser
import ConnectorKit
import LockstepContinuity
import LockstepMapping

/// `lockstep compare`: what differs between two snapshots, or a snapshot and the store as it is.
struct CompareCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Say what differs between two snapshots, or a snapshot and a store.",
        discussion: """
            Example:
              lockstep compare latest live
              lockstep compare latest live --store shop --entity customers --values

            A and B are each a snapshot, the beginning of its name, `latest`, or `live`: the store as it is now. For each \
            entity it says how many records only A has, only B has, both have with other values, and with the same; then \
            some of the records, by key, with the names of the fields that differ; and at the end what a restore of one \
            over the other would bring back and undo. Nothing is written. Records without a key are compared as a whole. \
            The exit code is 5 where something differs.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var keys: KeyOptions

    @Argument(help: "A snapshot, `latest` or `live`.")
    var a: String

    @Argument(help: "A snapshot, `latest` or `live`.")
    var b: String

    @Option(help: ArgumentHelp("Only this store; may be given several times.", valueName: "store"))
    var store: [String] = []

    @Option(help: ArgumentHelp("Only this entity; may be given several times.", valueName: "entity"))
    var entity: [String] = []

    @Option(help: ArgumentHelp("Show so many records of each kind of difference and entity.", valueName: "records"))
    var limit = 10

    @Flag(help: "Show the values of fields, not only their names. Keys are always shown.")
    var values = false

    func validate() throws {
        if a == "live", b == "live" { throw ValidationError("A store is the same as itself: one side is a snapshot.") }
        if limit < 0 { throw ValidationError("--limit takes a number of records.") }
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.openBeforeMaps(common)
        let archive = try await project.archive()
        let keyring = try keys.keyring()
        let progress = ProgressBar(isShown: output.showsProgress)
        defer { progress.clear() }
        let report = try await Interruption.program.gently {
            let sides = try await ComparedSides(
                a: side(a, archive, keyring), b: side(b, archive, keyring), project: project)
            let stores = try sides.stores(store)
            var found: [StoreComparison] = []
            for name in stores.both {
                let request = ComparisonRequest(
                    store: name, entities: entity.isEmpty ? nil : entity, sampleLimit: limit, showsValues: values,
                    progress: { progress.show($0, work: "comparing") })
                found.append(try await sides.compare(request))
            }
            return ComparisonForm(
                a: sides.a.form, b: sides.b.form, stores: found, storesOnlyInA: stores.onlyInA,
                storesOnlyInB: stores.onlyInB)
        }
        progress.clear()
        try output.json(report)
        ComparisonPrinter(output: output).show(report)
        return report.isEqual ? .done : .different
    }

    private func side(_ name: String, _ archive: ProjectArchive, _ keyring: Keyring) async throws -> ComparedSide {
        guard name != "live" else { return .live }
        let found = try await archive.snapshot(name, of: store)
        return .snapshot(
            found, try await SnapshotReader(found, in: archive.repository, keyring: keyring, check: archive.check))
    }
}

/// What stands on one side.
enum ComparedSide: Sendable {
    case live
    case snapshot(StoredSnapshot, SnapshotReader)

    var form: ComparisonForm.Side {
        switch self {
        case .live: ComparisonForm.Side(snapshot: nil, cut: nil)
        case .snapshot(let snapshot, _):
            ComparisonForm.Side(snapshot: snapshot.id, cut: ByteText.time(snapshot.record.cutTime) + "Z")
        }
    }
}

/// Two sides, of which one at most is live.
struct ComparedSides: Sendable {
    let a: ComparedSide
    let b: ComparedSide
    let project: Project

    /// The stores to compare, and those that one side alone has.
    func stores(_ wanted: [String]) throws -> (both: [String], onlyInA: [String], onlyInB: [String]) {
        guard wanted.isEmpty else {
            for name in wanted {
                for side in [a, b] {
                    switch side {
                    case .live: _ = try project.store(name)
                    case .snapshot(let snapshot, _): _ = try snapshot.storeName(name)
                    }
                }
            }
            return (wanted, [], [])
        }
        let (first, second) = try (names(a), names(b))
        return (
            first.filter(second.contains), first.filter { !second.contains($0) }, second.filter { !first.contains($0) }
        )
    }

    private func names(_ side: ComparedSide) throws -> [String] {
        switch side {
        case .snapshot(let snapshot, _): snapshot.record.stores.map(\.name)
        case .live: try project.backedUpStores([]).map(\.name)
        }
    }

    func compare(_ request: ComparisonRequest) async throws -> StoreComparison {
        try await with(a, request.store) { a in
            try await with(b, request.store) { b in
                var run = try ComparisonRun(request, a: a, b: b)
                return try await run.run()
            }
        }
    }

    private func with(
        _ side: ComparedSide, _ store: String, _ work: (any ComparedStore) async throws -> StoreComparison
    ) async throws -> StoreComparison {
        switch side {
        case .snapshot(_, let reader): return try await work(ArchivedStore(reader, store: store))
        case .live:
            let connector = try project.connector(project.store(store))
            do {
                let source = try await connector.archive(ArchiveRequest(wantsPosition: false))
                do {
                    let result = try await work(LiveStore(source))
                    await source.close()
                    await connector.close()
                    return result
                } catch {
                    await source.close()
                    throw error
                }
            } catch {
                await connector.close()
                throw error
            }
        }
    }
}
