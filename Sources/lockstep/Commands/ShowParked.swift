import ArgumentParser
import LockstepModel
import LockstepState

/// `lockstep parked show`: one parked record with its reason and its values.
struct ShowParked: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a parked record: why it waits, and its values before and after.",
        discussion: """
            Example:
              lockstep parked show 1
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The record's id, as the list has it.")
    var id: Int64

    private struct Body: Encodable {
        var parked: ParkedForm
        var before: RecordForm?
        var after: RecordForm?
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        guard let record = try await project.requiredState().parked(id: id) else {
            throw ParkedSelection.missing(id)
        }
        let form = ParkedForm(record, project)
        try output.json(Body(parked: form, before: RecordForm(record.before), after: RecordForm(record.after)))
        output.line(
            output.styled("parked \(form.id)", .bold)
                + "  \(form.operation) from \(form.from); map \(form.map), link \(form.link)")
        output.line("key     \(DisplayText.safe(form.key))")
        output.line("why     \(form.code) \(DisplayText.safe(form.message))")
        if !form.field.isEmpty { output.line("field   \(DisplayText.safe(form.field))") }
        output.line(
            "tried   \(DisplayText.count(form.attempts, "time")), first \(DisplayText.time(form.firstSeen)), "
                + "last \(DisplayText.time(form.lastSeen))")
        output.line()
        output.table(table(record))
        return .done
    }

    private func table(_ record: ParkedRecord) -> TextTable {
        let rows = [("before", record.before), ("after", record.after)].compactMap { name, row in
            row.map { (name, $0) }
        }
        var table = TextTable([.init("field")] + rows.map { .init($0.0) }, widestCell: nil)
        for field in rows.first?.1.fields ?? [] {
            table.add([field] + rows.map { $0.1.value(field)?.displayText ?? "" })
        }
        return table
    }
}
