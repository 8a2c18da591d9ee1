import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// `kill -9` of the real process at moments that a seed decides, on real stores: the next run goes on, and the end is
/// the same as without.
@Suite(.serialized)
struct KilledRunsTests {
    /// Runs that are killed before one is left to finish.
    private static let kills = 10

    @Test(arguments: [UInt64(1), 2])
    func sqliteToSQLite(seed: UInt64) async throws {
        try await survive(seed: seed, crm: .sqlite)
    }

    @Test(arguments: [UInt64(3)])
    func sqliteToPostgreSQL(seed: UInt64) async throws {
        try await survive(seed: seed, crm: .postgresql)
    }

    private func survive(seed: UInt64, crm kind: KilledProject.Kind) async throws {
        var random = SeededGenerator(seed: seed)
        let project = try KilledProject(crm: kind)
        try project.fill(rows: 20_000)
        var killed = 0
        for round in 0..<Self.kills {
            // The first copy, then the streams: killed early, late, and now and then not at all.
            if round == Self.kills / 2 { #expect(try await project.run("sync").exitCode == 0) }
            try project.edit(round: round, &random)
            let run = try await project.run("sync", timeLimitSeconds: Double(random.integer(2...120)) / 100)
            killed += run.wasTimedOut ? 1 : 0
            if !run.wasTimedOut { #expect([0, 3].contains(run.exitCode), "\(run.standardError)") }
        }
        #expect(killed > 0, "seed \(seed): no run was killed")
        let last = try await project.run("sync")
        #expect(last.exitCode == 0, "seed \(seed): \(last.standardOutput)\(last.standardError)")
        let (erp, crm) = try project.records()
        #expect(erp.count == crm.count && erp.count > 20_000)
        #expect(erp == crm, "seed \(seed)")
        let before = try project.records()
        let quiet = try await project.run("sync")
        #expect(quiet.exitCode == 0)
        let after = try project.records()
        #expect(before.erp == after.erp && before.crm == after.crm)
        // Each pair of edits that met is in the history once: key and both values are in the conflict's identity.
        let state = try SQLiteDatabase(path: project.folder.path + "/.lockstep/state.db", mode: .readOnly)
        #expect(try state.integer("SELECT count(*) FROM conflict WHERE confirmed = 0") == 0)
        let bothSides = try state.integer("SELECT count(DISTINCT key_text) FROM conflict WHERE kind = 'overlap'") ?? 0
        #expect(bothSides <= Int64(Self.kills), "seed \(seed): a conflict is one that people made")
    }
}

/// A project whose ERP is a SQLite file and whose CRM is either kind of store.
private struct KilledProject {
    enum Kind: Sendable { case sqlite, postgresql }

    let folder: TemporaryFolder
    private let crm: Kind
    private let database: String

    init(crm: Kind) throws {
        self.crm = crm
        folder = try TemporaryFolder("killed")
        database = "killed_\(UInt32.random(in: 0 ... .max))"
        let url = crm == .sqlite ? "sqlite:crm.db" : try PostgreSQLServer.shared().createDatabase(database)
        try write(
            "lockstep.yaml",
            """
            project: killed
            stores:
              erp: {url: "sqlite:erp.db"}
              crm: {url: "\(url)"}
            links:
              erp-crm: {between: [erp, crm], maps: mappings/*.yaml, run: by hand}
            """)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/mappings", withIntermediateDirectories: true)
        try write(
            "mappings/customers.yaml",
            """
            map: customers
            version: 1.0.0
            between: {erp: customers, crm: customers}
            key: [{erp: id, crm: id}]
            direction: both
            fields:
              - {erp: name, crm: name}
              - {erp: city, crm: city}
            conflicts: {overlap: erp, delete: update-wins}
            deletes: {propagate: true}
            """)
        let erp = try SQLiteDatabase(path: folder.path + "/erp.db", mode: .create)
        try erp.execute(
            "PRAGMA journal_mode = WAL; CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT, city TEXT)")
        if crm == .sqlite {
            let file = try SQLiteDatabase(path: folder.path + "/crm.db", mode: .create)
            try file.execute("PRAGMA journal_mode = WAL")
        }
        try executeOnCRM("CREATE TABLE customers(id BIGINT PRIMARY KEY, name TEXT, city TEXT)")
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path + "/" + name))
    }

    func executeOnERP(_ sql: String) throws { try SQLiteDatabase(path: folder.path + "/erp.db").execute(sql) }

    func executeOnCRM(_ sql: String) throws {
        switch crm {
        case .sqlite: try SQLiteDatabase(path: folder.path + "/crm.db").execute(sql)
        case .postgresql: try PostgreSQLServer.shared().execute(sql, database: database)
        }
    }

    func fill(rows: Int) throws {
        try executeOnERP(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
            INSERT INTO customers SELECT i, 'name ' || i, 'city ' || (i % 7) FROM n
            """)
        try executeOnCRM("INSERT INTO customers VALUES (5, 'name 5', 'elsewhere'), (1000000, 'only here', 'Rome')")
    }

    /// One pair of edits of the same field on both sides, one on either side alone, an insert and a delete.
    func edit(round: Int, _ random: inout SeededGenerator) throws {
        let (first, second, third, fourth) = (
            random.integer(10...4000), random.integer(4001...6000), random.integer(8001...12000),
            random.integer(12001...16000)
        )
        try executeOnERP(
            """
            UPDATE customers SET name = 'erp \(round)' WHERE id = \(first);
            UPDATE customers SET city = 'erp \(round)' WHERE id BETWEEN \(second) AND \(second + 2000);
            INSERT INTO customers VALUES (\(2_000_000 + round), 'new', 'erp');
            DELETE FROM customers WHERE id = \(fourth);
            """)
        try executeOnCRM(
            """
            UPDATE customers SET name = 'crm \(round)' WHERE id = \(first);
            UPDATE customers SET city = 'crm \(round)' WHERE id = \(third);
            INSERT INTO customers VALUES (\(3_000_000 + round), 'new', 'crm');
            """)
    }

    func run(_ command: String, timeLimitSeconds: Double = 120) async throws -> CommandRun.Outcome {
        try await CommandRun.run(
            BuiltCommand.url, [command], folder: folder.url, timeLimitSeconds: timeLimitSeconds)
    }

    func records() throws -> (erp: [String], crm: [String]) {
        let sql = "SELECT id || '|' || coalesce(name, '-') || '|' || coalesce(city, '-') FROM customers ORDER BY id"
        func lines(_ path: String) throws -> [String] {
            try SQLiteDatabase(path: path).query(sql).map { $0[0].displayText }
        }
        let erp = try lines(folder.path + "/erp.db")
        switch crm {
        case .sqlite: return (erp, try lines(folder.path + "/crm.db"))
        case .postgresql:
            let text = try PostgreSQLServer.shared().execute(sql, database: database)
            return (erp, text.split(separator: "\n").map(String.init))
        }
    }
}
