public import LockstepMapping
public import LockstepModel
public import LockstepState

/// What changed in the stores since a map was last accepted, and how that touches the map.
public enum SchemaDrift {
    /// - Parameters:
    ///   - accepted: what the map was accepted for.
    ///   - schemas: what the stores have now, by side.
    /// - Returns: one diagnostic for each change; nothing for an entity that the map was never accepted for.
    public static func diagnostics(
        of definition: MapDefinition, accepted: AcceptedSchema, schemas: [StoreDescription]
    ) -> [Diagnostic] {
        Side.allCases.flatMap { side -> [Diagnostic] in
            let old = accepted.entities[side.rawValue]
            guard let entity = schemas[side.rawValue].entity(definition.entities[side.rawValue].value),
                old.name == entity.name
            else { return [] }
            let comparison = Comparison(
                definition: definition, side: side, used: definition.usedFields(side), time: accepted.time)
            return comparison.changes(from: old, to: AcceptedEntity(entity))
        }
    }

    private struct Comparison {
        let definition: MapDefinition
        let side: Side
        /// The fields that the map touches, and where.
        let used: [String: SourceLocation]
        let time: String

        func changes(from old: AcceptedEntity, to new: AcceptedEntity) -> [Diagnostic] {
            var found: [Diagnostic] = []
            for field in old.fields {
                guard let now = new.fields.first(where: { $0.name == field.name }) else {
                    found.append(diagnostic(field.name, "was dropped"))
                    continue
                }
                let changes = describe(field, now)
                if !changes.isEmpty { found.append(diagnostic(field.name, changes.joined(separator: ", "))) }
            }
            for field in new.fields where !old.fields.contains(where: { $0.name == field.name }) {
                let needs = !field.isNullable && !field.hasDefault && !field.isGenerated
                found.append(
                    diagnostic(field.name, "(\(field.type)) was added\(needs ? " and must have a value" : "")"))
            }
            let key = Set(definition.key.map { $0.fields[side.rawValue].value })
            if old.keys.contains(where: { Set($0) == key }), !new.keys.contains(where: { Set($0) == key }) {
                found.append(diagnostic(nil, "no longer has a unique key over the map's key fields"))
            }
            return found
        }

        private func describe(_ old: AcceptedEntity.Field, _ new: AcceptedEntity.Field) -> [String] {
            var changes: [String] = []
            if old.type != new.type || old.kind != new.kind { changes.append("was \(old.type) and is \(new.type)") }
            if old.isNullable != new.isNullable {
                changes.append(new.isNullable ? "may be null now" : "must have a value now")
            }
            if old.isGenerated != new.isGenerated {
                changes.append(new.isGenerated ? "is computed by the store now" : "is no longer computed by the store")
            }
            if old.labels != new.labels { changes.append("has other labels") }
            return changes
        }

        private func diagnostic(_ field: String?, _ change: String) -> Diagnostic {
            let entity = definition.entities[side.rawValue]
            let place = "`\(entity.value)` in `\(definition.stores[side.rawValue])`"
            let isUsed = field.map { used[$0] != nil } ?? true
            let subject = field.map { "field `\($0)` of \(place)" } ?? place
            return Diagnostic(
                isUsed ? .warning : .note, MapCode.schemaDrift.rawValue,
                at: field.flatMap { used[$0] } ?? entity.location,
                "\(subject) \(change), since the map was accepted on \(time.prefix(10))"
                    + (isUsed ? "; the map uses it" : "; the map does not use it"),
                hint: "see whether the map still does what it should, then run "
                    + "`lockstep map accept \(definition.name.value)`")
        }
    }
}
