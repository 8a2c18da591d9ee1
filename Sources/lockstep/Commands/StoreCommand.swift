import ArgumentParser
import ConnectorKit
import LockstepMapping
import LockstepModel

/// `lockstep store`: the stores one by one.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "List, describe, check, prepare and clean the project's stores.",
        discussion: """
            Example:
              lockstep store list
              lockstep store describe crm contacts
            """,
        subcommands: [
            ListStores.self, DescribeStore.self, CheckStore.self, InstallStore.self, UninstallStore.self,
        ],
        defaultSubcommand: ListStores.self)
}

/// `lockstep store list`.
struct ListStores: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the stores of the project. Opens none.",
        discussion: """
            Example:
              lockstep store list
            """)

    @OptionGroup var common: CommonOptions

    private struct Item: Encodable {
        var store: String
        var kind: String
        var url: String
        var links: [String]
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.openBeforeMaps(common)
        let items = project.configuration.stores.map { store in
            Item(
                store: store.name, kind: store.url.scheme, url: store.url.text,
                links: project.links(of: store.name).map(\.name))
        }
        try output.json(["stores": items])
        guard !items.isEmpty else {
            output.line("No stores.")
            return .done
        }
        var table = TextTable([.init("store"), .init("kind"), .init("url"), .init("links")])
        for item in items {
            table.add([item.store, item.kind, item.url, item.links.isEmpty ? "-" : item.links.joined(separator: ", ")])
        }
        output.table(table)
        return .done
    }
}

/// `lockstep store check`.
struct CheckStore: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether a store can be reached, and allows what the maps do with it. Changes nothing.",
        discussion: """
            Example:
              lockstep store check crm
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The store.")
    var store: String

    private struct Body: Encodable {
        var store: String
        var findings: [Finding]
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.openBeforeMaps(common)
        _ = try project.store(store)
        let definitions = project.links(of: store).flatMap { $0.loadMaps().definitions }
        let look = await StoreLook.look(at: store, project, definitions)
        for finding in look.findings { output.line(finding) }
        try output.json(Body(store: store, findings: look.findings))
        if look.findings.isEmpty { output.line("\(store): reachable, and everything that the maps need is allowed.") }
        if let failure = look.failure { return failure.status }
        return look.findings.contains { $0.severity == .error } ? .failed : .done
    }
}
