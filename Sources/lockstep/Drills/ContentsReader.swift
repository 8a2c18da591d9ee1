import ConnectorKit
import LockstepContinuity
import LockstepModel

/// Reads what a store holds, for holding it beside what an archive says.
enum ContentsReader {
    /// Rows are read in pieces of this much text.
    private static let pieceBytes = 16 << 20

    /// A store's schema as drills compare it.
    ///
    /// - Parameter isOwn: Lockstep's own tables count, too.
    static func describe(_ schema: ArchivedSchema, tables: [String]?, withOwn isOwn: Bool) -> StoreContents {
        let wanted = schema.tables.filter { tables?.contains($0.name) ?? (isOwn || !$0.isEngineOwned) }
        return StoreContents(
            engine: schema.engine,
            tables: wanted.map { table in
                .init(
                    name: table.name, shape: shape(table.entity, isPartial: tables != nil),
                    fields: table.entity.fields.map(\.name), rows: nil, hash: nil)
            }, schema: tables == nil ? lines(schema) : nil, sequences: [])
    }

    /// Where only some tables are restored, their indexes and references are not.
    private static func shape(_ entity: EntityDescription, isPartial: Bool) -> [String] {
        let fields = entity.fields.map { "\($0.name) \($0.nativeType)\($0.isNullable ? "" : " not null")" }
        guard !isPartial else { return fields }
        let keys = entity.keys.map { "\($0.isPrimary ? "primary" : "unique") \($0.fields.joined(separator: ", "))" }
        let references = entity.references.map {
            "\($0.fields.joined(separator: ", ")) → \($0.targetEntity) \($0.targetFields.joined(separator: ", "))"
        }
        return fields + keys + references
    }

    /// The statements line by line, without what a dump says of itself.
    private static func lines(_ schema: ArchivedSchema) -> [String] {
        (schema.before + "\n" + schema.after).split(separator: "\n").map { line in
            String(line.drop { $0 == " " || $0 == "\t" })
        }.filter { line in
            guard !line.isEmpty else { return false }
            guard schema.engine != "SQLite" else { return true }
            return !["--", "\\", "SET ", "SELECT pg_catalog.set_config"].contains { line.hasPrefix($0) }
        }
    }

    /// Reads a whole store, or some tables: every row is counted and hashed.
    static func read(_ connector: any Connector, tables: [String]?, withOwn isOwn: Bool) async throws -> StoreContents {
        let source = try await connector.archive(ArchiveRequest(wantsPosition: false))
        do {
            var contents = describe(source.schema, tables: tables, withOwn: isOwn)
            for index in contents.tables.indices {
                let (rows, hash) = try await read(contents.tables[index].name, of: source)
                contents.tables[index].rows = rows
                contents.tables[index].hash = hash.description
            }
            if tables == nil {
                contents.sequences = try await source.sequences().map { .init(name: $0.sqlName, last: $0.last) }
            }
            await source.close()
            return contents
        } catch {
            await source.close()
            throw error
        }
    }

    private static func read(_ table: String, of source: any ArchiveSource) async throws -> (Int64, RowSetHash) {
        var rows: Int64 = 0
        var hash = RowSetHash()
        for piece in try await source.pieces(of: table, bytes: pieceBytes) {
            let reader = try await source.rows(of: table, piece: piece)
            while let text = try await reader.next() {
                text.bytes.withUnsafeBytes { _ = hash.addLines($0) }
                rows += Int64(text.rowCount)
            }
            await reader.close()
        }
        return (rows, hash)
    }
}
