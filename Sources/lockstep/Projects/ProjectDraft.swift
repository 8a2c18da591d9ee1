import ConnectorKit
import Foundation
import LockstepMapping
import LockstepModel

/// Drafts a project for two stores that exist: a map for each entity that both have.
struct ProjectDraft {
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

    /// - Throws: ``Failure`` where a URL cannot be read or the stores have nothing in common.
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
        let schemas = try await project.withConnectors(["first", "second"]) { connectors in
            [
                try await connectors[0].describe(DescribeRequest()),
                try await connectors[1].describe(DescribeRequest()),
            ]
        }
        let maps = schemas[0].entities.compactMap { entity in
            schemas[1].entity(entity.name).flatMap { Self.map(entity, $0) }
        }
        guard !maps.isEmpty else {
            throw Failure(
                .invalidProject, "the stores have no entity of the same name and key",
                hint: "make the sample with `lockstep init` and write maps by hand after its example")
        }
        return ProjectScaffold(
            files: [("lockstep.yaml", .text(text))] + maps + ProjectScaffold.schemas
                + [(".gitignore", .text(ProjectScaffold.gitignore))])
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

    /// A map over the fields that both entities have; nil where they do not agree in a key.
    private static func map(_ left: EntityDescription, _ right: EntityDescription) -> (String, ProjectScaffold.Content)?
    {
        guard let key = left.keys.first(where: { right.hasKey($0.fields) }) else { return nil }
        let name = String(left.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "-" })
        let fields = left.fields.filter { field in
            !field.isGenerated && !key.fields.contains(field.name) && right.field(field.name)?.isGenerated == false
        }
        func pair(_ field: String) -> String { "  - {first: \(quoted(field)), second: \(quoted(field))}" }
        let text = """
            \(ProjectScaffold.mapSchemaLine)
            # A draft: look through it, then run `lockstep map lint` and `lockstep plan`.
            map: \(name)
            version: 1.0.0
            between: {first: \(quoted(left.name)), second: \(quoted(right.name))}
            key:
            \(key.fields.map(pair).joined(separator: "\n"))
            direction: both
            fields:
            \(fields.map { pair($0.name) }.joined(separator: "\n"))
            # Both sides changed the same field: a person decides. Others: a store's name, newest(field, field).
            conflicts: {overlap: manual, delete: update-wins}

            """
        return ("mappings/\(name).yaml", .text(text))
    }
}
