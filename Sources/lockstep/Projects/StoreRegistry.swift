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

/// The `options` of a store in `lockstep.yaml`. What no connector asks for is a mistake, never ignored.
struct StoreOptions {
    /// A day: a longer wait is a mistake in the unit.
    private static let longestSeconds = 86_400

    private let given: [String: String]
    private var known: [String] = []

    init(_ given: [String: String]) { self.given = given }

    mutating func seconds(_ name: String, standard: Int) throws -> Int {
        known.append(name)
        guard let text = given[name] else { return standard }
        guard let seconds = Int(text), (0...Self.longestSeconds).contains(seconds) else {
            throw Self.wrong("option `\(name)` is no number of seconds", hint: "write a whole number")
        }
        return seconds
    }

    /// The first of the words counts when the option is not given.
    mutating func word<Choice>(_ name: String, _ choices: KeyValuePairs<String, Choice>) throws -> Choice {
        known.append(name)
        let text = given[name] ?? choices.first?.key ?? ""
        guard let choice = choices.first(where: { $0.key == text }) else {
            throw Self.wrong(
                "option `\(name)` cannot have this value",
                hint: "write \(choices.map(\.key).joined(separator: " or "))")
        }
        return choice.value
    }

    /// - Throws: where an option is given that nothing asked for.
    func finish() throws {
        guard let unknown = given.keys.sorted().first(where: { !known.contains($0) }) else { return }
        throw Self.wrong(
            "there is no option `\(unknown)`", hint: "there is \(known.sorted().joined(separator: ", "))")
    }

    static func wrong(_ message: String, hint: String) -> ConnectorError {
        ConnectorError(.configuration, doing: "opening the store", message: message, hint: hint)
    }
}
