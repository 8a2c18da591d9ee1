import ConnectorKit
import LockstepModel

/// A table as a write session knows it: looked up once per session.
struct WriteTarget {
    let table: Table
    /// Capture is installed for it, so what the store makes of our writes has to be told to the change reader.
    let isCaptured: Bool
    /// The fields that somebody reads; nil for all.
    private let observed: Set<String>?

    init(_ entity: String, observed: Set<String>?, _ wire: Wire) throws {
        self.observed = observed
        table = try Catalog(wire, entities: [entity]).table(entity, doing: "writing records")
        let installed = try wire.query("select pg_catalog.to_regclass('lockstep.entity') is not null").flag(0, 0)
        isCaptured =
            try installed
            && wire.query("select exists (select from lockstep.entity where entity = $1)", [entity]).flag(0, 0)
    }

    /// Whether the store may fill or alter fields, that somebody reads, of a record that is inserted with these columns
    /// only.
    func mayAlterInsert(given: [Int], in columns: [Column]) -> Bool {
        guard isCaptured else { return false }
        if table.hasBeforeInsertTrigger { return true }
        let names = Set(given.map { columns[$0].name })
        return table.columns.contains { column in
            column.description.hasDefault && !names.contains(column.name) && observed?.contains(column.name) ?? true
        }
    }

    /// Generated columns are not meant: the server does not send them as changes.
    var mayAlterUpdate: Bool { isCaptured && table.hasBeforeUpdateTrigger }
}

extension Wire {
    func hasCheckpointTable() -> Bool {
        (try? query("select pg_catalog.to_regclass('lockstep.checkpoint') is not null").flag(0, 0)) ?? false
    }
}
