import ConnectorKit
import Foundation
import LockstepMapping
import LockstepState
import LockstepSync

/// A project that a command works on: its configuration, its stores, its state database.
struct Project: Sendable {
    let configuration: ProjectConfiguration
    /// What the process was given; passwords may be in it.
    let environment: [String: String]

    /// Where a project is.
    ///
    /// - Parameter path: as `--project` has it; nil to look in the current folder and above.
    /// - Returns: the folder, or the `lockstep.yaml` that was named.
    static func find(_ path: String?) throws -> String {
        let files = FileManager.default
        if let path {
            guard files.fileExists(atPath: path) else {
                throw Failure(
                    .noProject, "there is no folder \(path)", hint: "`lockstep init \(path)` makes a project there",
                    status: .noProject)
            }
            var isDirectory: ObjCBool = false
            _ = files.fileExists(atPath: path, isDirectory: &isDirectory)
            let file = isDirectory.boolValue ? join(path, ProjectConfiguration.fileName) : path
            guard files.fileExists(atPath: file) else { throw missing(in: path) }
            return path
        }
        if files.fileExists(atPath: ProjectConfiguration.fileName) { return "." }
        var folder = URL(fileURLWithPath: files.currentDirectoryPath).standardizedFileURL
        // A path has no more parts than this; the loop ends at the root anyway.
        for _ in 0..<256 where folder.path != "/" {
            folder.deleteLastPathComponent()
            if files.fileExists(atPath: join(folder.path, ProjectConfiguration.fileName)) { return folder.path }
        }
        throw missing(in: "this folder or above")
    }

    private static func missing(in place: String) -> Failure {
        Failure(
            .noProject, "there is no lockstep.yaml in \(place)",
            hint: "go to a project's folder, name it with --project, or make one with `lockstep init`",
            status: .noProject)
    }

    /// Reads the project; a `lockstep.yaml` with errors fails with all of them.
    static func open(_ options: CommonOptions) throws -> Project {
        let loaded = ProjectConfiguration.load(try find(options.project))
        guard let configuration = loaded.configuration else {
            throw Failure(
                .invalidProject, "lockstep.yaml cannot be used",
                hint: "`lockstep check` shows everything that is wrong",
                findings: loaded.diagnostics.map(Finding.init))
        }
        let project = Project(
            configuration: configuration, environment: ProcessInfo.processInfo.environment)
        let shared = project.sharedStores()
        guard shared.isEmpty else {
            throw Failure(
                .invalidProject, "lockstep.yaml cannot be used",
                hint: "`lockstep check` shows everything that is wrong",
                findings: shared)
        }
        return project
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    // MARK: Links

    /// The links that a command is about: the one named, or all.
    func links(_ name: String?) throws -> [LinkConfiguration] {
        guard let name else {
            guard !configuration.links.isEmpty else {
                throw Failure(
                    .invalidProject, "lockstep.yaml has no links",
                    hint: "a link joins two stores: `links:` in lockstep.yaml")
            }
            return configuration.links
        }
        guard let link = configuration.link(name) else {
            let known = configuration.links.map(\.name).joined(separator: ", ")
            throw Failure(
                .usage, "there is no link \(name)", hint: known.isEmpty ? "there are no links" : "there is \(known)",
                status: .usage)
        }
        return [link]
    }

    func store(_ name: String) throws -> StoreConfiguration {
        guard let store = configuration.store(name) else {
            let known = configuration.stores.map(\.name).joined(separator: ", ")
            throw Failure(.usage, "there is no store \(name)", hint: "there is \(known)", status: .usage)
        }
        return store
    }

    /// The links that a store is part of.
    func links(of store: String) -> [LinkConfiguration] {
        configuration.links.filter { $0.between.contains(store) }
    }

    /// A store's changes are kept for one link: a second one would let go of what the first still needs.
    func sharedStores() -> [Finding] {
        configuration.stores.compactMap { store in
            let links = links(of: store.name)
            guard links.count > 1, let second = links.dropFirst().first else { return nil }
            return Finding(
                Diagnostic(
                    .error, "LS-CMD-SHARED-STORE", at: second.location,
                    "store `\(store.name)` is in \(links.count) links: \(links.map(\.name).joined(separator: ", "))",
                    hint: "this version follows a store for one link only; put both links into projects of copies"))
        }
    }

    // MARK: Stores

    /// The connector of a store; its password is fetched now, and nothing is connected before it is asked for something.
    func connector(_ store: StoreConfiguration) throws -> any Connector {
        let password = try store.password?.resolve(environment: environment, directory: configuration.directory)
        do {
            return SupervisedConnector(
                try StoreRegistry.connector(for: store, password: password), store: store.name)
        } catch var error as ConnectorError {
            error.doing = "\(store.name): \(error.doing)"
            throw error
        }
    }

    /// Opens connectors for a piece of work and closes them after it.
    func withConnectors<Result: Sendable>(
        _ names: [String], _ work: ([any Connector]) async throws -> Result
    ) async throws -> Result {
        var connectors: [any Connector] = []
        do {
            for name in names { connectors.append(try connector(try store(name))) }
            let result = try await work(connectors)
            for connector in connectors { await connector.close() }
            return result
        } catch {
            for connector in connectors { await connector.close() }
            throw error
        }
    }
}
