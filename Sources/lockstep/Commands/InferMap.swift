import ArgumentParser
import Foundation
import LockstepMapping
import LockstepModel

/// `lockstep map infer`: drafts maps from names, types, keys and sampled records.
struct InferMap: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "infer",
        abstract: "Draft a map from names, types, keys and sampled records. Changes no store.",
        discussion: """
            Example:
              lockstep map infer shop.customers crm.contacts
              lockstep map infer shop crm --all --folder drafts

            Behind each pair stands how sure it is, and why; what is less sure is a comment. Without --output the draft is \
            printed. Files that exist are never overwritten without --force.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Where from: store.entity, or with --all a store.")
    var from: String

    @Argument(help: "Where to: store.entity, or with --all a store.")
    var to: String

    @Option(help: ArgumentHelp("The link that the map is for, where the stores have several.", valueName: "link"))
    var link: String?

    @Option(help: ArgumentHelp("Write the draft to this file.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("With --all: the folder that drafts are written to.", valueName: "folder"))
    var folder = "mappings"

    @Option(help: ArgumentHelp("Records of each side to look at; 0 for names and types only.", valueName: "count"))
    var sample = 1000

    @Flag(help: "A map for each pair of entities that are about the same things.")
    var all = false

    @Flag(help: "Overwrite files that exist.")
    var force = false

    /// More would not be held in memory for a better answer.
    private static let largestSample = 100_000

    func validate() throws {
        guard (0...Self.largestSample).contains(sample) else {
            throw ValidationError("--sample is a number from 0 to \(Self.largestSample).")
        }
    }

    private struct Body: Encodable {
        var maps: [DraftForm]
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.openBeforeMaps(common)
        let places = [try place(from, project), try place(to, project)]
        let stores = try order(places.map(\.store), project)
        let isAll = all
        guard isAll || places.allSatisfy({ $0.entity != nil }) else {
            throw Failure(
                .usage, "a whole store was named, and not what to do with all of its entities",
                hint:
                    "name an entity of both, as `store.entity`, or add --all: it writes drafts to the folder \(folder)",
                status: .usage)
        }
        // Sides go as the link goes, whichever was named first.
        let entities = stores.map { store in places.first { $0.store == store }?.entity ?? nil }
        let size = sample
        let drafts = try await project.withConnectors(stores) { connectors in
            let drafting = try await MapDrafting(stores: stores, connectors: connectors, sampleSize: size)
            if isAll { return try await drafting.all() }
            var described: [EntityDescription] = []
            for (side, name) in entities.enumerated() {
                described.append(try Self.entity(name ?? "", drafting.schemas[side], stores[side]))
            }
            return [try await drafting.draft(described[0], described[1])]
        }
        return try finish(drafts, isAll: isAll, project, output)
    }

    // MARK: Arguments

    private func place(_ text: String, _ project: Project) throws -> (store: String, entity: String?) {
        let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
        guard let store = parts.first else {
            throw Failure(.usage, "no store is named", hint: "write store.entity", status: .usage)
        }
        _ = try project.store(store)
        return (store, parts.count > 1 && !all ? parts[1] : nil)
    }

    private func order(_ stores: [String], _ project: Project) throws -> [String] {
        guard stores[0] != stores[1] else {
            throw Failure(.usage, "a map joins two stores", hint: "name an entity of another store", status: .usage)
        }
        if let link {
            let configured = try project.links(link).first?.between ?? stores
            guard Set(configured) == Set(stores) else {
                throw Failure(
                    .usage, "link \(link) joins \(configured.joined(separator: " and "))", hint: "name its stores",
                    status: .usage)
            }
            return configured
        }
        return project.configuration.links.first { Set($0.between) == Set(stores) }?.between ?? stores
    }

    private static func entity(_ name: String, _ schema: StoreDescription, _ store: String) throws -> EntityDescription
    {
        if let entity = schema.entity(name) { return entity }
        throw Failure(
            .usage, "store \(store) has no entity \(name)", hint: "`lockstep store describe \(store)` shows them",
            status: .usage)
    }

    // MARK: Files

    private func finish(_ drafts: [MapDraft], isAll: Bool, _ project: Project, _ output: Output) throws -> ExitStatus {
        var forms = drafts.map(DraftForm.init)
        guard isAll || self.output != nil else {
            try output.json(Body(maps: forms))
            for form in forms { output.line(form.text.trimmingCharacters(in: .newlines)) }
            return .done
        }
        guard !drafts.isEmpty else {
            throw Failure(
                .invalidProject,
                "no entities of the two stores are about the same things, by names, fields and records",
                hint: "name two: `lockstep map infer store.entity store.entity`")
        }
        var kept = 0
        for index in forms.indices {
            let path =
                isAll
                ? Project.join(
                    folder.hasPrefix("/") ? folder : Project.join(project.configuration.directory, folder),
                    forms[index].map + ".yaml") : self.output ?? ""
            if !force && FileManager.default.fileExists(atPath: path) {
                kept += 1
                output.line("\(path) is there already: kept as it is (--force overwrites it)")
                continue
            }
            try Self.write(forms[index].text, to: path)
            forms[index].file = path
            output.line("\(path): \(drafts[index].summary)")
        }
        try output.json(Body(maps: forms))
        if kept == forms.count {
            throw Failure(
                .exists, "nothing was written: \(DisplayText.count(kept, "file")) would be overwritten",
                hint: "--force overwrites; --output and --folder write elsewhere")
        }
        output.line("Next: look through them, then `lockstep check` and `lockstep plan`.")
        return .done
    }

    private static func write(_ text: String, to path: String) throws {
        do {
            let folder = (path as NSString).deletingLastPathComponent
            if !folder.isEmpty {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            }
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(.cannotWrite, "\(path) cannot be written", hint: "may this user write there?")
        }
    }
}

/// A draft as programs read it.
struct DraftForm: Encodable {
    struct Pair: Encodable {
        var fields: [String: String]
        var confidence: Double
        var reasons: [String]
        var options: [String]
        var alternatives: [String]
        /// Why the pair is only a comment.
        var doubt: String?
    }

    var map: String
    var entities: [String: String]
    var confidence: Double
    var key: [Pair]
    var pairs: [Pair]
    var unmatched: [String: [String]]
    var text: String
    /// Where it was written.
    var file: String?

    init(_ draft: MapDraft) {
        map = draft.name
        entities = Dictionary(zip(draft.stores, draft.entities), uniquingKeysWith: { first, _ in first })
        confidence = draft.confidence
        func form(_ pair: MapDraft.Pair) -> Pair {
            let fields = zip(draft.stores, pair.fields).compactMap { store, field in field.map { (store, $0) } }
            return Pair(
                fields: Dictionary(fields, uniquingKeysWith: { first, _ in first }), confidence: pair.confidence,
                reasons: pair.reasons, options: pair.options, alternatives: pair.alternatives, doubt: pair.doubt)
        }
        key = draft.key.map(form)
        pairs = draft.pairs.map(form)
        unmatched = [:]
        for side in Side.allCases {
            unmatched[draft.stores[side.rawValue]] = draft.rest.filter { $0.side == side }.map(\.field.name)
        }
        text = draft.text().text
    }
}

extension MapDraft {
    /// `12 pairs, 3 doubtful, 2 + 4 fields without a counterpart`.
    var summary: String {
        let doubtful = pairs.count { $0.doubt != nil }
        var parts = [DisplayText.count(pairs.count - doubtful, "pair")]
        if doubtful > 0 { parts.append("\(doubtful) doubtful") }
        if !rest.isEmpty { parts.append("\(DisplayText.count(rest.count, "field")) without a counterpart") }
        return parts.joined(separator: ", ")
    }
}
