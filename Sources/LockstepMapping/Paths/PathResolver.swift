import LockstepModel

/// Follows references from entity to entity, as the store or a map declares them.
struct PathResolver {
    /// Why a name leads to no field.
    enum Problem: Error {
        /// The entity has no such field.
        case unknownField(String, EntityDescription)
        /// The field takes part in no reference.
        case refersNowhere(String, EntityDescription)
        /// The field takes part in several references, none of which has fewer fields than the others.
        case ambiguous(String, EntityDescription)
        /// The reference leads to an entity of which nothing is known.
        case notDescribed(String)
        /// More steps than anything that means something.
        case tooLong
    }

    /// Each step costs a look-up for every record: people name two or three.
    static let largestHopCount = 16

    let schema: StoreDescription
    /// By entity: what the map says of its references.
    private(set) var declared: [String: [ReferenceDescription]] = [:]

    init(_ schema: StoreDescription) { self.schema = schema }

    mutating func declare(_ reference: ReferenceDescription, of entity: String) {
        declared[entity, default: []].append(reference)
    }

    /// The field of an entity that a name means: its own of exactly this name, or one that references lead to.
    ///
    /// A path is typed as its last field, and may be null where any step or the last field may.
    func field(_ name: String, of entity: EntityDescription) throws(Problem) -> FieldDescription {
        if let own = entity.field(name) { return own }
        var hops: [FieldPath.Hop] = []
        var current = entity
        var rest = Substring(name)
        var isNullable = false
        while let dot = rest.firstIndex(of: ".") {
            guard hops.count < Self.largestHopCount else { throw .tooLong }
            let reference = try reference(String(rest[..<dot]), of: current)
            isNullable = isNullable || reference.fields.contains { current.field($0)?.isNullable != false }
            hops.append(
                FieldPath.Hop(
                    fields: reference.fields, entity: reference.targetEntity, targetFields: reference.targetFields))
            guard let next = schema.entity(reference.targetEntity) else {
                throw .notDescribed(reference.targetEntity)
            }
            current = next
            rest = rest[rest.index(after: dot)...]
            guard var last = current.field(String(rest)) else { continue }
            last.path = FieldPath(name: name, hops: hops, field: last.name)
            last.name = name
            last.isNullable = last.isNullable || isNullable
            last.isGenerated = false
            last.hasDefault = false
            return last
        }
        throw .unknownField(String(rest), current)
    }

    /// The entity at the end of some steps, each named by a field that refers.
    func entity(after steps: [Substring], from entity: EntityDescription) throws(Problem) -> EntityDescription {
        var current = entity
        for step in steps.prefix(Self.largestHopCount) {
            let reference = try reference(String(step), of: current)
            guard let next = schema.entity(reference.targetEntity) else {
                throw .notDescribed(reference.targetEntity)
            }
            current = next
        }
        return current
    }

    /// The reference that a field means: the narrowest one; of equals, what the map declares
    /// before what the store does.
    func reference(_ field: String, of entity: EntityDescription) throws(Problem) -> ReferenceDescription {
        guard entity.field(field) != nil else { throw .unknownField(field, entity) }
        let known = [declared[entity.name] ?? [], entity.references].map { references in
            references.filter { $0.fields.contains(field) }
        }
        guard let fewest = known.joined().map(\.fields.count).min() else { throw .refersNowhere(field, entity) }
        let narrowest = known.map { references in references.filter { $0.fields.count == fewest } }
        let candidates = narrowest[0].isEmpty ? narrowest[1] : narrowest[0]
        guard let first = candidates.first, candidates.allSatisfy({ Self.isSame($0, first) }) else {
            throw .ambiguous(field, entity)
        }
        return first
    }

    /// Whether a field takes part in a reference.
    func refers(_ field: String, of entity: EntityDescription) -> Bool {
        ((declared[entity.name] ?? []) + entity.references).contains { $0.fields.contains(field) }
    }

    private static func isSame(_ left: ReferenceDescription, _ right: ReferenceDescription) -> Bool {
        left.fields == right.fields && left.targetEntity == right.targetEntity
            && left.targetFields == right.targetFields
    }

    // MARK: Uniqueness

    /// Where paths lead, seen from an entity on the way: the steps that are left, and the last field.
    struct Tail: Hashable {
        var hops: ArraySlice<FieldPath.Hop>
        var field: String
    }

    /// Whether values at the end of these paths, and of these fields of its own, tell an entity's records apart.
    ///
    /// - Returns: nil where they do; otherwise the first entity, the outermost one last, where they do not, and the
    ///   fields that are known there.
    func ambiguity(of tails: [Tail], fields: Set<String>, in name: String) -> (entity: String, fields: [String])? {
        var known = fields.union(tails.filter(\.hops.isEmpty).map(\.field))
        let steps = Dictionary(grouping: tails.filter { !$0.hops.isEmpty }) { tail in
            tail.hops.first.map { $0.fields + [$0.entity] } ?? []
        }
        for (_, group) in steps.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            guard let hop = group.first?.hops.first else { continue }
            let inner = group.map { Tail(hops: $0.hops.dropFirst(), field: $0.field) }
            if let found = ambiguity(of: inner, fields: [], in: hop.entity) { return found }
            known.formUnion(hop.fields)
        }
        let isKnown = schema.entity(name)?.keys.contains { !$0.fields.isEmpty && known.isSuperset(of: $0.fields) }
        return isKnown == true ? nil : (name, known.sorted())
    }
}

extension FieldPath {
    /// The path as the entity behind its first step sees it.
    var tail: PathResolver.Tail { PathResolver.Tail(hops: hops.dropFirst(), field: field) }
}
