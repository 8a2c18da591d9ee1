/// A reference that a map declares because its store does not: which fields of a side hold a key of another entity.
public struct ReferenceDefinition: Sendable, Hashable {
    public var side: Side
    /// The fields that refer: of the map's own entity, or of one that a path leads to (`accountid.currencyid`).
    public var fields: [Located<String>]
    /// An entity; or an entity and a field of it, joined by a dot, where there is no `key`.
    public var target: Located<String>
    /// The fields of the entity that are held; nil where `target` says it, or means the primary key.
    public var key: [Located<String>]?
    public var location: SourceLocation

    /// The entities that `target` may mean, the likelier first.
    var possibleEntities: [String] {
        guard key == nil, let dot = target.value.lastIndex(of: ".") else { return [target.value] }
        return [String(target.value[..<dot]), target.value]
    }
}
