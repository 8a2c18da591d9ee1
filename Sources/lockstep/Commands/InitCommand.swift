import ArgumentParser
import Foundation
import LockstepMapping

/// `lockstep init`: makes a project that runs as it is.
struct InitCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a project: lockstep.yaml, a map, and two small stores to try it with.",
        discussion: """
            Example:
              lockstep init shop
              lockstep init move --from sqlite:shop.db --to sqlite:copy.db

            With --from and --to the project is made for two stores of yours: a map is drafted for each pair of entities \
            that are about the same things (`lockstep map infer` does the same for one). Nothing that exists is \
            overwritten, and no store is changed.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The folder of the project; it is made where there is none.")
    var folder = "."

    @Option(help: ArgumentHelp("The URL of the first store of your own.", valueName: "url"))
    var from: String?

    @Option(help: ArgumentHelp("The URL of the second store of your own.", valueName: "url"))
    var to: String?

    func validate() throws {
        guard (from == nil) == (to == nil) else { throw ValidationError("--from and --to go together.") }
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let scaffold: ProjectScaffold
        if let from, let to {
            scaffold = try await ProjectDraft(from: from, to: to, directory: folder).scaffold()
        } else {
            scaffold = .sample
        }
        try scaffold.write(to: folder)
        try output.json(["project": folder, "files": scaffold.names.joined(separator: " ")])
        output.line("Made a project in \(folder):")
        for name in scaffold.names { output.line("  \(name)") }
        output.line()
        for line in scaffold.advice { output.line(line) }
        guard scaffold.advice.isEmpty else { return .done }
        output.line("Next:")
        if folder != "." { output.line("  cd \(folder)") }
        output.line("  lockstep check     is everything in order?")
        output.line("  lockstep plan      what would a sync do?")
        output.line("  lockstep sync      do it")
        return .done
    }
}
