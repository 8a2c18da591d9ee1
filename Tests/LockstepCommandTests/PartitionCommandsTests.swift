import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// One map for two companies and one for what has no company, by the built program.
@Suite struct PartitionCommandsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("partitions")
        let files = [
            "lockstep.yaml": """
            project: parts
            stores:
              erp: {url: "sqlite:erp.db", partition: company}
              crm: {url: "sqlite:crm.db", partition: company_code}
            links:
              erp-crm: {between: [erp, crm], maps: "*.map.yaml", run: by hand, partitions: [DE, US]}
            """,
            "customers.map.yaml": """
            map: customers
            version: 1.0.0
            between: {erp: customers, crm: accounts}
            key: {erp: account, crm: number}
            fields: [{erp: name, crm: name}]
            conflicts: {overlap: manual}
            """,
            "currencies.map.yaml": """
            map: currencies
            version: 1.0.0
            between: {erp: currencies, crm: currencies}
            key: {erp: code, crm: code}
            fields: [{erp: name, crm: name}]
            conflicts: {overlap: erp}
            """,
        ]
        for (name, text) in files { try Data(text.utf8).write(to: folder.file(name)) }
        try execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE customers(company TEXT NOT NULL, account TEXT NOT NULL, name TEXT, PRIMARY KEY (company, account));
            CREATE TABLE currencies(code TEXT NOT NULL PRIMARY KEY, name TEXT);
            INSERT INTO customers VALUES ('DE', '1', 'Anna'), ('US', '1', 'Ann'), ('FR', '1', 'Anne');
            INSERT INTO currencies VALUES ('EUR', 'Euro');
            """, in: "erp", mode: .create)
        try execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE accounts(company_code TEXT NOT NULL, number TEXT NOT NULL, name TEXT,
              PRIMARY KEY (company_code, number));
            CREATE TABLE currencies(code TEXT NOT NULL PRIMARY KEY, name TEXT);
            """, in: "crm", mode: .create)
    }

    private func execute(_ sql: String, in store: String, mode: SQLiteDatabase.Mode = .readWrite) throws {
        let database = try SQLiteDatabase(path: folder.file(store + ".db").path, mode: mode)
        defer { database.close() }
        try database.execute(sql)
    }

    private func accounts() throws -> String {
        let database = try SQLiteDatabase(path: folder.file("crm.db").path)
        defer { database.close() }
        return try database.query("SELECT company_code || name FROM accounts ORDER BY company_code, number")
            .map { $0[0].displayText }.joined(separator: " ")
    }

    private func run(_ line: String) async throws -> CommandRun.Outcome {
        try await SampleProject.run(SampleProject.words(line), in: folder.url)
    }

    private func maps(_ line: String) async throws -> [[String: Any]] {
        let object = try SampleProject.object(try await run(line + " --json").standardOutput)
        return try #require((object["links"] as? [[String: Any]])?.first?["maps"] as? [[String: Any]])
    }

    private func names(_ line: String) async throws -> [String] {
        try await maps(line).compactMap { $0["map"] as? String }
    }

    @Test func aLinkSyncsItsPartitionsAndWhatHasNone() async throws {
        let check = try await run("check")
        #expect(check.standardOutput == "No problems: 2 stores, 2 maps.\n", "\(check.standardOutput)")
        #expect(try await names("plan") == ["currencies", "customers@DE", "customers@US"])
        #expect(try await run("sync").exitCode == 0)
        #expect(try accounts() == "DEAnna USAnn")
        for offline in ["", " --offline"] {
            #expect(try await names("status" + offline) == ["currencies", "customers@DE", "customers@US"])
        }
    }

    @Test func mapsAreChosenByNameAndPartition() async throws {
        #expect(try await names("plan --map customers") == ["customers@DE", "customers@US"])
        #expect(try await names("plan --map customers@US") == ["customers@US"])
        #expect(try await names("plan --partition DE") == ["customers@DE"])
        #expect(try await names("plan --partition DE --partition US") == ["customers@DE", "customers@US"])
        #expect(try await names("plan --map currencies") == ["currencies"])
        #expect(try await run("plan --map currencies@DE").exitCode == 64)
    }

    @Test(arguments: ["plan", "sync", "status", "parked", "conflicts"])
    func whatIsNotThereIsAnErrorThatSaysWhatIs(command: String) async throws {
        func hint(_ arguments: String) async throws -> String {
            let outcome = try await run("\(command) \(arguments) --json")
            #expect(outcome.exitCode == 64)
            let error = try SampleProject.object(outcome.standardError)["error"] as? [String: Any]
            return error?["hint"] as? String ?? ""
        }
        #expect(try await hint("--partition FR") == "there is DE, US")
        #expect(try await hint("--map customers@FR") == "there is customers@DE, customers@US")
        #expect(try await hint("--map orders") == "there is currencies, customers")
    }

    @Test func aPartitionCanBePausedAlone() async throws {
        #expect(try await run("sync").exitCode == 0)
        #expect(try await run("pause --partition US").exitCode == 0)
        try execute("UPDATE customers SET name = name || '!'", in: "erp")
        #expect(try await run("sync").exitCode == 0)
        #expect(try accounts() == "DEAnna! USAnn")
        let waiting = try await maps("status --partition US").first?["waiting"] as? [Int]
        #expect(waiting?[0] ?? 0 > 0)
        #expect(try await run("resume customers").exitCode == 1)
        #expect(try await run("resume customers@US").exitCode == 0)
        #expect(try await run("sync").exitCode == 0)
        #expect(try accounts() == "DEAnna! USAnn!")
    }

    @Test func aSyncOfSomeMapsHoldsTheOthersForTheRun() async throws {
        // The first copy of one partition leaves the other for later.
        #expect(try await names("sync --partition DE") == ["customers@DE"])
        #expect(try accounts() == "DEAnna")
        #expect(try await run("sync").exitCode == 0)
        #expect(try accounts() == "DEAnna USAnn")
        // What a run is not about waits, in order, and nothing of it is lost.
        try execute("UPDATE customers SET name = name || '!'", in: "erp")
        #expect(try await run("sync --map customers@DE").exitCode == 0)
        #expect(try accounts() == "DEAnna! USAnn")
        try execute("UPDATE customers SET name = name || '?'", in: "erp")
        try execute("INSERT INTO customers VALUES ('US', '2', 'Bob')", in: "erp")
        #expect(try await run("sync --map currencies").exitCode == 0)
        #expect(try accounts() == "DEAnna! USAnn")
        #expect(try await run("sync").exitCode == 0)
        #expect(try accounts() == "DEAnna!? USAnn!? USBob")
        let last = try await maps("sync")
        let writes = last.flatMap { map in
            ["toLeft", "toRight"].compactMap { (map[$0] as? [String: Int])?.values.reduce(0, +) }
        }
        #expect(writes.allSatisfy { $0 == 0 } && last.count == 3)
    }

    @Test func aResyncIsForWholeLinks() async throws {
        #expect(try await run("sync --resync --partition DE").exitCode == 64)
    }

    @Test func conflictsAndParkedRecordsAreListedByPartition() async throws {
        #expect(try await run("sync").exitCode == 0)
        try execute("UPDATE customers SET name = 'left'", in: "erp")
        try execute("UPDATE accounts SET name = 'right'", in: "crm")
        #expect(try await run("sync").exitCode == 3)
        func count(_ line: String) async throws -> Int? {
            (try SampleProject.object(try await run(line + " --json").standardOutput)["conflicts"] as? [Any])?.count
        }
        #expect(try await count("conflicts") == 2)
        #expect(try await count("conflicts --partition DE") == 1)
        #expect(try await count("conflicts --map customers") == 2)
        #expect(try await run("conflicts resolve --all --map customers@US --take erp").exitCode == 0)
        #expect(try await count("conflicts --partition US") == 0)
        #expect(try await run("parked --partition DE").exitCode == 0)
    }
}
