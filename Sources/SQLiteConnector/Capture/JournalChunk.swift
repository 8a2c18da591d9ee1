internal import ConnectorKit
internal import LockstepModel
internal import SQLiteAccess

/// Where the fields that a reader wants stand in the journal's rows, for each captured entity.
struct JournalLayout {
    struct Entity {
        /// Its place among the chunk's entities.
        var slot: Int
        /// How many columns an image of it has.
        var width: Int
        /// For each wanted field its place in an image; nil for a field that came later than these rows.
        var columns: [Int?]
        var formats: [CellFormat]
    }
    let names: [String]
    let fields: [[String]]
    let entities: [Int64: Entity]
    let sql: String
    /// The journal's columns before the images.
    static let imageStart = 3

    /// - Throws: `notInstalled` where an entity's triggers are missing, `schema` where a field is not captured.
    init(database: SQLiteDatabase, request: ChangesRequest) throws {
        let doing = "reading changes"
        let tables = CaptureTables(database: database)
        let schema = SchemaReader(database: database)
        let captured = try tables.entities()
        var entities: [Int64: Entity] = [:]
        names = request.entities.keys.sorted()
        fields = names.map { request.entities[$0] ?? [] }
        for (slot, name) in names.enumerated() {
            let wanted = request.entities[name] ?? []
            let table = try schema.table(name, doing: doing)
            guard let active = captured.last(where: { $0.name == name && $0.isActive }),
                try Self.hasTriggers(database, active)
            else {
                throw CaptureTables.notInstalled(doing, entity: name, "the entity is not captured, or was made anew")
            }
            let formats = try wanted.map { field in
                guard let column = table.column(field), active.columns.contains(field) else {
                    throw ConnectorError(
                        .schema, doing: doing, entity: name,
                        message: "the entity's fields changed since capture was installed: \(field) is not captured",
                        hint: "install capture again, and reconcile the entity")
                }
                return CellFormat(column)
            }
            for entity in captured where entity.name == name {
                entities[entity.id] = Entity(
                    slot: slot, width: entity.columns.count,
                    columns: wanted.map { entity.columns.firstIndex(of: $0) }, formats: formats)
            }
        }
        self.entities = entities
        let width = try tables.imageWidth(of: "_lockstep_journal")
        let images = (0..<width).map { "c\($0)" }.joined(separator: ", ")
        sql = """
            SELECT seq, entity, operation, \(images) FROM _lockstep_journal WHERE seq > ?1 AND seq <= ?2 ORDER BY seq
            """
    }

    private static func hasTriggers(_ database: SQLiteDatabase, _ entity: CaptureTables.Entity) throws -> Bool {
        for name in ["insert", "update", "delete"] {
            let found = try database.value(
                "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = ?1 AND tbl_name = ?2",
                [.text("_lockstep_\(entity.id)_\(name)"), .text(entity.name)])
            if found == nil { return false }
        }
        return true
    }
}

/// A chunk being filled from the journal.
struct JournalChunk {
    private let layout: JournalLayout
    private let limits: BatchLimits
    private var entities: [EntityChanges]
    private var count: UInt32 = 0

    init(layout: JournalLayout, limits: BatchLimits) {
        self.layout = layout
        self.limits = limits
        entities = zip(layout.names, layout.fields).map { EntityChanges(entity: $0, fields: $1) }
    }

    var isEmpty: Bool { count == 0 }

    var isFull: Bool {
        Int(count) >= limits.rows || byteCount >= limits.bytes
    }

    private var byteCount: Int {
        var bytes = 0
        for index in entities.indices { bytes += entities[index].rows.byteCount }
        return bytes
    }

    /// Adds the journal row that the statement stands on. Rows of entities that the reader does not want, and updates
    /// that changed none of the wanted fields, are left out.
    mutating func append(_ statement: SQLiteStatement) {
        guard let entity = layout.entities[statement.integer(1)],
            let operation = Operation(rawValue: UInt8(clamping: statement.integer(2)))
        else { return }
        let isKept = Self.append(statement, operation, entity, to: &entities[entity.slot].rows)
        guard isKept else { return }
        entities[entity.slot].operations.append(operation)
        entities[entity.slot].ordinals.append(count)
        count += 1
    }

    private static func append(
        _ statement: SQLiteStatement, _ operation: Operation, _ entity: JournalLayout.Entity, to rows: inout RowBatch
    ) -> Bool {
        let (cellCount, heapCount) = (rows.cells.count, rows.heap.count)
        for (isPresent, start) in [(operation != .insert, 0), (operation != .delete, entity.width)] {
            for index in entity.formats.indices {
                if !isPresent {
                    rows.appendNull()
                } else if let column = entity.columns[index] {
                    entity.formats[index].append(statement, JournalLayout.imageStart + start + column, to: &rows)
                } else {
                    rows.append(Cell.unchanged)
                }
            }
        }
        guard operation == .update else { return true }
        let row = rows.rowCount - 1
        let fieldCount = entity.columns.count
        let isChanged = (0..<fieldCount).contains {
            !RowBatch.areEqual(rows[row, $0], in: rows, rows[row, fieldCount + $0], in: rows)
        }
        if !isChanged { rows.discard(toCells: cellCount, heap: heapCount) }
        return isChanged
    }

    func finished(position: Position?) -> ChangeChunk {
        ChangeChunk(
            entities: entities.filter { !$0.operations.isEmpty }, position: position,
            transactionCount: position == nil ? 0 : 1)
    }
}
