import LockstepContinuity
import LockstepMapping
import LockstepModel
import LockstepSync

/// A write that a drill made to see whether it arrives.
struct TrialWrite: Sendable {
    var store: String
    /// A query that gives 1 as long as the write is there.
    var proof: String
}

/// An entity of a link that can be written to, and whose writes travel.
struct TrialEntity: Sendable {
    var store: String
    var entity: String
    /// The fields of the map's key.
    var key: [String]
    /// Fields that travel, without the key.
    var fields: [String]
    var description: EntityDescription
}

extension LinkRehearsal {
    /// Records changed in each entity: enough to see whether changes travel.
    private static let changesPerEntity = 3
    /// Records looked at for values to write.
    private static let candidates = 50

    /// What of each store's entities travels to the other.
    func trialEntities() async throws -> [TrialEntity] {
        try await project.withLink(link) { link in
            link.maps.flatMap { map in
                Side.allCases.compactMap { side -> TrialEntity? in
                    guard let plan = map.plan(from: side), let entity = link.schema(side).entity(plan.sourceEntity)
                    else { return nil }
                    let key = plan.sourceKey.map { plan.sourceFields[$0] }
                    // Paths lead to other entities.
                    guard key.allSatisfy({ entity.field($0) != nil }), entity.kind == .table else { return nil }
                    let fields = plan.sourceFields.filter { entity.field($0) != nil && !key.contains($0) }
                    return TrialEntity(
                        store: link.stores[side.rawValue], entity: entity.name, key: key, fields: fields,
                        description: entity)
                }
            }
        }
    }

    /// Writes to a store as its users would: records get values that others of them have, which are valid whatever the
    /// schema asks for, and one is added.
    func write(to store: String) async throws -> (made: [TrialWrite], notes: [String]) {
        var made: [TrialWrite] = []
        var notes: [String] = []
        for entity in try await trialEntities() where entity.store == store {
            let isSQLite = try project.store(store).url.scheme == "sqlite"
            let changes = try await change(entity, isSQLite)
            let added = try await add(entity, isSQLite)
            made += changes + added
            notes.append("\(store).\(entity.entity): \(changes.count) changed, \(added.count) added")
        }
        return (made, notes)
    }

    private func change(_ entity: TrialEntity, _ isSQLite: Bool) async throws -> [TrialWrite] {
        guard let statements = statements[entity.store] else { return [] }
        let table = SQLSpelling.entity(entity.entity, isSQLite: isSQLite)
        let keys = entity.key.map(SQLSpelling.name)
        var made: [TrialWrite] = []
        for field in entity.fields {
            guard let description = entity.description.field(field), description.type == .text,
                !description.isGenerated, !isReference(field, entity.description)
            else { continue }
            let column = SQLSpelling.name(field)
            let found = try await statements.rows(
                "select \(keys.joined(separator: ", ")), \(column) from \(table) where \(column) is not null "
                    + "order by \(keys.joined(separator: ", ")) limit \(Self.candidates)")
            for (row, next) in zip(found.rows, found.rows.dropFirst() + found.rows.prefix(1)) {
                guard made.count < Self.changesPerEntity else { return made }
                guard let value = next.last ?? nil, row.last != next.last else { continue }
                guard let place = condition(keys, Array(row.dropLast())) else { continue }
                let text = SQLSpelling.text(value)
                // A unique value cannot be there twice: the next field, then.
                guard (try? await statements.write("update \(table) set \(column) = \(text) where \(place)")) != nil
                else { break }
                made.append(
                    TrialWrite(
                        store: entity.store,
                        proof: "select count(*) from \(table) where \(place) and \(column) = \(text)"))
            }
            if !made.isEmpty { return made }
        }
        return made
    }

    /// A record like another one with a key of its own, holding only what it must.
    private func add(_ entity: TrialEntity, _ isSQLite: Bool) async throws -> [TrialWrite] {
        guard let statements = statements[entity.store], let first = entity.key.first,
            let field = entity.description.field(first)
        else { return [] }
        let table = SQLSpelling.entity(entity.entity, isSQLite: isSQLite)
        let column = SQLSpelling.name(first)
        let isText = field.type == .text
        guard isText || field.type == .int64 else { return [] }
        let largest = "select \(column) from \(table) where \(column) is not null order by \(column) desc limit 1"
        guard let model = try await statements.value(largest) else { return [] }
        let key = isText ? SQLSpelling.text(model + "-drill") : Int64(model).map { String($0 + 1) }
        guard let key else { return [] }
        let needed = entity.description.fields.filter { field in
            entity.key.contains(field.name) || (!field.isNullable && !field.hasDefault && !field.isGenerated)
        }
        let values = needed.map { $0.name == first ? key : SQLSpelling.name($0.name) }
        let like = isText ? SQLSpelling.text(model) : model
        let sql =
            "insert into \(table) (\(needed.map { SQLSpelling.name($0.name) }.joined(separator: ", "))) "
            + "select \(values.joined(separator: ", ")) from \(table) where \(column) = \(like) limit 1"
        // What the schema asks for beyond that, only people know.
        guard (try? await statements.write(sql)) != nil else { return [] }
        return [
            TrialWrite(
                store: entity.store, proof: "select count(*) from \(table) where \(column) = \(key)")
        ]
    }

    private func isReference(_ field: String, _ entity: EntityDescription) -> Bool {
        entity.references.contains { $0.fields.contains(field) }
    }

    private func condition(_ columns: [String], _ values: [String?]) -> String? {
        let parts = zip(columns, values).compactMap { column, value in
            value.map { "\(column) = \(SQLSpelling.text($0))" }
        }
        return parts.count == columns.count ? parts.joined(separator: " and ") : nil
    }
}
