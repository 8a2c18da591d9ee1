import ArgumentParser
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync

/// `lockstep parked`: records that could not be applied and wait.
struct ParkedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parked",
        abstract: "See, retry and drop records that could not be applied. Without a subcommand: the list.",
        discussion: """
            Example:
              lockstep parked
              lockstep parked show 1
              lockstep parked retry --all

            A parked record heals by itself with the next sync once its cause is gone. Nothing is dropped by time.
            """,
        subcommands: [ListParked.self, ShowParked.self, RetryParked.self, DropParked.self],
        defaultSubcommand: ListParked.self)
}

/// `lockstep parked list`.
struct ListParked: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List parked records with their reasons.",
        discussion: """
            Example:
              lockstep parked list --map customers
            """)

    @OptionGroup var common: CommonOptions

    @OptionGroup var maps: MapOptions

    /// Rows that a person looks through; programs get all.
    private static let shownCount = 100

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        try project.check(maps.selection, in: try project.links(nil))
        let records = try await project.existingState()?.allParked(of: maps.selection) ?? []
        let forms = records.map { ParkedForm($0, project) }
        try output.json(["parked": forms])
        guard !forms.isEmpty else {
            output.line("No parked records.")
            return .done
        }
        var table = TextTable([
            .init("id", .right), .init("map"), .init("from"), .init("change"), .init("key"), .init("code"),
            .init("field"), .init("tries", .right), .init("since"),
        ])
        for form in forms.prefix(Self.shownCount) {
            table.add([
                String(form.id), form.map, form.from, form.operation, form.key, form.code,
                form.field.isEmpty ? "-" : form.field, String(form.attempts), DisplayText.time(form.firstSeen),
            ])
        }
        output.table(table)
        if forms.count > Self.shownCount {
            output.line("\(Self.shownCount) of \(forms.count) shown; --map narrows the list, --json has all.")
        }
        output.line("`lockstep parked show ID` says why; the next sync tries them again.")
        return .done
    }
}

/// A parked record as lists and programs show it.
struct ParkedForm: Encodable, Sendable {
    var id: Int64
    var link: String
    var map: String
    /// The store that the change comes from.
    var from: String
    var operation: String
    var key: String
    var code: String
    var field: String
    var message: String
    var attempts: Int
    var firstSeen: String
    var lastSeen: String

    init(_ record: ParkedRecord, _ project: Project) {
        id = record.id
        link = record.link
        map = record.map
        from = project.stores(ofLink: record.link)[record.source]
        operation =
            switch record.operation {
            case .insert: "insert"
            case .update: "update"
            case .delete: "delete"
            case .truncate: "truncate"
            }
        key = record.keyText
        code = record.code
        field = record.field
        message = record.message
        attempts = record.attempts
        firstSeen = record.firstSeen
        lastSeen = record.lastSeen
    }
}

extension StateDatabase {
    /// All parked records asked for, page by page.
    func allParked(of maps: MapSelection) throws -> [ParkedRecord] {
        var all: [ParkedRecord] = []
        var last: Int64 = 0
        while true {
            let page = try parked(after: last)
            guard let end = page.last?.id else { return all }
            last = end
            all += page.filter { maps.includes($0.map) }
        }
    }
}
