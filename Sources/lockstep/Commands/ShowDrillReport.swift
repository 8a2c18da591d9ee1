import ArgumentParser
import LockstepContinuity

/// `lockstep drill report`.
struct ShowDrillReport: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Show the report of a drill.",
        discussion: """
            Example:
              lockstep drill report
              lockstep drill report --plan monthly
              lockstep drill report 20260131T235959Z-0123456789ab --json

            With --json it is the report itself, byte for byte, as it was signed.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The drill, or the beginning of its name; without it, the last one.")
    var drill: String?

    @Option(help: ArgumentHelp("The last one of this plan.", valueName: "plan"))
    var plan: String?

    func perform(_ output: Output) async throws -> ExitStatus {
        let drills = ProjectDrills(try Project.openBeforeMaps(common))
        let stored = try drills.stored(drill, plan: plan)
        if output.isJSON {
            output.document(String(decoding: stored.bytes, as: UTF8.self))
            return .done
        }
        guard let report = stored.report else {
            throw Failure(
                .unreadable, "\(drills.folder.path(of: stored.name)) is no drill report",
                hint: "`lockstep drill verify` looks at all of them")
        }
        DrillPrinter(output: output, progress: ProgressBar(isShown: false)).print(report)
        output.line("  report \(drills.folder.path(of: stored.name))")
        output.line("  page   \(drills.folder.directory)/\(stored.name).html")
        return .done
    }
}

extension ProjectDrills {
    /// A report by the beginning of its name; the last one where none is given.
    func stored(_ name: String?, plan: String?) throws -> StoredReport {
        // Several in a second have names in any order.
        let all = try folder.stored().filter { stored in plan.map { stored.report?.plan.id == $0 } ?? true }.sorted {
            ($0.report?.declaredAt ?? 0, $0.name) < ($1.report?.declaredAt ?? 0, $1.name)
        }
        let found = name.map { name in all.filter { $0.name.hasPrefix(name) } } ?? all.suffix(1)
        guard found.count == 1, let report = found.first else {
            let what = name.map { " \($0)" } ?? plan.map { " of \($0)" } ?? ""
            throw Failure(
                .usage, found.isEmpty ? "there is no drill report\(what)" : "\(found.count) reports begin with\(what)",
                hint: all.isEmpty ? "`lockstep drill run PLAN` makes one" : "`lockstep drill history` lists them",
                status: .usage)
        }
        return report
    }
}
