import ArgumentParser
import LockstepMapping
import LockstepState

/// Which maps a command is about, as people say it.
struct MapOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only this map: `customers` with all its partitions, or `customers@DE`. May be given several times.",
            valueName: "map"))
    var map: [String] = []

    @Option(help: ArgumentHelp("Only maps of this partition. May be given several times.", valueName: "partition"))
    var partition: [String] = []

    /// What was parsed, as plain values.
    var selection: MapSelection { MapSelection(names: map, partitions: partition) }
}

/// Maps chosen by their names, by their partitions, or all.
struct MapSelection: Sendable {
    /// Files' names, which mean all of a file's maps, or maps' own; empty for all.
    var names: [String] = []
    /// Empty for all, and for maps without any.
    var partitions: [String] = []

    var isEverything: Bool { names.isEmpty && partitions.isEmpty }

    func includes(_ map: String) -> Bool {
        let name = MapName(map)
        guard names.isEmpty || names.contains(map) || names.contains(name.base) else { return false }
        return partitions.isEmpty || name.partition.map(partitions.contains) == true
    }

    /// Whether the selection can mean a map once the schemas say whether it is one for all partitions.
    func mayInclude(_ map: String) -> Bool { includes(map) || names.contains(MapName(map).base) }
}

extension Project {
    /// Names listed in a hint; a project with more has a long list of files.
    private static let listedNameCount = 24

    /// Fails unless each name is a map, or a file's name for several, and each partition is one of a map of the links.
    func check(_ selection: MapSelection, in links: [LinkConfiguration]) throws {
        guard !selection.isEverything else { return }
        let known = try links.flatMap { try definitions(of: $0).map(\.mapName) }
        for name in selection.names where !known.contains(where: { $0.base == name || $0.description == name }) {
            let wanted = MapName(name)
            let parts = known.filter { $0.base == wanted.base }.map(\.description)
            throw unknown("map", name, among: wanted.partition == nil || parts.isEmpty ? known.map(\.base) : parts)
        }
        for partition in selection.partitions where !known.contains(where: { $0.partition == partition }) {
            throw unknown("partition", partition, among: known.compactMap(\.partition))
        }
        guard known.contains(where: { selection.includes($0.description) }) else {
            throw Failure(
                .usage, "no map is both of these maps and of these partitions",
                hint: "`lockstep status --offline` lists the maps", status: .usage)
        }
    }

    private func unknown(_ what: String, _ name: String, among known: [String]) -> Failure {
        var listed: [String] = []
        for name in known where !listed.contains(name) { listed.append(name) }
        let rest = listed.count - Self.listedNameCount
        let names = listed.prefix(Self.listedNameCount).joined(separator: ", ")
        return Failure(
            .usage, "there is no \(what) \(name)",
            hint: listed.isEmpty
                ? "no map has partitions" : "there is \(names)\(rest > 0 ? " and \(rest) more" : "")",
            status: .usage)
    }
}
