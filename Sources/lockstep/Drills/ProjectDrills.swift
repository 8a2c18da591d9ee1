import Foundation
import LockstepContinuity
import LockstepMapping
import LockstepState

/// The drills of a project: its plans, its reports, and where the chain of reports ends.
struct ProjectDrills: Sendable {
    let project: Project
    let folder: DrillReportFolder

    init(_ project: Project) {
        self.project = project
        folder = DrillReportFolder(
            directory: Project.join(project.configuration.directory, DrillReportFolder.path))
    }

    static let encode: DrillEncoder = { try CanonicalJSON.encode($0) }

    // MARK: Plans

    /// A plan by its name, its file's name, or the path of its file.
    func plan(_ name: String) throws -> DrillPlan {
        let files = DrillPlan.files(inProject: project.configuration.directory)
        let isPath = FileManager.default.fileExists(atPath: name)
        let endings = ["yaml", "yml"].map { "\(DrillPlan.folderName)/\(name).\($0)" }
        if let file = files.first(where: { endings.contains($0.name) || $0.name == name }) {
            return try load(file.path, file.name)
        }
        if isPath { return try load(name, name) }
        // The file may be called otherwise than the plan in it.
        for file in files {
            let loaded = DrillPlan.load(path: file.path, file: file.name, project: project.configuration)
            if let plan = loaded.plan, plan.name.value == name { return plan }
        }
        let known = files.map(\.name).joined(separator: ", ")
        throw Failure(
            .usage, "there is no plan \(name)",
            hint: known.isEmpty ? "write one: drills/\(name).yaml" : "there is \(known)", status: .usage)
    }

    private func load(_ path: String, _ file: String) throws -> DrillPlan {
        let loaded = DrillPlan.load(path: path, file: file, project: project.configuration)
        if let plan = loaded.plan { return plan }
        throw Failure(
            .invalidProject, "the plan \(file) cannot be used", hint: "mend what is said above",
            findings: loaded.diagnostics.map(Finding.init))
    }

    /// All plans that can be read, and what is wrong with the others.
    func plans() -> (plans: [DrillPlan], findings: [Finding]) {
        var plans: [DrillPlan] = []
        var findings: [Finding] = []
        for file in DrillPlan.files(inProject: project.configuration.directory) {
            let loaded = DrillPlan.load(path: file.path, file: file.name, project: project.configuration)
            if let plan = loaded.plan { plans.append(plan) }
            findings += loaded.diagnostics.map(Finding.init)
        }
        return (plans, findings)
    }

    // MARK: Alone

    /// One drill of a project at a time: so everything on the shelf is the drill's own, or left over.
    func lock() throws -> ProjectLock {
        let shelf = ScratchShelf(stateFolder: project.stateFolder)
        do {
            try FileManager.default.createDirectory(
                atPath: shelf.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw Failure(
                .cannotWrite, "the folder \(shelf.path) cannot be made",
                hint: "let this user write the project's folder")
        }
        return try ProjectLock(path: shelf.path + "/lock")
    }

    // MARK: The end of the chain

    private var headPath: String { Project.join(project.stateFolder, "drill-head.json") }

    /// Notes which report is the last: a chain alone cannot show that its end was cut off.
    func noteHead(_ reference: ReportReference) throws {
        do {
            try Data(Self.encode(reference)).write(to: URL(fileURLWithPath: headPath), options: .atomic)
        } catch {
            throw Failure(.cannotWrite, "\(headPath) cannot be written", hint: "see that there is room")
        }
    }

    func knownHead() -> ReportReference? {
        FileManager.default.contents(atPath: headPath).flatMap {
            try? JSONDecoder().decode(ReportReference.self, from: $0)
        }
    }
}

extension ProjectDrillWorld {
    /// Removes what another drill left.
    func remove(_ entry: ScratchShelf.Entry) async throws {
        var password: String?
        if entry.kind == .database {
            for case .database(let url, let reference) in [plan.target] + plan.targets.values
            where url.text == entry.place {
                password = try reference?.resolve(environment: project.environment, directory: directory)
            }
        }
        try await ScratchRemoval.remove(entry, shelf, password)
    }
}

extension ExitStatus {
    /// How a drill ended, for scripts.
    init(_ report: DrillReport) {
        switch report.outcome {
        case .pass, .passWithFindings: self = .done
        case .inconclusive: self = .partial
        case .fail: self = report.checks.contains { $0.result == .fail } ? .failed : .late
        }
    }
}
