import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// Each documented way to fail: its exit code, its stable code, and that the store is untouched by it.
struct FailureTests {
    @Test(arguments: ["check", "plan", "sync", "status", "conflicts", "parked", "store list", "pause a"])
    func withoutProjectExitsTen(command: String) async throws {
        let folder = try TemporaryFolder("empty")
        let outcome = try await SampleProject.run(SampleProject.words(command) + ["--json"], in: folder.url)
        #expect(outcome.exitCode == 10)
        #expect(try SampleProject.errorCode(outcome) == "LS-CMD-NO-PROJECT")
    }

    @Test(arguments: [
        "bogus", "sync --bogus", "conflicts resolve", "conflicts resolve 1", "sync nolink", "plan --map no",
    ])
    func wrongCommandLineExitsSixtyFour(command: String) async throws {
        let project = try await SampleProject()
        #expect(try await project.run(command).exitCode == 64)
        let outcome = try await project.run(command + " --json")
        #expect(outcome.exitCode == 64)
        #expect(try SampleProject.errorCode(outcome) == "LS-USAGE")
    }

    @Test func checkShowsEverythingAtOnce() async throws {
        let project = try await SampleProject()
        try project.replace("project: sample", with: "project: Sample!", in: "lockstep.yaml")
        try project.replace("{shop: name,", with: "{shop: nme,", in: "mappings/customers.yaml")
        try project.replace("guard: 20%", with: "guard: much", in: "mappings/customers.yaml")
        let outcome = try await project.run("check")
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardOutput.contains("lockstep.yaml:2:"), "\(outcome.standardOutput)")
        #expect(outcome.standardOutput.contains("mappings/customers.yaml:16:"), "\(outcome.standardOutput)")
    }

    @Test func unknownFieldIsFoundWithItsLine() async throws {
        let project = try await SampleProject()
        try project.replace("{shop: email,", with: "{shop: emai,", in: "mappings/customers.yaml")
        let check = try await project.run("check")
        #expect(check.exitCode == 1)
        #expect(check.standardOutput.contains("mappings/customers.yaml:10:12: error LS-MAP-061"))
        #expect(check.standardOutput.contains("did you mean `email`?"))
        #expect(try await project.run("sync").exitCode == 1)
    }

    @Test func missingStoreHidesNothingOfTheOther() async throws {
        let project = try await SampleProject()
        try FileManager.default.removeItem(atPath: project.path("crm.db"))
        try project.execute("ALTER TABLE customers RENAME TO clients", in: "shop")
        let check = try await project.run("check")
        #expect(check.exitCode == 1)
        #expect(check.standardOutput.contains("store crm: error LS-STORE-ABSENT"))
        #expect(check.standardOutput.contains("Not checked against their stores: customers"))
        #expect(!FileManager.default.fileExists(atPath: project.path("crm.db")))
    }

    @Test func readOnlyStoreIsNotWritten() async throws {
        let project = try await SampleProject()
        try project.replace(
            "\"sqlite:crm.db\"}", with: "\"sqlite:crm.db\", options: {access: read-only}}", in: "lockstep.yaml")
        let outcome = try await project.run("sync --json")
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardOutput.contains("LS-STORE-READ-ONLY"), "\(outcome.standardOutput)")
    }

    @Test func wrongOptionIsAnError() async throws {
        let project = try await SampleProject()
        try project.replace("\"sqlite:crm.db\"}", with: "\"sqlite:crm.db\", options: {acess: x}}", in: "lockstep.yaml")
        let check = try await project.run("check")
        #expect(check.exitCode == 1)
        #expect(check.standardOutput.contains("there is no option `acess`"))
    }

    @Test func lockedStoreIsBusy() async throws {
        let project = try await SampleProject()
        try project.replace(
            "\"sqlite:crm.db\"}", with: "\"sqlite:crm.db\", options: {busyTimeoutSeconds: 0}}", in: "lockstep.yaml")
        let other = try SQLiteDatabase(path: project.path("crm.db"))
        try other.execute("BEGIN IMMEDIATE")
        let outcome = try await project.run("store install crm --json")
        #expect(outcome.exitCode == 1)
        #expect(try SampleProject.errorCode(outcome) == "LS-STORE-BUSY")
        other.close()
        #expect(try await project.run("sync").exitCode == 0)
    }

    @Test func secondRunAtTheSameTimeExitsEleven() async throws {
        let project = try await SampleProject()
        try project.replace(
            "\"sqlite:crm.db\"}", with: "\"sqlite:crm.db\", options: {busyTimeoutSeconds: 60}}", in: "lockstep.yaml")
        let other = try SQLiteDatabase(path: project.path("crm.db"))
        try other.execute("BEGIN IMMEDIATE")
        let first = try CommandRun(BuiltCommand.url, ["sync"], folder: project.url)
        while first.isRunning, !FileManager.default.fileExists(atPath: project.path(".lockstep/state.db")) {
            try await Task.sleep(for: .milliseconds(20))
        }
        let second = try await project.run("sync --json")
        #expect(second.exitCode == 11)
        #expect(try SampleProject.errorCode(second) == "LS-STATE-LOCKED")
        other.close()
        #expect(await first.outcome().exitCode == 0)
    }

    @Test func stateOfAnotherProjectIsRefused() async throws {
        let project = try await SampleProject()
        _ = try await project.run("sync")
        try project.replace("project: sample", with: "project: other", in: "lockstep.yaml")
        let outcome = try await project.run("sync --json")
        #expect(outcome.exitCode == 1)
        #expect(try SampleProject.errorCode(outcome) == "LS-STATE-OTHER-PROJECT")
    }

    @Test func stateOfANewerVersionIsRefused() async throws {
        let project = try await SampleProject()
        _ = try await project.run("sync")
        try project.execute("PRAGMA user_version = 9999", in: ".lockstep/state")
        let outcome = try await project.run("sync --json")
        #expect(outcome.exitCode == 1)
        #expect(try SampleProject.errorCode(outcome) == "LS-STATE-NEWER")
    }

    @Test func replacedStoreStopsTheLink() async throws {
        let project = try await SampleProject()
        let other = try await SampleProject()
        _ = try await project.run("sync")
        for end in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: project.path("crm.db" + end))
        }
        try FileManager.default.copyItem(atPath: other.path("crm.db"), toPath: project.path("crm.db"))
        let outcome = try await project.run("sync --json")
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardOutput.contains("LS-SYNC-STORE-REPLACED"))
        #expect(try await project.run("sync --resync").exitCode == 0)
        #expect(try project.value("SELECT count(*) FROM contacts", in: "crm") == .int64(7))
    }

    @Test func storeInTwoLinksIsRefused() async throws {
        let project = try await SampleProject()
        let text = try project.text("lockstep.yaml")
        try project.write(
            text + "  again: {between: [shop, crm], maps: mappings/*.yaml, run: by hand}\n", to: "lockstep.yaml")
        #expect(try await project.run("sync").exitCode == 1)
        #expect(try await project.run("check").standardOutput.contains("LS-CMD-SHARED-STORE"))
    }
}
