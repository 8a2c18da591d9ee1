public import ConnectorKit
public import LockstepModel
import Synchronization

/// A PostgreSQL database (13 and later) as a store.
///
/// Changes are read by logical decoding (`pgoutput`); what the engine needs in the database lives in the schema
/// `lockstep`. Connections are opened as needed, each on a thread of its own.
public final class PostgreSQLConnector: Connector {
    /// Limits and timeouts.
    public struct Options: Sendable, Hashable {
        /// How long one statement of a write or query may take; reading snapshots and changes has no limit.
        public var statementTimeoutSeconds: Int
        /// How long a statement waits for a lock before the engine is told that the store is busy.
        public var lockTimeoutSeconds: Int

        public init(statementTimeoutSeconds: Int = 300, lockTimeoutSeconds: Int = 15) {
            self.statementTimeoutSeconds = statementTimeoutSeconds
            self.lockTimeoutSeconds = lockTimeoutSeconds
        }
    }

    let pool: WirePool
    let capture: CaptureState

    /// Checks the URL; connects only when asked for something.
    ///
    /// - Parameters:
    ///   - url: a libpq URL, `postgresql://user@host:5432/database?sslmode=require`.
    ///   - password: wins over one in the URL.
    /// - Throws: ``ConnectorError`` with code `configuration` where the URL is malformed.
    public init(url: String, password: String? = nil, options: Options = Options()) throws {
        let settings = ConnectionSettings(
            url: url, password: password, statementTimeoutSeconds: options.statementTimeoutSeconds,
            lockTimeoutSeconds: options.lockTimeoutSeconds)
        try settings.validate()
        pool = WirePool(settings)
        capture = CaptureState()
    }

    public var capabilities: Capabilities {
        Capabilities(storeKind: "PostgreSQL", dialect: .postgresql, hasSingleWriter: false)
    }

    public func describe(_ request: DescribeRequest) async throws -> StoreDescription {
        let catalog = try await pool.use("describing the store") { try Catalog($0, entities: request.entities) }
        if let entities = request.entities {
            for entity in entities { _ = try catalog.table(entity, doing: "describing the store") }
        }
        return StoreDescription(
            entities: catalog.tables.values.map(\.description).sorted { $0.name < $1.name })
    }

    public func query(_ request: QueryRequest) async throws -> any BatchReader {
        let table = try await table(request.entity, doing: "querying records")
        let selection = try RowSelection(request, table, doing: "querying records")
        let reader = PostgreSQLRowReader(
            try await pool.take(), pool: pool, entity: request.entity, selection: selection,
            preamble: "begin read only", limits: .standard)
        try await reader.open()
        return reader
    }

    public func count(_ request: CountRequest) async throws -> Int64 {
        let table = try await table(request.entity, doing: "counting records")
        return try await pool.use("counting records", entity: request.entity) { wire in
            var parameters = Parameters()
            for value in request.predicate?.bindings ?? [] { parameters.append(value) }
            let condition = request.predicate.map { " where \($0.text)" } ?? ""
            return try wire.query("select count(*) from \(table.quoted)\(condition)", parameters).integer(0, 0) ?? 0
        }
    }

    private func table(_ entity: String, doing: String) async throws -> Table {
        try await pool.use(doing, entity: entity) { wire in
            try Catalog(wire, entities: [entity]).table(entity, doing: doing)
        }
    }

    public func close() async { pool.close() }
}
