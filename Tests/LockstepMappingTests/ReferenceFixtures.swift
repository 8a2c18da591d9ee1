import LockstepMapping
import LockstepModel

/// A flat store beside one whose records refer to each other: simply, by several fields, to themselves, in circles.
enum References {
    typealias Reference = ReferenceDescription

    static func entity(
        _ name: String, key: [String], unique: [[String]] = [], references: [Reference] = [],
        _ fields: [FieldDescription]
    ) -> EntityDescription {
        EntityDescription(
            name: name, fields: fields,
            keys: [KeyDescription(name: "primary", fields: key, isPrimary: true)]
                + unique.map { KeyDescription(name: $0.joined(separator: "_"), fields: $0, isPrimary: false) },
            references: references)
    }

    static func reference(_ fields: String..., to entity: String, _ key: String...) -> Reference {
        Reference(fields: fields, targetEntity: entity, targetFields: key, hasAction: false)
    }

    static func number(_ name: String, nullable: Bool = true) -> FieldDescription {
        Fixtures.field(name, .int64, nullable: nullable, bits: 64)
    }

    static func text(_ name: String, nullable: Bool = true) -> FieldDescription {
        Fixtures.field(name, .text, nullable: nullable)
    }

    static let erp = StoreDescription(entities: [
        entity(
            "customers", key: ["company", "account"],
            [
                text("account", nullable: false), text("company", nullable: false), text("name"), text("currency"),
                text("home_currency"), text("grp"), text("invoice_account"), text("contact"), number("rank"),
                Fixtures.field("modified_at", .instant),
            ])
    ])

    static let currencies = entity(
        "currencies", key: ["currencyid"], unique: [["isocurrencycode"]],
        [number("currencyid", nullable: false), text("isocurrencycode", nullable: false), text("symbol")])
    static let companies = entity(
        "companies", key: ["companyid"], unique: [["code"]],
        references: [reference("currencyid", to: "currencies", "currencyid")],
        [number("companyid", nullable: false), text("code", nullable: false), number("currencyid", nullable: false)])
    static let groups = entity(
        "groups", key: ["groupid"], unique: [["companyid", "number"]],
        references: [reference("companyid", to: "companies", "companyid")],
        [
            number("groupid", nullable: false), number("companyid", nullable: false), text("number", nullable: false),
            text("title"),
        ])
    static let accounts = entity(
        "accounts", key: ["accountid"], unique: [["companyid", "accountnumber"], ["tag"]],
        references: [
            reference("companyid", to: "companies", "companyid"), reference("groupid", to: "groups", "groupid"),
            reference("transactioncurrencyid", to: "currencies", "currencyid"),
            reference("billingaccountid", to: "accounts", "accountid"),
            reference("primarycontactid", to: "contacts", "contactid"),
            reference("companyid", "group_no", to: "groups", "companyid", "number"),
        ],
        [
            Fixtures.field("accountid", .int64, nullable: false, generated: true),
            text("accountnumber", nullable: false),
            text("tag"), number("companyid", nullable: false), number("groupid"), number("transactioncurrencyid"),
            number("billingaccountid"), number("primarycontactid"), text("group_no"), text("name"),
            number("plainid"), text("dotted.name"), Fixtures.field("modifiedon", .instant),
        ])
    static let contacts = entity(
        "contacts", key: ["contactid"], unique: [["number"]],
        references: [reference("accountid", to: "accounts", "accountid")],
        [number("contactid", nullable: false), text("number", nullable: false), number("accountid")])
    static let crm = StoreDescription(entities: [accounts, companies, contacts, currencies, groups])

    /// The company is a part of the key: a path in one store, a field in the other. Lines of `fields` begin at 8.
    static func map(_ fields: [String] = [], rest: [String] = []) -> String {
        """
        map: customers
        version: 1.0.0
        between: {erp: customers, crm: accounts}
        key:
          - {erp: account, crm: accountnumber}
          - {erp: company, crm: companyid.code}
        fields:
        \((fields.isEmpty ? ["{erp: name, crm: name}"] : fields).map { "  - " + $0 }.joined(separator: "\n"))
        \((["conflicts: {overlap: erp}"] + rest).joined(separator: "\n"))

        """
    }

    static func compile(_ text: String, crm: StoreDescription = crm) -> CompiledMapOutcome {
        Fixtures.compile(text, erp: erp, crm: crm)
    }
}
