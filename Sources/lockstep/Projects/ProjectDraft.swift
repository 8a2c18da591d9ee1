import ConnectorKit
import Foundation
import LockstepMapping
import LockstepModel

/// Drafts a project for two stores that exist: a map for each pair of entities that are about the same things.
struct ProjectDraft {
    private static let stores = ["first", "second"]
    /// Records of each side that drafts look at.
    private static let sampleSize = 1000
    private static let draftsFolder = "mappings/drafts"

    private let from: String
    private let to: String
    private let directory: String

    /// - Parameters:
    ///   - from: the first store's URL; a relative SQLite path starts from the current folder.
    ///   - directory: the project's folder.
    init(from: String, to: String, directory: String) {
        self.from = Self.absolute(from)
        self.to = Self.absolute(to)
        self.directory = directory
    }

    /// The project may be made elsewhere than where the command is run.
    private static func absolute(_ url: String) -> String {
        let scheme = "sqlite:"
        guard url.hasPrefix(scheme), url.count > scheme.count else { return url }
        return scheme + URL(fileURLWithPath: String(url.dropFirst(scheme.count))).standardizedFileURL.path
    }

    /// - Throws: ``Failure`` where a URL cannot be read.
    func scaffold() async throws -> ProjectScaffold {
        let text = configuration
        let loaded = ProjectConfiguration.parse(text, directory: directory)
        guard let stores = loaded.partial?.stores, stores.count == 2 else {
            throw Failure(
                .usage, "a URL cannot be used", hint: "write sqlite:data.db or postgresql://user@host:5432/database",
                status: .usage,
                findings: loaded.diagnostics.filter { $0.location.line < 7 && $0.severity == .error }.map(Finding.init))
        }
        var described = loaded.partial
        described?.links = []
        guard let described else { return ProjectScaffold(files: []) }
        let project = Project(configuration: described, environment: ProcessInfo.processInfo.environment)
        let drafts = try await project.withConnectors(Self.stores) { connectors in
            try await MapDrafting(stores: Self.stores, connectors: connectors, sampleSize: Self.sampleSize).all()
        }
        // A map without a key or without a pair is no map yet.
        let maps = drafts.filter { !$0.key.isEmpty && $0.pairs.contains { $0.doubt == nil } }.map { draft in
            ("mappings/\(draft.name).yaml", ProjectScaffold.Content.text(draft.text().text))
        }
        // What lacks a key is still a good part of the work: beside the maps, where no link takes it for one.
        let keyless = drafts.filter { $0.key.isEmpty && $0.pairs.contains { $0.doubt == nil } }.map { draft in
            ("\(Self.draftsFolder)/\(draft.name).yaml", ProjectScaffold.Content.text(draft.text().text))
        }
        var scaffold = ProjectScaffold(
            files: [("lockstep.yaml", .text(text))] + maps + keyless + ProjectScaffold.schemas
                + [(".gitignore", .text(ProjectScaffold.gitignore))])
        if maps.isEmpty {
            scaffold.advice = [
                "No two entities are about the same things and share a key, so there is no map yet.",
                keyless.isEmpty
                    ? "`lockstep map infer first.ENTITY second.ENTITY > mappings/NAME.yaml` drafts one;"
                    : "Drafts without a key are in \(Self.draftsFolder): give each a `key:` and move it to mappings;",
                "`lockstep store describe first` shows what there is.",
            ]
        }
        return scaffold
    }

    private var configuration: String {
        """
        \(FileSchema.line(path: "\(ProjectScaffold.schemaFolder)/\(FileSchema.projectFileName)"))
        # What Lockstep keeps equal. Paths are relative to this file.
        project: draft
        stores:
          first: {url: \(Self.quoted(from))}
          second: {url: \(Self.quoted(to))}
        # A server that asks for a password: add `password: {env: NAME}` to its store.
        links:
          first-second: {between: [first, second], maps: mappings/*.yaml, run: by hand}

        """
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
