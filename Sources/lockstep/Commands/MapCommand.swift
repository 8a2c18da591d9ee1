import ArgumentParser

/// `lockstep map`: the mapping files one by one.
struct MapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Draft, check, try, test and compare mapping files.",
        discussion: """
            Example:
              lockstep map infer shop.customers crm.contacts
              lockstep map lint
              lockstep map try customers --key C-001
            """,
        subcommands: [
            InferMap.self, LintMaps.self, ExplainCode.self, TryMap.self, TestMaps.self, DiffMaps.self, AcceptMaps.self,
            PrintSchema.self,
        ])
}
