import ConnectorKit

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
