import LockstepModel

extension StateDatabase {
    /// The schemas that a map was last accepted for; nil before.
    public func acceptedSchema(link: String, map: String) throws -> AcceptedSchema? {
        let rows = try run(
            "SELECT entity, actor, time FROM accepted_schema WHERE link = ?1 AND map = ?2 ORDER BY side",
            [.text(link), .text(map)])
        let entities = rows.compactMap { AcceptedEntity.decoded($0[0].storedText) }
        guard entities.count == 2, let row = rows.first else { return nil }
        return AcceptedSchema(entities: entities, actor: row[1].storedText, time: row[2].storedText)
    }

    /// Keeps the schemas that a map is accepted for, in the place of those before.
    public func acceptSchema(link: String, map: String, _ schema: AcceptedSchema) throws {
        precondition(schema.entities.count == 2, "a map has two sides")
        try inTransaction {
            for (side, entity) in schema.entities.enumerated() {
                try run(
                    """
                    INSERT INTO accepted_schema VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(link, map, side) DO UPDATE
                    SET entity = excluded.entity, actor = excluded.actor, time = excluded.time
                    """,
                    [
                        .text(link), .text(map), .int64(Int64(side)), .text(try entity.encoded()),
                        .text(schema.actor), .text(schema.time),
                    ])
            }
        }
    }
}
