/// A language that conditions can be passed on in.
public enum Dialect: String, Sendable, Hashable, CaseIterable {
    case sqlite
    case postgresql
}

/// A condition in the store's own language, values always bound.
public struct Predicate: Sendable, Hashable {
    /// An SQL condition over the entity's fields. Placeholders are `?1`, `?2` … (SQLite) or `$1`, `$2` … (PostgreSQL).
    public var text: String
    public var bindings: [Value]

    public init(text: String, bindings: [Value]) {
        self.text = text
        self.bindings = bindings
    }
}
