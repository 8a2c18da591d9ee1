import Foundation
import LockstepModel
import LockstepTesting
import Testing

/// A link is failed over and back on restored copies, with the engine that does it in earnest.
struct LinkDrillTests {
    private static let there = ["restore: all", "sync: shop-crm", "{failover: shop-crm, to: crm}"]

    @Test func theStandbyTakesTheWritesAndGivesThemBack() async throws {
        let project = try await DrillProject()
        // Something is on its way when the loss happens.
        try project.sample.execute("UPDATE customers SET city = 'Nice' WHERE account = 'C-001'", in: "shop")
        _ = try await project.sample.run("backup")
        try project.plan("full", type: "full", steps: Self.there + ["failback: shop-crm"])
        let outcome = try await project.run("full")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\(outcome.standardError)")
        for step in [3, 4] {
            for rung in ["writes", "fenced", "lost", "doubled"] {
                #expect(try project.check("failover.step-\(step)/\(rung)")["result"] as? String == "pass")
            }
        }
        let log = try project.sample.text("drills/reports/\(try #require(project.reports.last))/log.txt")
        #expect(log.contains("crm.contacts: 3 changed, 1 added"))
        #expect(log.contains("4 writes to crm came back to shop"))
        #expect(try project.sample.value("SELECT count(*) FROM contacts", in: "crm") == .int64(7))
    }

    @Test func theOldPrimaryRefusesWritesMeanwhile() async throws {
        let project = try await DrillProject()
        let write = "{command: \"sqlite3 \\\"${LOCKSTEP_SCRATCH_SHOP#sqlite:}\\\" 'delete from customers'\", exit: 19}"
        try project.plan("full", type: "full", steps: Self.there + [write, "failback: shop-crm"])
        let outcome = try await project.run("full")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\(outcome.standardError)")
    }

    @Test func aWriteThatGoesMissingOnTheWayIsFoundOut() async throws {
        let project = try await DrillProject()
        // The standby loses what it took.
        let loss =
            "{command: \"sqlite3 \\\"${LOCKSTEP_SCRATCH_CRM#sqlite:}\\\" \\\"delete from contacts where number like '%-drill'\\\"\"}"
        try project.plan("full", type: "full", steps: Self.there + [loss, "failback: shop-crm"])
        let outcome = try await project.run("full")
        #expect(outcome.exitCode == 1, "\(outcome.standardOutput)\(outcome.standardError)")
        #expect(try project.check("failover.step-5/lost")["actual"] as? String == "1")
    }

    @Test func aRecordThatOnlyTheOldPrimaryHasIsFoundOut() async throws {
        let project = try await DrillProject()
        // Somebody goes round the fence, and round what follows changes.
        let sql =
            "drop trigger lockstep_drill_fence_0_insert; "
            + "insert into customers (account, name) values ('C-900', 'twice'); "
            + "delete from _lockstep_journal where rowid = (select max(rowid) from _lockstep_journal)"
        let doubling = "{command: \"sqlite3 \\\"${LOCKSTEP_SCRATCH_SHOP#sqlite:}\\\" \\\"\(sql)\\\"\"}"
        try project.plan("full", type: "full", steps: Self.there + [doubling, "failback: shop-crm"])
        let outcome = try await project.run("full")
        #expect(outcome.exitCode == 1, "\(outcome.standardOutput)\(outcome.standardError)")
        #expect(try project.check("failover.step-5/doubled")["actual"] as? String == "1")
        #expect(try project.check("failover.step-5/lost")["actual"] as? String == "0")
    }
}
