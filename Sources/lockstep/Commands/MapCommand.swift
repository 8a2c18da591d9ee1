import ArgumentParser

/// `lockstep map`: the mapping files one by one.
struct MapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Look at mapping files: what is wrong with them, and what that means.",
        discussion: """
            Example:
              lockstep map lint
              lockstep map explain LS-MAP-028
            """,
        subcommands: [
            LintMaps.self, ExplainCode.self, PrintSchema.self, AcceptMaps.self,
        ])
}
