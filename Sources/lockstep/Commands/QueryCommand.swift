import ArgumentParser
import LockstepContinuity
import LockstepMapping
import SQLiteConnector

/// `lockstep query`: asks a store as it was at a snapshot.
struct QueryCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Ask a store as it was at a snapshot.",
        discussion: """
            Example:
              lockstep query --store shop "select count(*) from customers"
              lockstep query --snapshot latest --store shop --csv "select * from customers order by account"

            What the statement reads is restored into a temporary SQLite file, which is gone afterwards; the store itself \
            is not touched. It is one statement in SQLite's SQL, also where the store is of another engine: its tables are \
            there, its views and functions are not, and names with a dot go in double quotes. Statements that do more than \
            read are refused.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var keys: KeyOptions
    @OptionGroup var time: TimeOption

    @Argument(help: "One statement that reads.")
    var sql: String

    @Option(help: ArgumentHelp("The snapshot, the beginning of its name, or `latest`.", valueName: "snapshot"))
    var snapshot = "latest"

    @Option(help: ArgumentHelp("The store; may be left out where the snapshot has one.", valueName: "store"))
    var store: String?

    @Flag(help: "Print comma-separated values: nothing for null, \"\" for an empty text.")
    var csv = false

    @Option(help: ArgumentHelp("Print so many rows at most; 0 for all.", valueName: "rows"))
    var limit = 1000

    @Option(
        help: ArgumentHelp(
            "How long the statement may take, such as 30s or 5m; the restore before it is not counted.",
            valueName: "time"))
    var timeLimit = "1m"

    func validate() throws {
        try time.check(snapshot)
        if csv, common.json { throw ValidationError("--csv and --json contradict each other.") }
        if limit < 0 { throw ValidationError("--limit takes a number of rows, or 0 for all.") }
        if DurationWords.parse(timeLimit) == nil {
            throw ValidationError("--time-limit takes a time such as 30s or 5m.")
        }
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let archive = try await Project.openBeforeMaps(common).archive()
        let found = try await archive.snapshot(snapshot, of: store.map { [$0] } ?? [], notAfter: time.microseconds)
        let name = try found.storeName(store)
        let keyring = try keys.keyring()
        let progress = ProgressBar(isShown: output.showsProgress)
        defer { progress.clear() }
        let printer = RowPrinter(output.isJSON ? .json : csv ? .csv : .table)
        let outcome = try await Interruption.program.gently {
            let reader = try await SnapshotReader(found, in: archive.repository, keyring: keyring, check: archive.check)
            let request = QueryRequest(
                store: name, sql: sql, timeLimit: DurationWords.parse(timeLimit).map(Double.init),
                rowLimit: limit == 0 ? nil : limit, sqlite: { SQLiteConnector(path: $0) },
                progress: { progress.show($0, work: "restoring") })
            return try await SnapshotQuery(request, from: reader).run {
                progress.clear()
                try printer.columns($0)
            } row: {
                try printer.row($0)
            }
        }
        try printer.end(output, facts: [("snapshot", found.id), ("store", name)], isCut: outcome.isCut)
        if outcome.isCut {
            output.note("only the first \(DisplayText.count(outcome.rows, "row")): --limit 0 shows all")
        }
        return .done
    }
}
