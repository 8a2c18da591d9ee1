import ArgumentParser
import ConnectorKit
import LockstepMapping
import LockstepState
import LockstepSync

/// `lockstep store install`: makes stores keep their changes.
struct InstallStore: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Make stores keep the changes that the maps follow. `lockstep sync` does this by itself.",
        discussion: """
            Example:
              lockstep store install
              lockstep store install crm

            Useful where one person prepares a database and another runs the sync. Repeating it does no harm.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The store; without it, all.")
    var store: String?

    private struct Item: Encodable, Sendable {
        var store: String
        var entities: [String]
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        if let store { _ = try project.store(store) }
        let items = try await project.exclusively { _ in
            var items: [Item] = []
            for link in project.configuration.links where store.map(link.between.contains) ?? true {
                items += try await project.withLink(link) { syncLink in
                    var items: [Item] = []
                    for side in Side.allCases where store == nil || store == syncLink.store(side) {
                        let entities = syncLink.capturedEntities(side)
                        try await syncLink.connector(side).installCapture(CaptureRequest(entities: entities))
                        items.append(Item(store: syncLink.store(side), entities: entities))
                    }
                    return items
                }
            }
            return items
        }
        try output.json(["installed": items])
        if items.isEmpty { output.line("Nothing to install: the store is in no link.") }
        for item in items {
            output.line(
                item.entities.isEmpty
                    ? "\(item.store): nothing to follow there"
                    : "\(item.store): keeps the changes of \(item.entities.joined(separator: ", "))")
        }
        return .done
    }
}

/// `lockstep store uninstall`: leaves a store as it was found.
struct UninstallStore: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninstall",
        abstract: "Remove everything of Lockstep from a store: it is left as it was found.",
        discussion: """
            Example:
              lockstep store uninstall crm --yes

            Maps of the store are no longer followed: `lockstep sync --resync` begins anew. No record is touched.
            """)

    @OptionGroup var common: CommonOptions

    @Argument(help: "The store.")
    var store: String

    @Flag(help: "Yes, although maps of the store are live.")
    var yes = false

    func perform(_ output: Output) async throws -> ExitStatus {
        let project = try Project.open(common)
        _ = try project.store(store)
        try await project.exclusively { state in
            let live = try await liveMaps(project, state)
            guard yes || live.isEmpty else {
                throw Failure(
                    .unconfirmed, "maps of \(store) are followed: \(live.joined(separator: ", "))",
                    hint: "say --yes to stop following them; `lockstep sync --resync` begins anew", status: .usage)
            }
            try await project.withConnectors([store]) { try await $0[0].removeCapture() }
        }
        try output.json(["uninstalled": store])
        output.line("\(store): nothing of Lockstep is left there.")
        return .done
    }

    private func liveMaps(_ project: Project, _ state: StateDatabase) async throws -> [String] {
        var live: [String] = []
        for link in project.links(of: store) {
            live += try await state.maps(link: link.name).filter { $0.state != .stopped }.map(\.map)
        }
        return live
    }
}
