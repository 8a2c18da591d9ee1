import ArgumentParser

/// `lockstep map`: the mapping files one by one.
struct MapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Draft, try, test and compare mapping files.",
        discussion: """
            Example:
              lockstep map try customers --key C-001
              lockstep map test
            """,
        subcommands: [
            InferMap.self, TryMap.self, TestMaps.self, DiffMaps.self,
        ])
}
