import ConnectorKit
import Foundation
import LockstepMapping
import LockstepModel

/// What a look at a whole project found: its files, its maps, its stores, and whether they fit each other.
struct ProjectCheck: Sendable, Encodable {
    /// In the order of their places.
    var findings: [Finding] = []
    var errors: Int { findings.count { $0.severity == .error } }
    var warnings: Int { findings.count { $0.severity == .warning } }
    var stores = 0
    var maps = 0
    /// Plans of drills that can be used.
    var drills = 0
    /// Maps that could not be checked against their stores' schemas, because a store could not be asked.
    var uncheckedMaps: [String] = []
    var isOffline = false
    /// All that is wrong is that passwords are.
    private var lacksCredentials = false

    private enum CodingKeys: String, CodingKey {
        case findings, errors, warnings, stores, maps, drills, uncheckedMaps
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(findings, forKey: .findings)
        try container.encode(errors, forKey: .errors)
        try container.encode(warnings, forKey: .warnings)
        try container.encode(stores, forKey: .stores)
        try container.encode(maps, forKey: .maps)
        try container.encode(drills, forKey: .drills)
        try container.encode(uncheckedMaps, forKey: .uncheckedMaps)
    }

    var status: ExitStatus { errors == 0 ? .done : lacksCredentials ? .credentials : .failed }

    /// The last lines for people.
    var closing: [String] {
        var lines: [String] = []
        let plans = drills > 0 ? ", \(DisplayText.count(drills, "drill plan"))" : ""
        let looked = "\(DisplayText.count(stores, "store")), \(DisplayText.count(maps, "map"))\(plans)"
        if errors == 0 && warnings == 0 {
            lines.append("No problems: \(looked)\(isOffline ? ", files only" : "").")
        } else {
            let counts = "\(DisplayText.count(errors, "error")), \(DisplayText.count(warnings, "warning"))"
            lines.append("\(counts) in \(looked)\(isOffline ? ", files only" : "").")
        }
        if !uncheckedMaps.isEmpty {
            lines.append("Not checked against their stores: \(uncheckedMaps.joined(separator: ", ")).")
        }
        return lines
    }

    // MARK: Looking

    /// - Parameter path: the project's folder, or its file.
    static func run(path: String, isOffline: Bool) async -> ProjectCheck {
        var check = ProjectCheck()
        check.isOffline = isOffline
        let loaded = ProjectConfiguration.load(path)
        check.findings += loaded.diagnostics.map(Finding.init)
        // What could be read of a file with errors is looked at too: one mistake must not hide the others.
        if let configuration = loaded.configuration ?? loaded.partial {
            let project = Project(configuration: configuration, environment: ProcessInfo.processInfo.environment)
            await check.look(at: project)
        }
        check.findings = check.findings.sorted(by: Finding.inOrder)
        return check
    }

    private mutating func look(at project: Project) async {
        stores = project.configuration.stores.count
        findings += project.sharedStores()
        var definitions: [[MapDefinition]] = []
        for link in project.configuration.links {
            let loaded = link.loadMaps()
            findings += loaded.diagnostics.map(Finding.init)
            definitions.append(loaded.definitions)
            maps += link.maps.count
        }
        let plans = ProjectDrills(project).plans()
        drills = plans.plans.count
        findings += plans.findings
        guard !isOffline else { return }
        let looks = await StoreLook.all(of: project, definitions: definitions.flatMap { $0 })
        for look in looks { findings += look.findings }
        let failures = looks.compactMap(\.failure)
        lacksCredentials =
            !failures.isEmpty && failures.allSatisfy { $0.status == .credentials } && errors == failures.count
        let byStore = Dictionary(uniqueKeysWithValues: looks.map { ($0.store, $0) })
        for (link, maps) in zip(project.configuration.links, definitions) { compile(maps, of: link, byStore) }
    }

    private mutating func compile(
        _ definitions: [MapDefinition], of link: LinkConfiguration, _ looks: [String: StoreLook]
    ) {
        guard let left = looks[link.between[0]]?.schema, let right = looks[link.between[1]]?.schema else {
            uncheckedMaps += definitions.map(\.name.value)
            return
        }
        findings += MapCompiler.compile(definitions, schemas: (left, right)).diagnostics.map(Finding.init)
    }
}
