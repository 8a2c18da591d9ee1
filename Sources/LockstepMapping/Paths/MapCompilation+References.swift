import LockstepModel

/// References and paths: what they lead to, and what is wrong with them.
extension MapCompilation {
    // MARK: Declared references

    /// Takes the map's own references in, those of its own entity first: others may be reached through them.
    mutating func declareReferences() {
        let byLength = definition.references.enumerated().sorted { left, right in
            (Self.stepCount(left.element), left.offset) < (Self.stepCount(right.element), right.offset)
        }
        for (_, reference) in byLength { declare(reference) }
    }

    private static func stepCount(_ reference: ReferenceDefinition) -> Int {
        reference.fields.first?.value.count { $0 == "." } ?? 0
    }

    private mutating func declare(_ definition: ReferenceDefinition) {
        let side = definition.side
        guard let (entity, fields) = referring(definition), let (target, key) = referred(definition) else { return }
        guard key.count == fields.count else {
            return error(
                .badReference, at: definition.target.location,
                "\(fields.count) fields refer to a key of \(key.count) fields of `\(target.name)`",
                hint: "name the fields they hold with `key: […]`, in the same order")
        }
        guard target.hasKey(key) else {
            return error(
                .badReference, at: definition.target.location,
                "(\(key.joined(separator: ", "))) is no primary or unique key of `\(target.name)` in "
                    + "`\(store(side))`", hint: Self.keysHint(target))
        }
        for (own, referred) in zip(fields, key) {
            guard let own = entity.field(own), let referred = target.field(referred),
                !Self.compareAlike(own, referred)
            else { continue }
            error(
                .badReference, at: definition.location,
                "`\(own.name)` (\(own.type.name)) cannot hold `\(referred.name)` (\(referred.type.name)) of "
                    + "`\(target.name)`", hint: "a reference holds values of the same type as the key")
            return
        }
        resolvers[side.rawValue].declare(
            ReferenceDescription(fields: fields, targetEntity: target.name, targetFields: key, hasAction: false),
            of: entity.name)
    }

    /// The entity whose fields refer, and the fields' own names in it.
    private mutating func referring(_ definition: ReferenceDefinition) -> (EntityDescription, [String])? {
        let own = entities[definition.side.rawValue]
        var found: (entity: EntityDescription, fields: [String])?
        for name in definition.fields {
            let isOwn = own.field(name.value) != nil
            let words =
                isOwn ? [Substring(name.value)] : name.value.split(separator: ".", omittingEmptySubsequences: false)
            guard let last = words.last.map(String.init) else { return nil }
            do throws(PathResolver.Problem) {
                let entity = try resolvers[definition.side.rawValue].entity(after: words.dropLast(), from: own)
                guard entity.field(last) != nil else { throw .unknownField(last, entity) }
                guard found.map({ $0.entity.name == entity.name }) ?? true else {
                    error(
                        .badReference, at: name.location, "the fields of one reference are of one entity",
                        hint: "write a line for each reference")
                    return nil
                }
                found = (entity, (found?.fields ?? []) + [last])
            } catch {
                report(error, name, definition.side)
                return nil
            }
        }
        return found
    }

    /// The entity that is referred to, and the fields of it that are held.
    private mutating func referred(_ definition: ReferenceDefinition) -> (EntityDescription, [String])? {
        let schema = resolvers[definition.side.rawValue].schema
        let target = definition.target
        if let entity = schema.entity(target.value) {
            guard let key = definition.key else {
                if let primary = entity.keys.first(where: \.isPrimary) { return (entity, primary.fields) }
                error(
                    .badReference, at: target.location, "`\(entity.name)` has no primary key",
                    hint: "write `\(entity.name).field`")
                return nil
            }
            for name in key where entity.field(name.value) == nil {
                unknown(name.value, of: entity, at: name.location, definition.side)
                return nil
            }
            return (entity, key.map(\.value))
        }
        if definition.key == nil, let dot = target.value.lastIndex(of: "."),
            let entity = schema.entity(String(target.value[..<dot]))
        {
            let field = String(target.value[target.value.index(after: dot)...])
            if entity.field(field) != nil { return (entity, [field]) }
            unknown(field, of: entity, at: target.location, definition.side)
            return nil
        }
        undescribed[definition.side.rawValue].insert(definition.possibleEntities[0])
        error(
            .unknownEntity, at: target.location,
            "store `\(store(definition.side))` has no entity `\(definition.possibleEntities[0])`",
            hint: Suggestion.hint(for: definition.possibleEntities[0], among: schema.entities.map(\.name)))
        return nil
    }

    // MARK: Fields

    /// The field of a side that a name means; nil where it means none.
    func found(_ name: String, _ side: Side) -> FieldDescription? {
        try? resolvers[side.rawValue].field(name, of: entities[side.rawValue])
    }

    /// The field of a side that a name means; one that means none is reported.
    mutating func field(_ name: Located<String>, _ side: Side) -> FieldDescription? {
        do {
            return try resolvers[side.rawValue].field(name.value, of: entities[side.rawValue])
        } catch {
            report(error, name, side)
            return nil
        }
    }

    mutating func report(_ problem: PathResolver.Problem, _ name: Located<String>, _ side: Side) {
        switch problem {
        case .unknownField(let field, let entity): unknown(field, of: entity, at: name.location, side)
        case .refersNowhere(let field, let entity):
            let place = name.value.hasSuffix(".\(field)") ? field : prefix(of: name.value, through: field)
            error(
                .refersNowhere, at: name.location,
                "`\(field)` of `\(entity.name)` in `\(store(side))` refers to no other entity",
                hint:
                    "say where it leads: `references: [{\(store(side)): \(place), to: \(guess(field, entity, side))}]`")
        case .ambiguous(let field, let entity):
            let narrowest = entity.references.filter { $0.fields.contains(field) }
            let known = narrowest.map { "(\($0.fields.joined(separator: ", "))) to `\($0.targetEntity)`" }
            error(
                .ambiguousReference, at: name.location,
                "`\(field)` of `\(entity.name)` in `\(store(side))` takes part in several references: "
                    + known.joined(separator: ", "),
                hint: "begin the path with a field that only the wanted one has, or declare it with `references`")
        case .notDescribed(let entity):
            undescribed[side.rawValue].insert(entity)
            error(
                .unknownEntity, at: name.location,
                "store `\(store(side))` has no entity `\(entity)`, which `\(name.value)` leads to",
                hint: "it may not be visible to the user that Lockstep connects as")
        case .tooLong:
            error(
                .refersNowhere, at: name.location,
                "a path goes through \(PathResolver.largestHopCount) references at most", hint: "shorten it")
        }
    }

    private mutating func unknown(
        _ field: String, of entity: EntityDescription, at location: SourceLocation, _ side: Side
    ) {
        error(
            .unknownField, at: location, "`\(entity.name)` in `\(store(side))` has no field `\(field)`",
            hint: Suggestion.hint(for: field, among: entity.fields.map(\.name)))
    }

    /// The part of a path that ends with a field on its way.
    private func prefix(of path: String, through field: String) -> String {
        let words = path.split(separator: ".")
        guard let end = words.lastIndex(where: { $0 == field }) else { return field }
        return words[...end].joined(separator: ".")
    }

    /// What a field may refer to, by its name: an entity whose primary key is one field called like it.
    private func guess(_ field: String, _ entity: EntityDescription, _ side: Side) -> String {
        let candidate = resolvers[side.rawValue].schema.entities.first { other in
            other.name != entity.name && other.keys.contains { $0.isPrimary && $0.fields == [field] }
        }
        return candidate.map { "\($0.name).\(field)" } ?? "entity.field"
    }

    // MARK: Rules

    static func keysHint(_ entity: EntityDescription) -> String {
        let known = entity.keys.map { "(\($0.fields.joined(separator: ", ")))" }.joined(separator: ", ")
        return known.isEmpty ? "add a unique index over these fields" : "its keys are \(known)"
    }

    /// Whether equal values of both have equal key bytes and sort alike, which is what matching rests on.
    static func compareAlike(_ left: FieldDescription, _ right: FieldDescription) -> Bool {
        let types = Set([left.type, right.type])
        return types.count == 1 && left.type != .json || types == [.int64, .decimal]
    }
}
