/// An opaque, ordered point in a store's history. Only the connector that made it knows what it means; everybody may
/// compare positions of one store.
public struct Position: Sendable, Hashable, Comparable {
    /// What positions are ordered by (an LSN, a journal's sequence number).
    public let order: UInt64
    /// What the connector needs beside the order to find the point again; often empty.
    public let token: String

    public init(order: UInt64, token: String = "") {
        self.order = order
        self.token = token
    }

    /// Before everything.
    public static let start = Position(order: 0)

    public static func < (left: Position, right: Position) -> Bool { left.order < right.order }

    /// `order` or `order:token`; ``init(text:)`` reads it back.
    public var text: String { token.isEmpty ? String(order) : "\(order):\(token)" }

    public init?(text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let order = UInt64(first) else { return nil }
        self.init(order: order, token: parts.count > 1 ? String(parts[1]) : "")
    }
}
