import ConnectorKit
import LockstepMapping
import PostgreSQLConnector
import SQLiteConnector

/// Every kind of store, by the scheme of its URL. A further kind is one line.
enum StoreRegistry {
    typealias Maker = @Sendable (_ store: StoreConfiguration, _ password: String?) throws -> any Connector

    static let makers: [String: Maker] = [
        "sqlite": { store, _ in SQLiteConnector(path: store.url.address) },
        "postgresql": { store, password in try PostgreSQLConnector(url: store.url.address, password: password) },
    ]

    /// - Throws: `ConnectorError` with code `configuration` where the URL cannot be used.
    static func connector(for store: StoreConfiguration, password: String?) throws -> any Connector {
        guard let maker = makers[store.url.scheme] else {
            throw ConnectorError(
                .configuration, doing: "opening store \(store.name)",
                message: "there is no connector for \(store.url.scheme):",
                hint: "this version has \(makers.keys.sorted().joined(separator: ", "))")
        }
        return try maker(store, password)
    }
}
