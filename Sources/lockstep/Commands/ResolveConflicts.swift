import ArgumentParser
import LockstepMapping
import LockstepState
import LockstepSync

/// `lockstep conflicts resolve`: a person decides.
struct ResolveConflicts: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Decide conflicts: one store's values count, or values given here.",
        discussion: """
            Example:
              lockstep conflicts resolve 1 --take crm
              lockstep conflicts resolve --all --map customers --take shop

            --set field=value writes a value on both sides, by the field's name on either; `null` is null. With --take \
            the rest of the fields in conflict follow that store.
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var selection: ConflictSelection

    @Option(help: "The store whose values count.")
    var take: String?

    @Option(
        help: ArgumentHelp("A value that counts on both sides. May be given several times.", valueName: "field=value"))
    var set: [String] = []

    func validate() throws {
        guard take != nil || !set.isEmpty else {
            throw ValidationError("Say who is right: --take STORE, or --set field=value.")
        }
        guard set.allSatisfy({ $0.contains("=") && !$0.hasPrefix("=") }) else {
            throw ValidationError("Write --set field=value.")
        }
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let values = Dictionary(set.map(Self.pair)) { $1 }
        let work = ConflictWork(project: project, output: output, done: "resolved")
        return try await work.decide(selection.choice, ofStatus: .open) { conflict in
            guard conflict.status == .open || conflict.status == .dismissed else {
                throw Failure(
                    .wrongStatus, "conflict \(conflict.id) is not open: it is \(conflict.status.rawValue)",
                    hint: "`lockstep conflicts undo \(conflict.id)` takes the other side")
            }
            let side = try take.map { try project.side($0, ofLink: conflict.link) }
            if values.isEmpty, let side { return .take(side) }
            return .edit(values, rest: side)
        }
    }

    private static func pair(_ text: String) -> (String, String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
}

/// `lockstep conflicts undo`: the side that lost counts after all.
struct UndoConflicts: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Take back decisions: what the losing side had is written on both.",
        discussion: """
            Example:
              lockstep conflicts undo 1
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The conflicts' ids, as `lockstep conflicts --all` has them.")
    var ids: [Int64]

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let work = ConflictWork(project: project, output: output, done: "undone")
        return try await work.decide(ConflictChoice(ids: ids), ofStatus: nil) { conflict in
            guard let winner = conflict.winner.flatMap(Side.init(rawValue:)) else {
                throw Failure(
                    .wrongStatus, "conflict \(conflict.id) is \(conflict.status.rawValue): nobody won it",
                    hint: "`lockstep conflicts resolve \(conflict.id) --take STORE` decides it")
            }
            return .take(winner.opposite)
        }
    }
}

/// `lockstep conflicts dismiss`: both sides keep what they have.
struct DismissConflicts: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "dismiss",
        abstract: "Let conflicts be: both sides keep what they have. The next change of the record travels as usual.",
        discussion: """
            Example:
              lockstep conflicts dismiss 1
              lockstep conflicts dismiss --all --map customers
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var selection: ConflictSelection

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let work = ConflictWork(project: project, output: output, done: "dismissed")
        return try await work.decide(selection.choice, ofStatus: .open) { conflict in
            guard conflict.status == .open else {
                throw Failure(
                    .wrongStatus, "conflict \(conflict.id) is not open: it is \(conflict.status.rawValue)",
                    hint: "only open conflicts can be dismissed")
            }
            return .dismiss
        }
    }
}

extension Project {
    func side(_ store: String, ofLink name: String) throws -> Side {
        let stores = stores(ofLink: name)
        guard let index = stores.firstIndex(of: store), let side = Side(rawValue: index) else {
            throw Failure(
                .usage, "link \(name) has no store \(store)", hint: "it joins \(stores.joined(separator: " and "))",
                status: .usage)
        }
        return side
    }
}
