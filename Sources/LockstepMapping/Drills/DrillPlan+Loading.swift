import Yams

extension DrillPlan {
    /// The folder of a project that drill plans are in.
    public static let folderName = "drills"

    /// The plans in a project's folder, in order of their names.
    ///
    /// - Returns: path, and the file as messages name it.
    public static func files(inProject directory: String) -> [MapFile] {
        let place = ProjectPlace(directory: directory, file: "", name: "")
        return ["yaml", "yml"].flatMap { place.files(matching: "\(folderName)/*.\($0)") }.sorted { $0.name < $1.name }
    }

    /// Reads a plan.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - file: what messages call it.
    ///   - project: what the names of stores and links are checked by, and what relative paths start from; nil to read
    ///     the plan alone.
    public static func load(path: String, file: String, project: ProjectConfiguration? = nil) -> LoadedDrillPlan {
        // Read once: the digest in a report is of what was run.
        if let bytes = YAMLDocument.bytes(path: path) {
            return read(
                YAMLDocument.parse(bytes, file: file, family: .drill), bytes: bytes, file: file, project: project)
        }
        let outcome = YAMLDocument.load(path: path, file: file, family: .drill)
        return read(outcome, bytes: [], file: file, project: project)
    }

    /// Reads a plan from text.
    public static func parse(_ text: String, file: String, project: ProjectConfiguration? = nil) -> LoadedDrillPlan {
        let bytes = Array(text.utf8)
        return read(
            YAMLDocument.parse(bytes, file: file, family: .drill), bytes: bytes, file: file, project: project)
    }

    private static func read(
        _ outcome: YAMLDocument.Outcome, bytes: [UInt8], file: String, project: ProjectConfiguration?
    ) -> LoadedDrillPlan {
        guard let root = outcome.root else { return LoadedDrillPlan(plan: nil, diagnostics: outcome.diagnostics) }
        var reading = DrillReading(file: file, source: bytes, directory: project?.directory ?? ".")
        let plan = reading.plan(root)
        if let plan, !reading.reader.hasErrors {
            var rules = DrillRules(
                plan: plan, project: project, named: reading.namedStores, reader: reading.reader)
            rules.check()
            reading.reader = rules.reader
        }
        let diagnostics = reading.reader.diagnostics.sorted {
            ($0.location.line, $0.location.column, $0.code) < ($1.location.line, $1.location.column, $1.code)
        }
        return LoadedDrillPlan(plan: reading.reader.hasErrors ? nil : plan, diagnostics: diagnostics)
    }
}
