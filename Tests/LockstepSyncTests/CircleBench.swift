import ConnectorKit
import LockstepModel
import LockstepSync
import LockstepTesting

/// Two stores in memory whose references go round in circles: accounts and contacts refer to each other, employees to
/// their boss. All constraints are immediate, on both sides.
struct CircleBench {
    let erp: MemoryStore
    let crm: MemoryStore
    let bench: Bench

    static func map(_ name: String, reference: String, _ conflicts: String) -> String {
        """
        map: \(name)
        version: 1.0.0
        between: {erp: \(name), crm: \(name)}
        key: [{erp: id, crm: id}]
        direction: both
        fields:
          - {erp: name, crm: name}
          - {erp: \(reference), crm: \(reference)}
        conflicts: \(conflicts)
        deletes: {propagate: true}
        """
    }

    init(
        conflicts: String = "{overlap: erp, delete: update-wins}", contactNeedsAccount: Bool = false,
        erpHasReferences: Bool = true
    ) throws {
        var free = Self.entities(contactNeedsAccount: contactNeedsAccount)
        if !erpHasReferences { for index in free.indices { free[index].description.references = [] } }
        erp = MemoryStore(name: "erp", entities: free)
        crm = MemoryStore(name: "crm", entities: Self.entities(contactNeedsAccount: contactNeedsAccount))
        bench = try Bench(
            [MemoryConnector(erp), MemoryConnector(crm)],
            maps: [
                Self.map("accounts", reference: "contact", conflicts),
                Self.map("contacts", reference: "account", conflicts),
                Self.map("employees", reference: "boss", conflicts),
            ])
    }

    static func entities(contactNeedsAccount: Bool) -> [MemoryEntity] {
        func entity(_ name: String, _ reference: String, to other: String, isNullable: Bool) -> MemoryEntity {
            MemoryEntity(
                EntityDescription(
                    name: name,
                    fields: [
                        FieldDescription(name: "id", type: .int64, nativeType: "int", isNullable: false),
                        FieldDescription(name: "name", type: .text, nativeType: "text"),
                        FieldDescription(name: reference, type: .int64, nativeType: "int", isNullable: isNullable),
                    ], keys: [KeyDescription(name: "\(name)_pk", fields: ["id"], isPrimary: true)],
                    references: [
                        ReferenceDescription(
                            fields: [reference], targetEntity: other, targetFields: ["id"], hasAction: false)
                    ]))
        }
        return [
            entity("accounts", "contact", to: "contacts", isNullable: true),
            entity("contacts", "account", to: "accounts", isNullable: !contactNeedsAccount),
            entity("employees", "boss", to: "employees", isNullable: true),
        ]
    }

    static let entityNames = ["accounts", "contacts", "employees"]

    /// All records of a side, sorted: `accounts 1 Ann 7`.
    func records(_ store: MemoryStore) -> [String] {
        Self.entityNames.flatMap { entity in
            store.records(entity).map { record in
                let values = ["id", "name", "contact", "account", "boss"].compactMap { record[$0]?.displayText }
                return "\(entity) \(values.joined(separator: " "))"
            }
        }.sorted()
    }

    var areEqual: Bool { records(erp) == records(crm) }

    /// An account and a contact that refer to each other, in one transaction.
    static func insertCircle(_ id: Int64, _ store: MemoryStore) throws {
        try store.run([
            .insert("accounts", ["id": .int64(id), "name": .text("a\(id)")]),
            .insert("contacts", ["id": .int64(id), "name": .text("c\(id)"), "account": .int64(id)]),
            .update("accounts", key: ["id": .int64(id)], set: ["contact": .int64(id)]),
        ])
    }

    static func deleteCircle(_ id: Int64, _ store: MemoryStore) throws {
        try store.run([
            .update("accounts", key: ["id": .int64(id)], set: ["contact": .null]),
            .delete("contacts", key: ["id": .int64(id)]), .delete("accounts", key: ["id": .int64(id)]),
        ])
    }
}
