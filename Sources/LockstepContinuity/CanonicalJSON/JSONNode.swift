/// A JSON value, as much of it as the canonical form keeps.
enum JSONNode: Sendable {
    case null
    case bool(Bool)
    /// Finite.
    case number(Double)
    case string(String)
    case array([JSONNode])
    /// Ascending by the names' UTF-16, each name once.
    case object([Member])

    struct Member: Sendable {
        var name: String
        var value: JSONNode
    }

    /// Sorts members; nil where a name comes twice. Names are compared by their code units: two that only look alike
    /// are two, which Swift's own comparison of strings would not say.
    static func object(sorting members: [Member]) -> JSONNode? {
        let sorted = members.sorted { precedes($0.name, $1.name) }
        for (left, right) in zip(sorted, sorted.dropFirst()) where !precedes(left.name, right.name) { return nil }
        return .object(sorted)
    }

    static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf16.lexicographicallyPrecedes(right.utf16)
    }

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
