import ArgumentParser
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync

/// `lockstep map try`: shows what a sync would do with single records.
struct TryMap: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "try",
        abstract: "Show a record on both sides, before and after, field by field. Writes nothing.",
        discussion: """
            Example:
              lockstep map try customers --key C-002
              lockstep map try customers --key account=C-002 --key C-006

            The records are compared as when both sides meet for the first time: by the map's rules, without regard to what \
            was synced before.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The map.")
    var map: String

    @Option(
        help: ArgumentHelp(
            "The record's key: a value, or field=value,field=value with the names of either side. May be given several "
                + "times.", valueName: "key"))
    var key: [String]

    @Option(help: ArgumentHelp("Only what would be written into this store.", valueName: "store"))
    var side: String?

    private struct Body: Encodable {
        var records: [PreviewForm]
    }

    func validate() throws {
        guard !key.isEmpty else { throw ValidationError("Name a record with --key.") }
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let links = try project.links(nil)
        let selection = MapSelection(names: [map])
        try project.check(selection, in: links)
        guard
            let link = try links.first(where: { link in
                try project.definitions(of: link).contains { selection.includes($0.name.value) }
            })
        else { return .failed }
        if let side, !link.between.contains(side) {
            throw Failure(
                .usage, "the map does not join a store \(side)",
                hint: "it joins \(link.between.joined(separator: " and "))",
                status: .usage)
        }
        let keys = key
        let previews = try await project.looking { state in
            try await project.withLink(link, only: selection) { syncLink in
                let engine = SyncEngine(link: syncLink, state: state, environment: project.syncEnvironment())
                var previews: [RecordPreview] = []
                for key in keys {
                    // Of several partitions those count that have the record.
                    var found: [RecordPreview] = []
                    for map in syncLink.maps {
                        found.append(try await engine.preview(map: map.name, key: RecordKey(key)))
                    }
                    let known = found.filter { $0.verdict != .notFound }
                    previews += known.isEmpty ? Array(found.prefix(1)) : known
                }
                return previews
            }
        }
        try output.json(Body(records: previews.map { PreviewForm($0, stores: link.between, side: side) }))
        for (index, preview) in previews.enumerated() {
            if index > 0 { output.line() }
            PreviewPrinter(output: output, stores: link.between, side: side).print(preview)
        }
        return previews.contains { $0.verdict == .notFound } ? .failed : .done
    }
}
