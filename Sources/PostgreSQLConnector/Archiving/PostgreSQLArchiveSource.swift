import ConnectorKit
import LockstepModel

/// A database at one point in time: a transaction that stays open and whose snapshot readers and `pg_dump` import.
actor PostgreSQLArchiveSource: ArchiveSource {
    static let doing = "reading the store for a backup"
    private let thread: DedicatedThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    nonisolated let cut: ArchiveCut
    nonisolated let schema: ArchivedSchema
    private let pool: WirePool
    private let exported: String
    private let remarks: [RestoreNote]
    private var holder: Wire?

    private init(_ holder: Wire, _ pool: WirePool, _ facts: ArchiveFacts, cut: ArchiveCut) {
        thread = holder.thread
        self.holder = holder
        self.pool = pool
        self.cut = cut
        schema = facts.schema
        exported = facts.exported
        remarks = facts.notes
    }

    static func open(
        _ pool: WirePool, snapshot: String?, position: String?, identity: String?
    ) async throws -> PostgreSQLArchiveSource {
        let holder = try await pool.take()
        let facts = try await ThreadRunner(holder.thread).run {
            try ConnectorError.translating(doing) {
                try holder.execute(beginning(snapshot))
                return try ArchiveFacts(holder)
            }
        }
        let cut = ArchiveCut(position: position, captured: facts.captured, identity: identity, time: facts.time)
        return PostgreSQLArchiveSource(holder, pool, facts, cut: cut)
    }

    /// With `row_security` off the server refuses where a policy would hide rows, instead of hiding them.
    private static func beginning(_ snapshot: String?) -> String {
        "begin isolation level repeatable read, read only"
            + (snapshot.map { "; set transaction snapshot \(SQLText.literal($0))" } ?? "")
            + "; set local statement_timeout = 0; set local row_security = off"
    }

    /// Pieces are ranges of a table's (a partition's) blocks; the last one is open, for the table may grow meanwhile.
    func pieces(of table: String, bytes: Int) throws -> [ArchivePiece] {
        let (holder, archived) = try (open(), find(table))
        return try ConnectorError.translating(Self.doing, entity: table) {
            let leaves = try holder.query(
                """
                select c.oid, pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8,
                    pg_catalog.current_setting('block_size')
                from (select $1::regclass::oid as oid union select relid from pg_catalog.pg_partition_tree($1)
                    where isleaf) leaf join pg_catalog.pg_class c using (oid) where c.relkind = 'r' order by c.oid
                """, [archived.sqlName])
            var tokens: [String] = []
            for row in 0..<leaves.rowCount {
                let blocks = leaves.integer(row, 1) ?? 0
                // Ranges of ctid are read by themselves from PostgreSQL 14 on.
                let step =
                    holder.serverVersion < 140_000
                    ? max(blocks, 1)
                    : max(1, Int64(bytes) / max(1, leaves.integer(row, 2) ?? 8192))
                var begin: Int64 = 0
                repeat {
                    let end = begin + step
                    tokens.append("\(leaves.string(row, 0)) \(begin) \(end < blocks ? String(end) : "")")
                    begin = end
                } while begin < blocks
            }
            if tokens.isEmpty { tokens = [""] }
            return tokens.enumerated().map { ArchivePiece(number: $0.offset, token: $0.element) }
        }
    }

    func rows(of table: String, piece: ArchivePiece) async throws -> any RowTextReader {
        let (holder, archived) = try (open(), find(table))
        let parts = piece.token.split(separator: " ").map(String.init)
        let columns = archived.entity.fields.map { SQLText.identifier($0.name) }.joined(separator: ", ")
        var source = "only \(archived.sqlName) where false"
        if parts.count >= 2 {
            let name = try ConnectorError.translating(Self.doing, entity: table) {
                try holder.query(
                    """
                    select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
                    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                    where c.oid = $1::oid
                    """, [parts[0]]
                ).string(0, 0)
            }
            source = "only \(name)"
            if parts[1] != "0" || parts.count > 2 { source += " where ctid >= '(\(parts[1]),0)'::tid" }
            if parts.count > 2 { source += " and ctid < '(\(parts[2]),0)'::tid" }
        }
        let reader = CopyTextReader(
            try await pool.take(), pool: pool, table: table, preamble: Self.beginning(exported),
            sql: "copy (select \(columns) from \(source)) to stdout")
        try await reader.open()
        return reader
    }

    func sequences() async throws -> [SequenceValue] {
        try await pool.use(Self.doing) { wire in
            let names = try wire.query(
                """
                select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
                from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where c.relkind = 'S' and n.nspname !~ '^pg_temp' order by 1
                """
            ).strings
            return try names.map { name in
                let value = try wire.query("select last_value, is_called from \(name)")
                return SequenceValue(sqlName: name, last: value.integer(0, 0) ?? 1, isCalled: value.flag(0, 1))
            }
        }
    }

    func writeImage(to path: String, progress: @escaping @Sendable (_ done: Int64, _ total: Int64) -> Void) throws {
        throw ConnectorError(
            .unsupported, doing: Self.doing, message: "a PostgreSQL database has no image", hint: "archive its rows")
    }

    func notes() -> [RestoreNote] { remarks }

    func close() {
        guard let holder else { return }
        self.holder = nil
        _ = try? holder.execute("rollback")
        pool.giveBack(holder)
    }

    private func open() throws -> Wire {
        guard let holder else {
            throw ConnectorError(.unreachable, doing: Self.doing, message: "the snapshot was closed", hint: "")
        }
        return holder
    }

    private func find(_ name: String) throws -> ArchivedTable {
        guard let table = schema.table(name) else {
            throw ConnectorError(
                .schema, doing: Self.doing, entity: name, message: "the store has no such table", hint: "")
        }
        return table
    }
}
