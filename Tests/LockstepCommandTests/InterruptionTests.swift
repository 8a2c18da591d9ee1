import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import Testing

/// Ctrl-C in the middle of a run: nothing is half done, and the next run goes on.
struct InterruptionTests {
    @Test(arguments: [SIGINT, SIGTERM])
    func interruptedSyncExitsOneHundredThirtyAndIsGoneOnFrom(signal: Int32) async throws {
        let project = try await SampleProject()
        try project.replace(
            "\"sqlite:crm.db\"}", with: "\"sqlite:crm.db\", options: {busyTimeoutSeconds: 60}}", in: "lockstep.yaml")
        _ = try await project.run("sync")
        try project.execute("UPDATE customers SET city = 'Nice' WHERE account = 'C-001'", in: "shop")
        // The run cannot get further than the store's lock, so that the signal always meets it at work.
        let other = try SQLiteDatabase(path: project.path("crm.db"))
        try other.execute("BEGIN IMMEDIATE")
        let run = try CommandRun(BuiltCommand.url, ["sync"], folder: project.url)
        try #require(await waitUntilHeld(project, by: run))
        run.signal(signal)
        #expect(await run.waitFor("stopping"))
        other.close()
        let outcome = await run.outcome()
        #expect(outcome.exitCode == 130, "\(outcome.standardOutput)\(outcome.standardError)")
        #expect(outcome.standardError.contains("LS-CMD-INTERRUPTED"))
        #expect(try await project.run("status --offline").standardOutput.contains("interrupted"))
        #expect(try await project.run("sync").exitCode == 0)
        #expect(try project.value("SELECT town FROM contacts WHERE number = 'C-001'", in: "crm") == .text("Nice"))
    }

    @Test func secondSignalEndsAtOnce() async throws {
        let project = try await SampleProject()
        try project.replace(
            "\"sqlite:crm.db\"}", with: "\"sqlite:crm.db\", options: {busyTimeoutSeconds: 60}}", in: "lockstep.yaml")
        let other = try SQLiteDatabase(path: project.path("crm.db"))
        try other.execute("BEGIN IMMEDIATE")
        let run = try CommandRun(BuiltCommand.url, ["sync"], folder: project.url)
        try #require(await waitUntilHeld(project, by: run))
        run.signal(SIGINT)
        #expect(await run.waitFor("stopping"))
        run.signal(SIGINT)
        #expect(await run.outcome().exitCode == 130)
        other.close()
        #expect(try await project.run("sync").exitCode == 0)
    }

    /// Waits until the history says that the run began, which it does inside its lock.
    ///
    /// - Returns: false when the run ended without.
    private func waitUntilHeld(_ project: SampleProject, by run: CommandRun) async throws -> Bool {
        let state = project.path(".lockstep/state.db")
        while run.isRunning {
            // Other tests share the threads that this one runs on.
            try await Task.sleep(for: .milliseconds(20))
            guard FileManager.default.fileExists(atPath: state), let database = try? SQLiteDatabase(path: state) else {
                continue
            }
            defer { database.close() }
            let open = try? database.integer("SELECT count(*) FROM run WHERE finished_at = ''")
            if let open, open > 0 { return true }
        }
        return false
    }
}
