import Foundation
import LockstepMapping
import LockstepModel
import LockstepSync

/// What to look at.
struct LintRequest: Sendable {
    /// Map files as people named them; none for all of the project.
    var files: [String]
    var isOffline: Bool
    var looksAtRecords: Bool
    /// Records that are read of an entity for each map; nil for all.
    var limit: Int?
}

/// What a look at maps found.
struct ProjectLint: Sendable, Encodable {
    /// In the order of their places.
    var findings: [LintFinding] = []
    var maps = 0
    /// How far entities were read.
    var coverage: [DataCoverage] = []
    /// What was not looked at, and why.
    var skipped: [String] = []
    /// Where the files are, by the name that findings have: for excerpts.
    var paths: [String: String] = [:]

    private enum CodingKeys: String, CodingKey { case findings, maps, coverage, skipped, errors, warnings, notes }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(findings, forKey: .findings)
        try container.encode(maps, forKey: .maps)
        try container.encode(coverage, forKey: .coverage)
        try container.encode(skipped, forKey: .skipped)
        try container.encode(count(.error), forKey: .errors)
        try container.encode(count(.warning), forKey: .warnings)
        try container.encode(count(.note), forKey: .notes)
    }

    func count(_ severity: Diagnostic.Severity) -> Int { findings.count { $0.severity == severity } }

    mutating func add(_ diagnostics: [Diagnostic], map: String? = nil) {
        // The maps of partitions come from one file: what is wrong with all of them is said once.
        for diagnostic in diagnostics {
            let finding = LintFinding(diagnostic, map: map)
            if !findings.contains(where: { $0.saysTheSame(as: finding) }) { findings.append(finding) }
        }
    }

    // MARK: Looking

    /// - Throws: ``Failure`` where there is nothing to look at.
    static func run(
        _ request: LintRequest, _ options: CommonOptions, progress: @escaping @Sendable (SyncProgress) -> Void
    ) async throws -> ProjectLint {
        var lint = ProjectLint()
        var named = Set(request.files.map(absolute))
        if let place = try place(request, options) {
            let loaded = ProjectConfiguration.load(place)
            lint.add(loaded.diagnostics)
            if let configuration = loaded.configuration ?? loaded.partial {
                lint.paths[configuration.file] = configuration.file
                let project = Project(
                    configuration: configuration, environment: ProcessInfo.processInfo.environment)
                var run = LintRun(project: project, request: request, named: named, progress: progress, lint: lint)
                await run.look()
                lint = run.lint
                for link in configuration.links { named.subtract(link.maps.map { absolute($0.path) }) }
            }
        }
        // What no link has is looked at by itself.
        for file in request.files where named.contains(absolute(file)) { lint.lookAtOne(file) }
        if request.isOffline { lint.skipped.append("the stores, because of --offline") }
        lint.findings.sort(by: LintFinding.inOrder)
        return lint
    }

    /// The project; nil where there is none and none is needed.
    private static func place(_ request: LintRequest, _ options: CommonOptions) throws -> String? {
        do {
            return try Project.find(options.project)
        } catch let failure as Failure {
            guard failure.status == .noProject, options.project == nil, !request.files.isEmpty else { throw failure }
            guard request.isOffline else {
                throw Failure(
                    .noProject, failure.message, hint: "add --offline to look at the files by themselves",
                    status: .noProject)
            }
            return nil
        }
    }

    private mutating func lookAtOne(_ file: String) {
        maps += 1
        paths[file] = file
        let loaded = MapDefinition.load(MapFile(alone: file))
        add(loaded.diagnostics)
        guard let definition = loaded.definition else { return }
        add(
            MapLinter.lint(definition, schemas: nil, source: SourceText(path: file)), map: definition.name.value)
    }

    static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}
