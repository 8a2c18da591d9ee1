import Yams

extension ProjectConfiguration {
    static func read(_ root: Node, at place: ProjectPlace) -> LoadedProject {
        var reading = ProjectReading(place: place)
        let configuration = reading.project(root)
        let diagnostics = reading.reader.diagnostics
        return LoadedProject(
            configuration: reading.reader.hasErrors ? nil : configuration, partial: configuration,
            diagnostics: diagnostics)
    }
}

/// Reads `lockstep.yaml` key by key.
private struct ProjectReading {
    let place: ProjectPlace
    var reader: DocumentReader

    init(place: ProjectPlace) {
        self.place = place
        reader = DocumentReader(file: place.name, family: .project)
    }

    mutating func report(_ code: ProjectCode, at location: SourceLocation, _ message: String, hint: String) {
        reader.report(code.rawValue, at: location, message, hint: hint)
    }

    mutating func project(_ root: Node) -> ProjectConfiguration? {
        guard
            let fields = reader.fields(
                root, of: "lockstep.yaml", known: ["project", "stores", "links", "repository"])
        else { return nil }
        let name = reader.required("project", in: fields).flatMap { reader.text($0, of: "`project`") }
        if let name { check(name, of: "project") }
        let stores = reader.required("stores", in: fields).map { self.stores($0) } ?? []
        var links = fields["links"].map { self.links($0, stores: Set(stores.map(\.name))) } ?? []
        for index in links.indices {
            links[index].partitionFields = links[index].between.map { name in
                stores.first { $0.name == name }?.store?.partition
            }
        }
        let repository = fields["repository"].flatMap { node in
            var reading = RepositoryReading(place: place, stores: stores.map(\.name), reader: reader)
            defer { reader = reading.reader }
            return reading.repository(node)
        }
        guard let name else { return nil }
        return ProjectConfiguration(
            name: name.value, file: place.name, directory: place.directory, stores: stores.compactMap(\.store),
            links: links, repository: repository)
    }

    /// Names stand in file names, lanes and schemas of stores.
    private mutating func check(_ name: Located<String>, of what: String) {
        let characters = Array(name.value.utf8)
        let isLetter = { (byte: UInt8) in byte >= 97 && byte <= 122 }
        let isValid =
            characters.count <= 63 && characters.first.map(isLetter) == true
            && characters.allSatisfy { isLetter($0) || ($0 >= 48 && $0 <= 57) || $0 == 95 || $0 == 45 }
        if !isValid {
            report(
                .badName, at: name.location, "`\(name.value)` is no name for a \(what)",
                hint: "use a small letter, then small letters, digits, `_` and `-`, 63 at most")
        }
    }

    // MARK: Stores

    private mutating func stores(_ node: Node) -> [(name: String, store: StoreConfiguration?)] {
        guard let entries = reader.entries(node, of: "`stores`") else { return [] }
        return entries.map { entry in
            check(entry.key, of: "store")
            return (entry.key.value, store(entry))
        }
    }

    private mutating func store(_ entry: Entry) -> StoreConfiguration? {
        guard
            let fields = reader.fields(
                entry.value, of: "store `\(entry.key.value)`", known: ["url", "password", "options", "partition"])
        else { return nil }
        let password = fields["password"].flatMap { reader.secret($0, of: "`password`") }
        let partition = fields["partition"].flatMap { reader.text($0, of: "`partition`") }
        let options = fields["options"].map { reader.options($0) } ?? [:]
        guard let node = reader.required("url", in: fields), let text = reader.text(node, of: "`url`"),
            let url = url(text)
        else { return nil }
        return StoreConfiguration(
            name: entry.key.value, url: url, password: password, options: options, partition: partition,
            location: entry.key.location)
    }

    private mutating func url(_ text: Located<String>) -> StoreURL? {
        let example = "write `sqlite:data.db` or `postgresql://user@host:5432/database`"
        do {
            return try StoreURL(parsing: text.value, directory: place.directory)
        } catch {
            switch error {
            case .noScheme: report(.badURL, at: text.location, "the URL has no scheme", hint: example)
            case .unknownScheme(let scheme):
                report(
                    .badURL, at: text.location, "there is no connector for `\(scheme):`",
                    hint: Suggestion.hint(for: scheme, among: StoreURL.schemes.keys))
            case .noPath: report(.badURL, at: text.location, "the URL names no file", hint: example)
            case .noHost: report(.badURL, at: text.location, "the URL names no server", hint: example)
            case .password:
                report(
                    .secretInURL, at: text.location, "the URL holds a password",
                    hint: "leave it out and write `password: {env: NAME}` beside the URL")
            }
            return nil
        }
    }

    // MARK: Links

    private mutating func links(_ node: Node, stores: Set<String>) -> [LinkConfiguration] {
        guard let entries = reader.entries(node, of: "`links`") else { return [] }
        return entries.compactMap { entry in
            check(entry.key, of: "link")
            return link(entry, stores: stores)
        }
    }

    private mutating func link(_ entry: Entry, stores: Set<String>) -> LinkConfiguration? {
        guard
            let fields = reader.fields(
                entry.value, of: "link `\(entry.key.value)`", known: ["between", "maps", "run", "partitions"])
        else { return nil }
        let between = reader.required("between", in: fields).flatMap { self.between($0, stores: stores) }
        let maps = reader.required("maps", in: fields).map { self.maps($0) } ?? []
        let run = fields["run"].map { self.run($0) } ?? .byHand
        let partitions = fields["partitions"].flatMap {
            reader.partitions($0, code: ProjectCode.badPartitions.rawValue)
        }
        guard let between, let run else { return nil }
        return LinkConfiguration(
            name: entry.key.value, between: between, maps: maps, run: run, partitions: partitions ?? [],
            location: entry.key.location)
    }

    private mutating func between(_ node: Node, stores: Set<String>) -> [String]? {
        guard let items = reader.items(node, of: "`between`") else { return nil }
        let names = items.compactMap { reader.text($0, of: "a store of `between`") }
        guard names.count == items.count else { return nil }
        guard names.count == 2 else {
            reader.report(
                .badValue, at: reader.location(node), "a link joins two stores, not \(names.count)",
                hint: "write `between: [a, b]`")
            return nil
        }
        for name in names where !stores.contains(name.value) {
            report(
                .unknownStore, at: name.location, "there is no store `\(name.value)`",
                hint: Suggestion.hint(for: name.value, among: stores))
        }
        if names[0].value == names[1].value {
            report(
                .sameStore, at: names[1].location, "a link cannot join a store with itself", hint: "name another store")
        }
        return names.map(\.value)
    }

    private mutating func maps(_ node: Node) -> [MapFile] {
        var nodes = [node]
        if case .sequence = node { nodes = reader.items(node, of: "`maps`") ?? [] }
        if nodes.isEmpty {
            report(
                .noMaps, at: reader.location(node), "the link has no map files", hint: "write `maps: mappings/*.yaml`")
        }
        var files: [MapFile] = []
        for node in nodes {
            guard let pattern = reader.text(node, of: "a pattern of `maps`") else { continue }
            let matches = place.files(matching: pattern.value)
            if matches.isEmpty {
                report(
                    .noMaps, at: pattern.location, "no file matches `\(pattern.value)`",
                    hint: "patterns are relative to the folder of lockstep.yaml")
            }
            files += matches.filter { match in !files.contains { $0.path == match.path } }
        }
        return files
    }

    private mutating func run(_ node: Node) -> LinkConfiguration.Run? {
        if case .mapping = node {
            guard let fields = reader.fields(node, of: "`run`", known: ["cron"]),
                let value = reader.required("cron", in: fields), let text = reader.text(value, of: "`cron`")
            else { return nil }
            return cron(text)
        }
        guard let text = reader.text(node, of: "`run`") else { return nil }
        switch text.value {
        case "live": return .live
        case "by hand": return .byHand
        default: break
        }
        guard text.value.hasPrefix("cron ") else {
            reader.report(
                .badValue, at: text.location, "`run` cannot be `\(text.value)`",
                hint: "write `live`, `by hand` or `cron \"*/5 * * * *\"`")
            return nil
        }
        let schedule = text.value.dropFirst(5).filter { $0 != "\"" && $0 != "'" }
        return cron(Located(schedule, at: text.location))
    }

    private mutating func cron(_ text: Located<String>) -> LinkConfiguration.Run? {
        if let problem = CronSchedule.problem(in: text.value) {
            report(
                .badSchedule, at: text.location, problem,
                hint: "minute, hour, day of month, month, day of week: `*/5 * * * *`")
            return nil
        }
        return .cron(CronSchedule(text: text.value.split(whereSeparator: \.isWhitespace).joined(separator: " ")))
    }
}
