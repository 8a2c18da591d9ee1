import ArgumentParser
import LockstepMapping
import LockstepModel
import LockstepState

/// `lockstep conflicts show`: one conflict with base and both rows.
struct ShowConflict: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a conflict: base, both rows side by side, rule, and who decided when.",
        discussion: """
            Example:
              lockstep conflicts show 1
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The conflict's id, as the list has it.")
    var id: Int64

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        guard let conflict = try await project.requiredState().conflict(id: id) else {
            throw ConflictSelection.missing(id)
        }
        let form = ConflictForm(conflict, project)
        let stores = project.stores(ofLink: conflict.link)
        try output.json(ShownConflict(form, conflict, stores))
        output.line(
            output.styled("conflict \(form.id)", .bold)
                + "  \(form.status), \(form.kind); map \(form.map), link \(form.link)")
        output.line("key      \(DisplayText.safe(form.key))")
        output.line("found    \(DisplayText.time(form.detectedAt)), rule \(form.rule)")
        if !form.decidedBy.isEmpty {
            let winner = form.winner.map { " for \($0)" } ?? ""
            output.line("decided  \(DisplayText.time(form.decidedAt)) by \(form.decidedBy)\(winner)")
        }
        output.line()
        output.table(table(conflict, stores, project))
        output.line()
        output.line("≠ in conflict. " + advice(form, stores))
        return .done
    }

    private func advice(_ form: ConflictForm, _ stores: [String]) -> String {
        switch form.status {
        case "open", "dismissed":
            "Decide: `lockstep conflicts resolve \(form.id) --take \(stores[0])`, or `--take \(stores[1])`"
        default: "Take the other side: `lockstep conflicts undo \(form.id)`"
        }
    }

    /// A line for each field that the map joins, or that a row has.
    private func table(_ conflict: ConflictRecord, _ stores: [String], _ project: Project) -> TextTable {
        let hasBase = conflict.base != nil
        var table = TextTable(
            [.init(""), .init("field")] + (hasBase ? [.init("base")] : []) + stores.map { .init($0) },
            widestCell: nil)
        for pair in pairs(conflict, project) {
            let isInConflict = conflict.fields.isEmpty || conflict.fields.contains(pair.name)
            var cells = [isInConflict ? "≠" : "", pair.name]
            if let base = conflict.base { cells.append(Self.text(base, pair.fields[conflict.baseSide])) }
            for (side, row) in [conflict.left, conflict.right].enumerated() {
                cells.append(row.map { Self.text($0, pair.fields[side]) } ?? "(deleted)")
            }
            table.add(cells)
        }
        return table
    }

    private static func text(_ row: StoredRow, _ field: String?) -> String {
        field.flatMap { row.value($0) }?.displayText ?? ""
    }

    private struct Pair {
        var name: String
        var fields: [String?]

        init(_ left: String?, _ right: String?) {
            fields = [left, right]
            name = left == right ? left ?? "" : [left, right].compactMap { $0 }.joined(separator: " ~ ")
        }
    }

    private func pairs(_ conflict: ConflictRecord, _ project: Project) -> [Pair] {
        let rows = [conflict.left, conflict.right]
        let definition = project.configuration.link(conflict.link)?.loadMaps().definitions
            .first { $0.name.value == conflict.map }
        var pairs: [Pair] = []
        for part in definition?.key ?? [] { pairs.append(Pair(part.fields[0].value, part.fields[1].value)) }
        for pair in definition?.pairs ?? [] {
            pairs.append(Pair(pair.fields[0]?.value, pair.fields[1]?.value))
        }
        // What a row has beyond the map as it is now, by its own names.
        for side in 0...1 {
            let named = Set(pairs.compactMap { $0.fields[side] })
            for field in rows[side]?.fields ?? [] where !named.contains(field) {
                pairs.append(side == 0 ? Pair(field, nil) : Pair(nil, field))
            }
        }
        return pairs
    }
}

/// A conflict with its rows, for programs.
private struct ShownConflict: Encodable {
    var conflict: ConflictForm
    /// The store whose fields the base has.
    var baseStore: String?
    var base: RecordForm?
    /// By store; null where the record was deleted.
    var rows: [String: RecordForm?]

    init(_ form: ConflictForm, _ conflict: ConflictRecord, _ stores: [String]) {
        self.conflict = form
        baseStore = conflict.base == nil ? nil : stores[conflict.baseSide]
        base = RecordForm(conflict.base)
        rows = [stores[0]: RecordForm(conflict.left), stores[1]: RecordForm(conflict.right)]
    }
}
