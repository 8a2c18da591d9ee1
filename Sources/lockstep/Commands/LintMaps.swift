import ArgumentParser
import LockstepMapping

/// `lockstep map lint`: all problems of the maps at once, in their text, beside the schemas and on the records.
struct LintMaps: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Say everything that is wrong with the maps: in their text, beside the schemas, on the records.",
        discussion: """
            Example:
              lockstep map lint
              lockstep map lint mappings/customers.yaml --offline
              lockstep map lint --explain LS-MAP-028

            Each finding has its place (file:line:column), a stable code, what is wrong, why it matters and how to mend \
            it. Reads only. Exit code 0 says that there are no errors (with --strict: no warnings either), 1 that there \
            are. Without a project, files are looked at with --offline.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "Say only what concerns these map files; without any, all of the project.")
    var file: [String] = []

    @Flag(help: "Look at the files only; open no store.")
    var offline = false

    @Flag(help: "Look at the stores' schemas, but at no record.")
    var noRecords = false

    @Flag(help: "Print SARIF 2.1.0, which code review tools show beside the lines.")
    var sarif = false

    @Flag(help: "Let warnings count as errors in the exit code.")
    var strict = false

    @Option(
        help: ArgumentHelp(
            "Read at most this many records of an entity for each map, and say where there were more; 0 for all.",
            valueName: "records"))
    var limit = 1_000_000

    @Option(help: ArgumentHelp("Say what a code means, and look at nothing.", valueName: "code"))
    var explain: String?

    func validate() throws {
        guard !(sarif && common.json) else { throw ValidationError("--sarif and --json exclude each other.") }
        guard limit >= 0 else { throw ValidationError("--limit is 0 or more.") }
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        if let explain {
            try CodeExplanation(explain).print(output)
            return .done
        }
        let progress = ProgressBar(isShown: output.showsProgress && !sarif)
        let request = LintRequest(
            files: file, isOffline: offline, looksAtRecords: !noRecords, limit: limit == 0 ? nil : limit)
        let lint = try await ProjectLint.run(request, common) { progress.show($0) }
        progress.clear()
        if sarif {
            output.document(try SARIFLog(lint).text())
        } else {
            LintPrinter(output: output).print(lint)
            try output.json(lint)
        }
        return lint.count(.error) > 0 || strict && lint.count(.warning) > 0 ? .failed : .done
    }
}

/// `lockstep map explain`: what a code means.
struct ExplainCode: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what a code of a finding means, and what happens where it is ignored.",
        discussion: """
            Example:
              lockstep map explain LS-MAP-028
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The code, as findings have it.")
    var code: String

    func perform(_ output: Output) async throws -> ExitStatus {
        try CodeExplanation(code).print(output)
        return .done
    }
}

/// A code in words.
struct CodeExplanation: Encodable {
    var code: String
    var meaning: String
    var explanation: String

    /// - Throws: ``Failure`` where there is no such code.
    init(_ text: String) throws {
        let name = text.uppercased()
        code = name
        if let known = MapCode(rawValue: name) {
            (meaning, explanation) = (known.meaning, known.explanation)
        } else if let known = ProjectCode(rawValue: name) {
            (meaning, explanation) = (known.meaning, "")
        } else {
            throw Failure(
                .usage, "there is no code \(text)", hint: "codes are LS-MAP-… and LS-CFG-…, as findings have them",
                status: .usage)
        }
    }

    func print(_ output: Output) throws {
        output.line(output.styled(code, .bold) + "  " + meaning)
        if !explanation.isEmpty {
            output.line()
            for line in DisplayText.wrapped(explanation, width: 100) { output.line(line) }
        }
        try output.json(self)
    }
}

/// `lockstep map schema`: what editors complete and check files with.
struct PrintSchema: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema that editors check mapping files with.",
        discussion: """
            Example:
              lockstep map schema
              lockstep map schema --of-project

            A file that begins with `# yaml-language-server: $schema=PATH` is checked and completed in editors that \
            use the YAML language server.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "The schema of lockstep.yaml instead.")
    var ofProject = false

    func perform(_ output: Output) async throws -> ExitStatus {
        output.document(ofProject ? FileSchema.project : FileSchema.map)
        return .done
    }
}
