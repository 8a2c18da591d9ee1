import ArgumentParser
import LockstepMapping
import LockstepState

/// `lockstep conflicts`: what both sides changed, and who decides.
struct ConflictsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conflicts",
        abstract: "See and decide what both sides changed. Without a subcommand: the list.",
        discussion: """
            Example:
              lockstep conflicts
              lockstep conflicts show 1
              lockstep conflicts resolve 1 --take crm
            """,
        subcommands: [
            ListConflicts.self, ShowConflict.self, ResolveConflicts.self, UndoConflicts.self, DismissConflicts.self,
        ],
        defaultSubcommand: ListConflicts.self)
}

/// Which conflicts a list shows.
enum ConflictFilter: String, ExpressibleByArgument, CaseIterable, Sendable {
    case open, automatic, resolved, dismissed, all

    var status: ConflictRecord.Status? {
        switch self {
        case .open: .open
        case .automatic: .automatic
        case .resolved: .resolved
        case .dismissed: .dismissed
        case .all: nil
        }
    }
}

/// `lockstep conflicts list`.
struct ListConflicts: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List conflicts: those that wait for a person, or others.",
        discussion: """
            Example:
              lockstep conflicts list --all --map customers
            """)

    @OptionGroup var common: CommonOptions

    @Option(help: "Which ones: open, automatic (decided by a rule), resolved, dismissed or all.")
    var status: ConflictFilter = .open

    @Flag(help: "The same as --status all.")
    var all = false

    @OptionGroup var maps: MapOptions

    /// Rows that a person looks through; programs get all.
    private static let shownCount = 100

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        try project.check(maps.selection, in: try project.links(nil))
        let wanted: ConflictFilter = all ? .all : status
        let conflicts =
            try await project.existingState()?.allConflicts(
                of: maps.selection, status: wanted.status) ?? []
        let forms = conflicts.map { ConflictForm($0, project) }
        try output.json(["conflicts": forms])
        guard !forms.isEmpty else {
            output.line(wanted == .all ? "No conflicts." : "No \(wanted.rawValue) conflicts.")
            return .done
        }
        var table = TextTable([
            .init("id", .right), .init("map"), .init("key"), .init("fields"), .init("kind"), .init("status"),
            .init("rule"), .init("winner"), .init("found"),
        ])
        for form in forms.prefix(Self.shownCount) {
            table.add([
                String(form.id), form.map, form.key,
                form.fields.isEmpty ? "(record)" : form.fields.joined(separator: ", "),
                form.kind, form.status, form.rule, form.winner ?? "-", DisplayText.time(form.detectedAt),
            ])
        }
        output.table(table)
        if forms.count > Self.shownCount {
            output.line("\(Self.shownCount) of \(forms.count) shown; --map narrows the list, --json has all.")
        }
        return .done
    }
}

/// A conflict as lists and programs show it.
struct ConflictForm: Encodable, Sendable {
    var id: Int64
    var link: String
    var map: String
    var kind: String
    var key: String
    var fields: [String]
    var rule: String
    /// The store that won; nil while open or dismissed.
    var winner: String?
    var status: String
    var decidedBy: String
    var detectedAt: String
    var decidedAt: String

    init(_ conflict: ConflictRecord, _ project: Project) {
        id = conflict.id
        link = conflict.link
        map = conflict.map
        kind = conflict.kind.rawValue
        key = conflict.keyText
        fields = conflict.fields
        rule = conflict.rule
        let stores = project.stores(ofLink: conflict.link)
        winner = conflict.winner.map { stores[$0] }
        status = conflict.status.rawValue
        decidedBy = conflict.decidedBy
        detectedAt = conflict.detectedAt
        decidedAt = conflict.decidedAt
    }
}

extension Project {
    /// A link's stores, by side; `left` and `right` for a link that `lockstep.yaml` no longer has.
    func stores(ofLink name: String) -> [String] { configuration.link(name)?.between ?? ["left", "right"] }
}

extension StateDatabase {
    /// All conflicts asked for, page by page.
    func allConflicts(of maps: MapSelection, status: ConflictRecord.Status?) throws -> [ConflictRecord] {
        var all: [ConflictRecord] = []
        var last: Int64 = 0
        while true {
            let page = try conflicts(status: status, after: last)
            guard let end = page.last?.id else { return all }
            last = end
            all += page.filter { maps.includes($0.map) }
        }
    }
}
