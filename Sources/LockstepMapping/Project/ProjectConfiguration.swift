/// What `lockstep.yaml` says: the stores, the links between them, and which maps each link has.
public struct ProjectConfiguration: Sendable, Hashable {
    public var name: String
    /// The file, as people named it.
    public var file: String
    /// The project's folder.
    public var directory: String
    /// In the order of the file.
    public var stores: [StoreConfiguration]
    /// In the order of the file.
    public var links: [LinkConfiguration]
    /// Where backups go; nil where the file does not say.
    public var repository: RepositoryConfiguration?

    public func store(_ name: String) -> StoreConfiguration? { stores.first { $0.name == name } }
    public func link(_ name: String) -> LinkConfiguration? { links.first { $0.name == name } }
}

/// One store, as `lockstep.yaml` names it.
public struct StoreConfiguration: Sendable, Hashable {
    public var name: String
    public var url: StoreURL
    public var password: SecretReference?
    /// Further settings for the connector, by name.
    public var options: [String: String]
    /// The field, or path, by which the store's records say their partition. Entities without it are in none.
    public var partition: Located<String>?
    public var location: SourceLocation
}

/// Two stores and the maps between them.
public struct LinkConfiguration: Sendable, Hashable {
    /// When a link runs.
    public enum Run: Sendable, Hashable {
        /// All the time, as changes come.
        case live
        /// Only when somebody asks.
        case byHand
        case cron(CronSchedule)
    }
    public var name: String
    /// Two store names; the first is ``Side/left`` in every map of the link.
    public var between: [String]
    /// The map files, in order of their names.
    public var maps: [MapFile]
    public var run: Run
    /// By ``Side``: the stores' own partition fields.
    public var partitionFields: [Located<String>?] = [nil, nil]
    /// One map for each of them is made of every map with a partition field; empty to take all partitions together.
    public var partitions: [Located<String>] = []
    public var location: SourceLocation
}

/// A map file of a link.
public struct MapFile: Sendable, Hashable {
    /// Where it is.
    public var path: String
    /// As messages name it: relative to the project where it can be.
    public var name: String
}

/// What became of reading a project: everything that is wrong with it, and the project where nothing is.
public struct LoadedProject: Sendable {
    public var configuration: ProjectConfiguration?
    /// What could be read in spite of errors: for looking at the rest of the project at once, never for running.
    public var partial: ProjectConfiguration?
    public var diagnostics: [Diagnostic]
}

extension ProjectConfiguration {
    /// The file's name in a project's folder.
    public static let fileName = "lockstep.yaml"

    /// Reads a project: its folder, or its `lockstep.yaml`. Store and map paths in it are relative to its folder.
    ///
    /// - Returns: no configuration, and at least one error, where something is wrong. No secret is fetched.
    public static func load(_ path: String) -> LoadedProject {
        let place = ProjectPlace(path)
        let outcome = YAMLDocument.load(path: place.file, file: place.name, family: .project)
        guard let root = outcome.root else { return LoadedProject(diagnostics: outcome.diagnostics) }
        return read(root, at: place)
    }

    /// Reads a project from text, as if it stood in a `lockstep.yaml` in the folder.
    public static func parse(_ text: String, directory: String) -> LoadedProject {
        let place = ProjectPlace(directory: directory, file: fileName, name: fileName)
        let outcome = YAMLDocument.parse(Array(text.utf8), file: place.name, family: .project)
        guard let root = outcome.root else { return LoadedProject(diagnostics: outcome.diagnostics) }
        return read(root, at: place)
    }
}
