import ConnectorKit
import LockstepModel
import LockstepTesting

/// An ERP and a CRM in memory: groups, and customers that refer to them.
struct MemoryBench {
    let erp: MemoryStore
    let crm: MemoryStore
    let bench: Bench

    static func customersMap(conflicts: String = "{overlap: erp, delete: update-wins}", extra: String = "") -> String {
        """
        map: customers
        version: 1.0.0
        between: {erp: customers, crm: accounts}
        key: [{erp: account, crm: number}]
        direction: both
        fields:
          - {erp: name, crm: title}
          - {erp: city, crm: city}
          - {erp: credit, crm: creditlimit}
          - {erp: changed, crm: modified}
          - {erp: group_id, crm: group_id}
        conflicts: \(conflicts)
        deletes: {propagate: true}
        \(extra)
        """
    }

    static let groupsMap = """
        map: groups
        version: 1.0.0
        between: {erp: groups, crm: groups}
        key: [{erp: id, crm: id}]
        direction: both
        fields:
          - {erp: label, crm: label}
        conflicts: {overlap: crm, delete: update-wins}
        deletes: {propagate: true}
        """

    init(conflicts: String = "{overlap: erp, delete: update-wins}", extra: String = "") throws {
        erp = MemoryStore(
            name: "erp", entities: Self.entities(customers: "customers", key: "account", "name", "credit", "changed"))
        crm = MemoryStore(
            name: "crm",
            entities: Self.entities(customers: "accounts", key: "number", "title", "creditlimit", "modified"))
        bench = try Bench(
            [MemoryConnector(erp), MemoryConnector(crm)],
            maps: [Self.customersMap(conflicts: conflicts, extra: extra), Self.groupsMap])
    }

    private static func entities(
        customers: String, key: String, _ name: String, _ credit: String, _ changed: String
    ) -> [MemoryEntity] {
        let groups = EntityDescription(
            name: "groups",
            fields: [
                FieldDescription(name: "id", type: .int64, nativeType: "int", isNullable: false),
                FieldDescription(name: "label", type: .text, nativeType: "text"),
            ], keys: [KeyDescription(name: "groups_pk", fields: ["id"], isPrimary: true)])
        let people = EntityDescription(
            name: customers,
            fields: [
                FieldDescription(name: key, type: .text, nativeType: "text", isNullable: false),
                FieldDescription(name: name, type: .text, nativeType: "text"),
                FieldDescription(name: "city", type: .text, nativeType: "text"),
                FieldDescription(name: credit, type: .decimal, nativeType: "decimal"),
                FieldDescription(name: changed, type: .int64, nativeType: "int"),
                FieldDescription(name: "group_id", type: .int64, nativeType: "int"),
            ], keys: [KeyDescription(name: "customers_pk", fields: [key], isPrimary: true)],
            references: [
                ReferenceDescription(
                    fields: ["group_id"], targetEntity: "groups", targetFields: ["id"], hasAction: false)
            ])
        return [MemoryEntity(groups), MemoryEntity(people)]
    }

    /// Customers of both sides as the map sees them: account, name, city, credit, changed, group.
    func customers() -> (erp: [[Value]], crm: [[Value]]) {
        (
            erp.records("customers").map { row in
                ["account", "name", "city", "credit", "changed", "group_id"].map { row[$0] ?? .null }
            },
            crm.records("accounts").map { row in
                ["number", "title", "city", "creditlimit", "modified", "group_id"].map { row[$0] ?? .null }
            }
        )
    }

    func groups() -> (erp: [[Value]], crm: [[Value]]) {
        (
            erp.records("groups").map { [$0["id"] ?? .null, $0["label"] ?? .null] },
            crm.records("groups").map { [$0["id"] ?? .null, $0["label"] ?? .null] }
        )
    }

    var areEqual: Bool {
        let (customers, groups) = (customers(), groups())
        return customers.erp == customers.crm && groups.erp == groups.crm
    }
}
