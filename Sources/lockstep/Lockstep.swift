import ArgumentParser

/// The command line.
@main
struct Lockstep: AsyncParsableCommand {
    /// Raised with each release; `CHANGELOG.md` says what changed.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "lockstep",
        abstract: "Keeps the records of two stores equal while people write to both.",
        discussion: """
            Example:
              lockstep init shop
              lockstep sync --project shop

            A project is a folder with lockstep.yaml and mappings/*.yaml. \
            Exit codes: 0 done, 1 failed, 3 done in part (parked records, open conflicts), 4 an objective of recovery was missed, 5 a comparison found differences, 10 no project or repository, \
            11 locked by another run, 12 credentials, 64 usage, 130 interrupted.
            """,
        version: "lockstep \(version)",
        subcommands: [
            InitCommand.self, CheckCommand.self, PlanCommand.self, SyncCommand.self, StatusCommand.self,
            PauseCommand.self, ResumeCommand.self, ConflictsCommand.self, ParkedCommand.self, MapCommand.self,
            StoreCommand.self, BackupCommand.self, SnapshotsCommand.self, VerifyCommand.self, RestoreCommand.self,
            ExportCommand.self, QueryCommand.self, CompareCommand.self, MergeCommand.self, PruneCommand.self,
            CopyCommand.self, KeysCommand.self, DrillsCommand.self,
        ])

    static func main() async { await Program.main() }
}
