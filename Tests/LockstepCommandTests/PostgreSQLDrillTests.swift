import Foundation
import LockstepTesting
import Testing

/// Drills of a PostgreSQL store: in a cluster of its own, on a server, and where they are killed.
struct PostgreSQLDrillTests {
    /// A synced project with one store on a server, and a backup; nil where this version cannot back such stores up, and
    /// says so.
    private func project(_ server: PostgreSQLServer, _ database: String) async throws -> SampleProject? {
        let url = try server.createDatabase(database)
        try server.execute(
            """
            create table contacts (id serial primary key, number text not null unique, full_name text not null,
                mail text, town text, blocked integer not null default 0, modified_on timestamp not null default now());
            insert into contacts (number, full_name, town) values ('C-001', 'Ada Moreau', 'Lyon'), ('C-008', 'Hana', 'Oslo')
            """, database: database)
        let project = try await SampleProject()
        try project.replace("\"sqlite:crm.db\"", with: "\"\(url)\"", in: "lockstep.yaml")
        _ = try await project.run("keys new keys")
        try project.replace(
            "links:",
            with:
                "repository: {url: \"file:backups\", encryption: none, signingKey: {file: keys/signing}}\nlinks:",
            in: "lockstep.yaml")
        let sync = try await project.run("sync")
        try #require(sync.exitCode == 0, "\(sync.standardError)")
        let backup = try await project.run("backup")
        guard backup.exitCode == 0 else {
            #expect(backup.standardError.contains("PostgreSQL stores cannot be backed up or restored"))
            return nil
        }
        try FileManager.default.createDirectory(atPath: project.path("drills"), withIntermediateDirectories: true)
        return project
    }

    private func write(_ head: [String], steps: [String], to project: SampleProject) throws {
        let lines = ["drill: pg"] + head + ["groups:", "  - name: data", "    steps:"] + steps.map { "      - \($0)" }
        try project.write(lines.joined(separator: "\n") + "\n", to: "drills/pg.yaml")
    }

    @Test func aClusterOfItsOwnIsFailedOverToAndBack() async throws {
        let server = try PostgreSQLServer.shared()
        guard let project = try await project(server, "drill_cluster") else { return }
        try write(
            ["type: full", "production: busy"],
            steps: [
                "restore: all", "{assert: seven, store: crm, sql: select count(*) from contacts, expect: 6}",
                "{failover: shop-crm, to: crm}", "failback: shop-crm",
            ], to: project)
        let outcome = try await project.run("drill run pg")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\(outcome.standardError)")
        #expect(outcome.standardOutput.contains("ok Sequences are ahead of the keys (crm)"))
        #expect(try server.execute("select count(*) from contacts", database: "drill_cluster") == "6")
        _ = try await project.run("store uninstall crm --yes")
    }

    @Test func aDatabaseOnAServerIsDroppedAlsoAfterAKill() async throws {
        let server = try PostgreSQLServer.shared()
        guard let project = try await project(server, "drill_server") else { return }
        let head = [
            "type: restore", "production: busy", "stores: [crm]",
            "target: {database: {url: \"\(server.url(database: "postgres"))\"}}",
        ]
        let scratch = "select count(*) from pg_database where datname like 'lockstep_drill_%'"
        try write(head, steps: ["restore: crm", "{command: kill -9 $PPID}"], to: project)
        #expect(try await project.run("drill run pg").wasSignalled)
        #expect(try server.execute(scratch) == "1")
        try write(head, steps: ["restore: crm"], to: project)
        let outcome = try await project.run("drill run pg")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\(outcome.standardError)")
        #expect(outcome.standardError.contains("removed what a drill before was killed over"))
        #expect(try server.execute(scratch) == "0")
        // Beside the store itself is weaker than elsewhere, and said.
        #expect(outcome.standardOutput.contains("it shares the server with store `crm`"))
        _ = try await project.run("store uninstall crm --yes")
    }
}
