import ArgumentParser

/// `lockstep drill`: rehearsed recoveries.
struct DrillsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Rehearse a recovery, and keep the proof.",
        discussion: """
            Example:
              lockstep drill run monthly
              lockstep drill report
              lockstep drill history
              lockstep drill verify

            A drill restores a snapshot to scratch stores that are shown not to be production, looks whether everything \
            came back, measures how long it took, and leaves a signed report for those who ask. Plans are files in the \
            project's folder drills.
            """,
        subcommands: [RunDrill.self, ShowDrillReport.self, ShowDrillHistory.self, VerifyDrillReports.self])
}
