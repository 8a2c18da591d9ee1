import ConnectorKit
import LockstepMapping
import PostgreSQLConnector
import SQLiteConnector

/// Every kind of store, by the scheme of its URL. A further kind is one line.
enum StoreRegistry {
    typealias Maker = @Sendable (_ address: String, _ password: String?, inout StoreOptions) throws -> any Connector

    static let makers: [String: Maker] = [
        "sqlite": { address, _, options in
            SQLiteConnector(
                path: address, access: try options.word("access", ["read-write": .readWrite, "read-only": .readOnly]),
                busyTimeout: .seconds(try options.seconds("busyTimeoutSeconds", standard: 5)))
        },
        "postgresql": { address, password, options in
            try PostgreSQLConnector(
                url: address, password: password,
                options: .init(
                    statementTimeoutSeconds: try options.seconds("statementTimeoutSeconds", standard: 300),
                    lockTimeoutSeconds: try options.seconds("lockTimeoutSeconds", standard: 15)))
        },
    ]

    /// - Throws: `ConnectorError` with code `configuration` where the URL or an option cannot be used.
    static func connector(for store: StoreConfiguration, password: String?) throws -> any Connector {
        var options = StoreOptions(store.options)
        guard let maker = makers[store.url.scheme] else {
            throw StoreOptions.wrong(
                "there is no connector for \(store.url.scheme):",
                hint: "this version has \(makers.keys.sorted().joined(separator: ", "))")
        }
        let connector = try maker(store.url.address, password, &options)
        try options.finish()
        return connector
    }
}
