import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// Live stores that are put back to what they were: nothing of it is unseen, nothing is without a way back.
struct InPlaceRestoreTests {
    private static let towns = "SELECT group_concat(n || '=' || coalesce(t, '-'), ' ') FROM "
    private static let shop = towns + "(SELECT account AS n, city AS t FROM customers ORDER BY 1)"
    private static let crm = towns + "(SELECT number AS n, town AS t FROM contacts ORDER BY 1)"

    /// A project with a repository, synced and backed up.
    private func project() async throws -> SampleProject {
        let project = try await SampleProject()
        try project.replace(
            "links:", with: "repository: {url: \"file:backups\", encryption: none}\nlinks:", in: "lockstep.yaml")
        for command in ["sync", "backup"] {
            let outcome = try await project.run(command)
            try #require(outcome.exitCode == 0, "\(outcome.standardError)")
        }
        return project
    }

    private func damage(_ project: SampleProject) async throws {
        try project.execute(
            """
            UPDATE customers SET city = 'wrong' WHERE account IN ('C-001', 'C-003');
            DELETE FROM customers WHERE account = 'C-002';
            INSERT INTO customers (account, name, city) VALUES ('C-900', 'New', 'Rome')
            """, in: "shop")
        let sync = try await project.run("sync")
        #expect(sync.exitCode == 0, "\(sync.standardError)")
    }

    @Test func whatIsPutBackReachesTheOtherSideWhenPeopleLetIt() async throws {
        let project = try await project()
        let shop = try project.value(Self.shop, in: "shop")
        let crm = try project.value(Self.crm, in: "crm")
        try await damage(project)
        let damaged = try project.value(Self.crm, in: "crm")
        #expect(damaged != crm)

        let restored = try await project.run("restore latest --store shop --in-place")
        #expect(restored.exitCode == 0, "\(restored.standardError)")
        #expect(restored.standardOutput.contains("restore that one to undo this"))
        #expect(restored.standardOutput.contains("Held: customers."))
        #expect(try project.value(Self.shop, in: "shop") == shop)

        #expect(try await project.run("sync").exitCode == 0)
        #expect(try project.value(Self.crm, in: "crm") == damaged, "what is held stays")
        let plan = try await project.run("plan --held")
        #expect(plan.standardOutput.contains("customers"), "\(plan.standardOutput)")
        #expect(try project.value(Self.crm, in: "crm") == damaged, "a plan writes nothing")
        #expect(try await project.run("resume customers").exitCode == 0)
        let sync = try await project.run("sync")
        #expect(sync.exitCode == 0, "\(sync.standardError)")
        #expect(try project.value(Self.crm, in: "crm") == crm)
        #expect(try project.value(Self.shop, in: "shop") == shop)
    }

    @Test func theSafetySnapshotUndoesIt() async throws {
        let project = try await project()
        try await damage(project)
        let damaged = try project.value(Self.shop, in: "shop")
        let outcome = try await project.json("restore latest --store shop --in-place")
        let safety = try #require((outcome["inPlace"] as? [String: Any])?["safetySnapshot"] as? String)
        #expect(try project.value(Self.shop, in: "shop") != damaged)
        let back = try await project.run("restore \(safety) --store shop --in-place")
        #expect(back.exitCode == 0, "\(back.standardError)")
        #expect(try project.value(Self.shop, in: "shop") == damaged)
    }

    @Test func oneRecordComesBackAloneAndASecondTimeChangesNothing() async throws {
        let project = try await project()
        let snapshot = try #require(
            (try await project.json("snapshots")["snapshots"] as? [[String: Any]])?.first?["id"] as? String)
        try await damage(project)
        guard case .text(let damaged) = try project.value(Self.shop, in: "shop") else { return }
        for _ in 0..<2 {
            let outcome = try await project.run(
                "restore \(snapshot) --store shop --entity customers --key C-001 --in-place")
            #expect(outcome.exitCode == 0, "\(outcome.standardError)")
            #expect(
                try project.value(Self.shop, in: "shop") == .text(damaged.replacing("C-001=wrong", with: "C-001=Lyon")))
        }
        let unknown = try await project.run(
            "restore \(snapshot) --store shop --entity customers --key C-777 --in-place --json")
        #expect(unknown.exitCode != 0)
        #expect(try SampleProject.errorCode(unknown) == "LS-ARCHIVE-NOT-FOUND")
        #expect(try await project.run("resume customers").exitCode == 0)
    }

    @Test func aRestoreThatFailsHoldsNothing() async throws {
        let project = try await project()
        try project.execute(
            """
            CREATE TABLE visits (id INTEGER PRIMARY KEY, account TEXT REFERENCES customers);
            INSERT INTO customers (account, name) VALUES ('C-901', 'Later'); INSERT INTO visits VALUES (1, 'C-901')
            """, in: "shop")
        let before = try project.value(Self.shop, in: "shop")
        let outcome = try await project.run("restore latest --store shop --in-place --json")
        #expect(outcome.exitCode != 0)
        #expect(outcome.standardError.contains("visits"), "\(outcome.standardError)")
        #expect(try project.value(Self.shop, in: "shop") == before)
        let status = try await project.run("status")
        #expect(!status.standardOutput.contains("paused"), "\(status.standardOutput)")
    }
}
