import Testing

/// One kind of trouble that dual-write projects meet, on records that no other fixture touches.
struct ShippedSetFixture: Sendable, CustomTestStringConvertible {
    struct Check: Sendable {
        var store: ShippedSetStore
        var sql: String
        var expected: String
    }

    /// What people do in both stores, commands to run before the sync, and what is there after it.
    struct Round: Sendable {
        var erp = ""
        var crm = ""
        var before: [String] = []
        var checks: [Check] = []
    }

    var name: String
    var rounds: [Round]

    var testDescription: String { name }

    static var all: [ShippedSetFixture] { plain + values + references + keys + lives }

    // What several fixtures say in SQL.

    /// A customer that `make` made for the first company.
    static func account(_ number: Int) -> String {
        "C-DE" + String(repeating: "0", count: 6 - (number > 9 ? 1 : 0)) + "\(number)"
    }

    static func company(_ code: String = "DE01") -> String {
        "(SELECT companyid FROM companies WHERE code = '\(code)')"
    }

    static func currency(_ code: String) -> String {
        "(SELECT currencyid FROM currencies WHERE isocurrencycode = '\(code)')"
    }

    static func group(_ identifier: String = "20") -> String {
        "(SELECT customergroupid FROM customergroups WHERE groupid = '\(identifier)' AND companyid = \(company()))"
    }

    static func accountID(_ number: String) -> String {
        "(SELECT accountid FROM accounts WHERE accountnumber = '\(number)')"
    }

    /// Adds a customer to the ERP; more columns by name and SQL value.
    static func customer(_ account: String, _ more: [String: String] = [:]) -> String {
        insert(
            "customers",
            [
                "company": "'DE01'", "customer_account": "'\(account)'", "organization_name": "'Name of \(account)'",
                "customer_group": "'20'", "currency": "'EUR'", "modified_at": "'2026-11-01 10:00:00'",
            ].merging(more) { $1 })
    }

    /// Adds an account to the CRM.
    static func account(_ number: String, _ more: [String: String] = [:]) -> String {
        insert(
            "accounts",
            [
                "companyid": company(), "accountnumber": "'\(number)'", "customertypecode": "3",
                "name": "'Name of \(number)'", "customergroupid": group(), "transactioncurrencyid": currency("EUR"),
                "language": "'de-de'", "modifiedon": "'2026-11-01 10:00:00'",
            ].merging(more) { $1 })
    }

    static func insert(_ table: String, _ values: [String: String]) -> String {
        let pairs = values.sorted { $0.key < $1.key }
        return "INSERT INTO \(table) (\(pairs.map(\.key).joined(separator: ", ")))"
            + " VALUES (\(pairs.map(\.value).joined(separator: ", ")));\n"
    }

    static func transaction(_ statements: String...) -> String { "BEGIN;\n" + statements.joined() + "COMMIT;\n" }

    static func set(_ table: String, _ assignments: String, where condition: String) -> String {
        "UPDATE \(table) SET \(assignments) WHERE \(condition);\n"
    }

    static func erp(_ sql: String, _ expected: String) -> Check { Check(store: .erp, sql: sql, expected: expected) }

    static func crm(_ sql: String, _ expected: String) -> Check { Check(store: .crm, sql: sql, expected: expected) }
}
