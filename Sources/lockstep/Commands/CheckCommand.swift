import ArgumentParser
import LockstepMapping

/// `lockstep check`: everything that is wrong with a project, at once.
struct CheckCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say everything that is wrong with the project's files, maps and stores, at once.",
        discussion: """
            Example:
              lockstep check
              lockstep check --offline --json

            Each finding has its place (file:line:column, or the store), a stable code, and how to mend it. Exit code \
            0 says that there are no errors; warnings may be there.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Look at the files only; open no store.")
    var offline = false

    func perform(_ output: Output) async throws -> ExitStatus {
        let path = try Project.find(common.project)
        let check = await ProjectCheck.run(path: path, isOffline: offline)
        for finding in check.findings { output.line(finding) }
        if !check.findings.isEmpty { output.line() }
        for line in check.closing { output.line(line) }
        try output.json(check)
        return check.status
    }
}
