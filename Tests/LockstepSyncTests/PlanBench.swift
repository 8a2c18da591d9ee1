import ConnectorKit
import LockstepModel
import LockstepSync
import LockstepTesting
import SQLiteAccess
import SQLiteConnector

/// A shop and a CRM in SQLite files: customers with a unique mail and a status that goes through a value map.
struct PlanBench {
    let bench: Bench
    let folder: TemporaryFolder

    static func map(overlap: String = "manual", extra: String = "") -> String {
        """
        map: customers
        version: 1.0.0
        between: {erp: customers, crm: contacts}
        key: [{erp: account, crm: number}]
        where: {crm: "kind eq 'company'"}
        fields:
          - {erp: name, crm: title}
          - {erp: mail, crm: mail}
          - {erp: status, crm: state, values: {active: 1, hold: 2}}
          - {crm: kind, constant: company}
        conflicts: {overlap: \(overlap)}
        \(extra)
        """
    }

    init(map: String = Self.map(), erp: [String] = [], crm: [String] = []) throws {
        folder = try TemporaryFolder("plan")
        try Self.execute(
            [
                "CREATE TABLE customers (account TEXT PRIMARY KEY NOT NULL, name TEXT, mail TEXT UNIQUE, status TEXT)"
            ] + erp, in: folder.path + "/erp.db")
        try Self.execute(
            [
                """
                CREATE TABLE contacts (number TEXT PRIMARY KEY NOT NULL, title TEXT, mail TEXT UNIQUE, state INTEGER,
                kind TEXT NOT NULL DEFAULT 'company')
                """
            ] + crm, in: folder.path + "/crm.db")
        bench = try Bench(
            ["erp", "crm"].map { [folder] in SQLiteConnector(path: folder.path + "/\($0).db") }, maps: [map])
    }

    private static func execute(_ statements: [String], in path: String) throws {
        let database = try SQLiteDatabase(path: path, mode: .create)
        defer { database.close() }
        try database.execute("PRAGMA journal_mode = WAL")
        for statement in statements { try database.execute(statement) }
    }

    func execute(_ statement: String, in store: String) throws {
        try Self.execute([statement], in: folder.path + "/\(store).db")
    }

    func plan() async throws -> SyncReport { try await bench.engine().plan() }
}
