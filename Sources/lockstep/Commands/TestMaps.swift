import ArgumentParser
import ConnectorKit
import Foundation
import LockstepMapping
import LockstepModel
import LockstepSync

/// `lockstep map test`: runs the examples that are kept beside maps.
struct TestMaps: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the examples that are kept beside maps. Reads the stores' schemas, and no record.",
        discussion: """
            Example:
              lockstep map test
              lockstep map test customers

            The examples of mappings/customers.yaml stand in mappings/customers.examples.yaml, a list of:
              - name: a blocked customer
                from: shop
                input: {account: C-1, name: Ada, status: blocked}
                output: {blocked: 1}

            Instead of output: `fails: LS-MAP-107` or `filtered: true`. Fields that input leaves out are null; fields that \
            output leaves out are not compared, unless `exact: true`. A field of a referred record stands under its path: \
            `currencyid.code: EUR`. Ends with 1 where an example fails.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The maps; without them, all.")
    var maps: [String] = []

    @Flag(help: "Write what comes out into the files, where it stands as a value of `output`.")
    var update = false

    private struct Body: Encodable {
        var examples: [ExampleForm]
        var passed: Int
        var failed: Int
    }

    /// A map's examples with what became of them.
    private struct Tested: Sendable {
        var map: String
        var path: String
        var results: [ExampleResult]
        var findings: [Finding]
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        let links = try project.links(nil)
        try project.check(MapSelection(names: maps), in: links)
        var tested: [Tested] = []
        for link in links { tested += try await test(link, project) }
        let forms = tested.flatMap { file in file.results.map { ExampleForm(map: file.map, $0) } }
        let findings = tested.flatMap(\.findings)
        let failed = forms.count { !$0.hasPassed } + findings.count
        guard !tested.isEmpty else { return try nothingFound(links, output) }
        for finding in findings { output.line(finding) }
        for file in tested { show(file, output) }
        if update { for file in tested { try rewrite(file, output) } }
        try output.json(Body(examples: forms, passed: forms.count { $0.hasPassed }, failed: failed))
        let passed = forms.count { $0.hasPassed }
        output.line(
            failed == 0
                ? "\(DisplayText.count(passed, "example")) passed."
                : "\(DisplayText.count(passed, "example")) passed, \(failed) failed.")
        return failed == 0 ? .done : .failed
    }

    private func test(_ link: LinkConfiguration, _ project: Project) async throws -> [Tested] {
        let selection = MapSelection(names: maps)
        var seen: Set<String> = []
        let files = try project.definitions(of: link).compactMap {
            definition -> (map: String, path: String, name: String)? in
            guard selection.includes(definition.name.value), seen.insert(definition.file).inserted,
                let file = link.maps.first(where: { $0.name == definition.file })
            else { return nil }
            let path = MapExamples.path(besideMap: file.path)
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            return (definition.mapName.base, path, MapExamples.path(besideMap: file.name))
        }
        guard !files.isEmpty else { return [] }
        return try await project.withLink(link, only: MapSelection(names: files.map(\.map))) { syncLink in
            // Fields of referred records have their types in other entities than the maps' own.
            var schemas = syncLink.schemas
            for side in Side.allCases where syncLink.maps.contains(where: { !$0.paths[side.rawValue].isEmpty }) {
                schemas[side.rawValue] = try await syncLink.connector(side).describe(DescribeRequest())
            }
            return files.compactMap { file -> Tested? in
                // A map of several partitions is tried by that of them which the example's record is in.
                let runs = syncLink.maps.filter { MapName($0.name).base == file.map }
                    .map { ExampleRun(map: $0, schemas: schemas) }
                guard !runs.isEmpty else { return nil }
                let examples = MapExamples.load(path: file.path, file: file.name, stores: link.between)
                let results: [ExampleResult] =
                    !examples.diagnostics.isEmpty
                    ? []
                    : examples.examples.compactMap { example in
                        let results = runs.map { $0.run(example) }
                        return results.first { !$0.isFiltered } ?? results.first
                    }
                return Tested(
                    map: file.map, path: file.path, results: results,
                    findings: examples.diagnostics.map(Finding.init) + results.flatMap(\.diagnostics).map(Finding.init))
            }
        }
    }

    private func nothingFound(_ links: [LinkConfiguration], _ output: Output) throws -> ExitStatus {
        try output.json(Body(examples: [], passed: 0, failed: 0))
        let file =
            links.flatMap(\.maps).first.map { MapExamples.path(besideMap: $0.name) } ?? "mappings/map.examples.yaml"
        output.line("No examples. The first goes into \(file):")
        output.line("  - name: what it shows")
        output.line("    from: \(links.first?.between.first ?? "store")")
        output.line("    input: {field: value}")
        output.line("    output: {field: value}")
        return .done
    }

    private func show(_ file: Tested, _ output: Output) {
        for result in file.results {
            let word = result.hasPassed ? output.styled("pass", .green) : output.styled("FAIL", .red)
            output.line("\(word)  \(file.map): \(DisplayText.safe(result.example.name))")
            if !result.message.isEmpty { output.line("      \(DisplayText.safe(result.message))") }
            for difference in result.differences {
                let expected = difference.expected.map { DisplayText.safe($0.displayText) } ?? "nothing said"
                output.line(
                    "      \(difference.field): \(expected) expected, \(DisplayText.safe(difference.actual.displayText)) "
                        + "came out")
            }
        }
    }

    private func rewrite(_ file: Tested, _ output: Output) throws {
        guard file.results.contains(where: { !$0.hasPassed }),
            let text = try? String(contentsOfFile: file.path, encoding: .utf8)
        else { return }
        let update = ExampleUpdate(text, results: file.results)
        if update.replaced > 0 {
            do {
                try Data(update.text.utf8).write(to: URL(fileURLWithPath: file.path), options: .atomic)
            } catch {
                throw Failure(.cannotWrite, "\(file.path) cannot be written", hint: "may this user write there?")
            }
            output.line("\(file.path): \(DisplayText.count(update.replaced, "value")) written")
        }
        for line in update.byHand {
            output.line("To be written by hand, \(DisplayText.safe(line.example)): \(DisplayText.safe(line.line))")
        }
    }
}

/// What became of an example, as programs read it.
struct ExampleForm: Encodable {
    struct Difference: Encodable {
        var field: String
        var expected: JSONValue?
        var actual: JSONValue
    }

    var map: String
    var name: String
    var file: String
    var line: Int
    var hasPassed: Bool
    var message: String
    var differences: [Difference]
    var findings: [Finding]

    init(map: String, _ result: ExampleResult) {
        self.map = map
        name = result.example.name
        file = result.example.location.file
        line = result.example.location.line
        hasPassed = result.hasPassed
        message = result.message
        differences = result.differences.map {
            Difference(
                field: $0.field, expected: $0.expected.map(JSONValue.init), actual: JSONValue($0.actual))
        }
        findings = result.diagnostics.map(Finding.init)
    }
}
