import ArgumentParser
import Foundation
import LockstepMapping

/// `lockstep map diff`: compares two versions of a map by what they mean.
struct DiffMaps: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two versions of a map by what they mean when they run.",
        discussion: """
            Example:
              lockstep map diff mappings/customers.yaml mappings/customers.yaml

            Comments, layout and the order of lines are no difference. The version number should rise: the first number \
            where something that others rely on is gone or means something else (key, filters, owners, directions, pairs), \
            the second where something is added, the third where single values come out differently; before 1.0.0 the \
            second stands for the first. Exit code 0 whatever the differences; with --exit-code 1 where there are any.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The older file.")
    var old: String

    @Argument(help: "The newer file.")
    var new: String

    @Flag(help: "End with 1 where there are differences.")
    var exitCode = false

    private struct Body: Encodable {
        var old: String
        var new: String
        var differences: [MapComparison.Difference]
        var comparesAnew: Bool
        var step: MapComparison.Step
        var oldVersion: String
        var newVersion: String
        var expectedVersion: String
        var isVersionTooLow: Bool
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let before = try Self.load(old, stores: nil)
        // Both in one order of stores, whichever `between` names first.
        var after = try Self.load(new, stores: nil)
        if after.stores != before.stores, Set(after.stores) == Set(before.stores) {
            after = try Self.load(new, stores: before.stores)
        }
        let comparison = MapComparison(old: before, new: after)
        try output.json(
            Body(
                old: old, new: new, differences: comparison.differences, comparesAnew: comparison.comparesAnew,
                step: comparison.step, oldVersion: comparison.oldVersion, newVersion: comparison.newVersion,
                expectedVersion: comparison.expectedVersion, isVersionTooLow: comparison.isVersionTooLow))
        show(comparison, output)
        return exitCode && !comparison.isSame ? .failed : .done
    }

    private static func load(_ path: String, stores: [String]?) throws -> MapDefinition {
        let loaded = MapDefinition.load(alone: path, stores: stores)
        guard let definition = loaded.definition else {
            throw Failure(
                .invalidProject, "\(path) is no map that can be compared", hint: "mend it first",
                findings: loaded.diagnostics.map(Finding.init))
        }
        return definition
    }

    private func show(_ comparison: MapComparison, _ output: Output) {
        guard !comparison.isSame else {
            output.line("No difference: both do the same.")
            return
        }
        for difference in comparison.differences {
            let mark: String
            let style: Output.Style
            switch difference.kind {
            case .added: (mark, style) = ("+", .green)
            case .removed: (mark, style) = ("-", .red)
            case .changed: (mark, style) = ("~", .yellow)
            }
            let name = difference.subject == difference.name ? "" : " \(DisplayText.safe(difference.name))"
            output.line("\(output.styled(mark, style)) \(difference.subject)\(name)")
            output.line("    \(DisplayText.safe(difference.meaning))")
        }
        output.line()
        output.line(
            comparison.comparesAnew
                ? "The next sync compares all records of both sides again, and writes differences only."
                : "The next sync goes on where it is: nothing is compared again.")
        if comparison.isVersionTooLow {
            output.line(
                "The version should rise from \(comparison.oldVersion) to \(comparison.expectedVersion) at least "
                    + "(\(comparison.step.rawValue)); it is \(comparison.newVersion).")
        }
    }
}
