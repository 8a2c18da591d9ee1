import Foundation
import LockstepTesting
import Testing

/// Drills as people run them: what passes, what does not, and how it ends.
struct DrillCommandTests {
    @Test func aDrillPassesAndLeavesNothingButItsReport() async throws {
        let project = try await DrillProject()
        try project.plan(
            "monthly", ["objectives: {rto: 15m, rpo: 1h}"],
            steps: [
                "restore: all", "{assert: all have names, store: shop, entity: customers, every: name ne ''}",
                "{assert: seven, store: crm, sql: select count(*) from contacts, expect: 7}", "reconcile: shop-crm",
                "sync: shop-crm",
            ])
        let outcome = try await project.run("monthly")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\(outcome.standardError)")
        #expect(outcome.standardOutput.contains("PASS  monthly"))
        #expect(project.scratch.isEmpty)
        #expect(try project.report()["outcome"] as? String == "pass")
        for check in ["isolation.shop", "isolation.production/shop", "engine.crm", "sync.step-5/converges"] {
            #expect(try project.check(check)["result"] as? String == "pass")
        }
        #expect(try await project.sample.run("drill verify").exitCode == 0)
        #expect(try await project.sample.run("drill history").exitCode == 0)
        let shown = try await project.sample.run("drill report --json")
        #expect(shown.standardOutput.contains("\"outcome\":\"pass\""))
    }

    @Test func sshKeygenAcceptsTheSignatureOfAReport() async throws {
        let project = try await DrillProject()
        try project.plan("look", type: "verify", steps: ["verify: data"])
        let outcome = try await project.run("look")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)\(outcome.standardError)")
        let key = try project.sample.text("keys/signing.pub")
        try project.sample.write("auditor \(key)", to: "allowed")
        let path = project.sample.path("drills/reports/\(try #require(project.reports.last)).json")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let program = URL(fileURLWithPath: "/usr/bin/ssh-keygen")
        let arguments = [
            "-Y", "verify", "-f", project.sample.path("allowed"), "-I", "auditor", "-n", "lockstep-drill", "-s",
            path + ".sig",
        ]
        #expect(try await CommandRun.run(program, arguments, input: text).exitCode == 0)
        #expect(try await CommandRun.run(program, arguments, input: text + " ").exitCode != 0)
    }

    @Test func anAssertionThatDoesNotHoldFailsTheDrill() async throws {
        let project = try await DrillProject()
        try project.plan(
            "monthly",
            steps: [
                "restore: shop",
                "{assert: nobody is blocked, store: shop, entity: customers, none: status eq 'blocked'}",
            ])
        let outcome = try await project.run("monthly")
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardOutput.contains("FAILED nobody is blocked"))
        #expect(try project.report()["outcome"] as? String == "fail")
        #expect(project.scratch.isEmpty)
        #expect(try await project.sample.run("drill history").exitCode == 1)
    }

    @Test func aCommandThatTakesTooLongIsEndedAndFails() async throws {
        let project = try await DrillProject()
        try project.plan("slow", steps: ["restore: shop", "{command: sleep 600, timeout: 1s}"])
        let outcome = try await project.run("slow")
        #expect(outcome.exitCode == 1)
        #expect(try project.check("application.step-2")["reason"] as? String == "it did not end within 1s")
    }

    @Test func commandsSeeScratchStoresAndNoSecrets() async throws {
        let project = try await DrillProject()
        try project.plan(
            "monthly",
            steps: [
                "restore: shop",
                "{command: 'test -z \"$SHOP_PASSWORD\" && test -f \"${LOCKSTEP_SCRATCH_SHOP#sqlite:}\"'}",
            ])
        let outcome = try await project.run("monthly", environment: ["SHOP_PASSWORD": "correct horse"])
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)")
    }

    @Test(arguments: ["quiet", "busy"])
    func aWriteToALiveStoreIsSeen(production: String) async throws {
        let project = try await DrillProject()
        try project.plan(
            "wrong", ["production: \(production)"],
            steps: ["restore: shop", "{command: \"sqlite3 shop.db \\\"update customers set city = 'Nice'\\\"\"}"])
        let outcome = try await project.run("wrong")
        let check = try project.check("isolation.production/shop")
        #expect(outcome.exitCode == (production == "quiet" ? 1 : 0))
        #expect(check["result"] as? String == (production == "quiet" ? "fail" : "skipped"))
        #expect(try project.check("isolation.production/crm")["result"] as? String == "pass")
        #expect(try project.report()["outcome"] as? String == (production == "quiet" ? "fail" : "pass-with-findings"))
    }

    @Test func aMissedObjectiveHasAnExitCodeOfItsOwn() async throws {
        let project = try await DrillProject()
        // The loss is said to be long after the last backup.
        try project.plan(
            "late", ["snapshot: {at: \"2099-01-01T00:00:00Z\"}", "objectives: {rpo: 1h}"], steps: ["restore: shop"])
        let outcome = try await project.run("late")
        #expect(outcome.exitCode == 4, "\(outcome.standardOutput)")
        #expect(try project.report()["outcome"] as? String == "fail")
    }

    @Test func aPlanThatWasNeverRunAlthoughItIsDueIsTold() async throws {
        let project = try await DrillProject()
        try project.plan("monthly", ["every: 30d"], steps: ["restore: shop"])
        #expect(try await project.sample.run("drill history").exitCode == 4)
        _ = try await project.run("monthly")
        #expect(try await project.sample.run("drill history").exitCode == 0)
    }

    @Test func withoutAKeyTheHintSaysHowToMakeOne() async throws {
        let project = try await DrillProject(isSigned: false)
        try project.plan("monthly", steps: ["restore: shop"])
        let outcome = try await project.run("monthly", "--json")
        #expect(outcome.exitCode == 12)
        #expect(try SampleProject.errorCode(outcome) == "LS-CMD-NO-KEY")
        #expect(outcome.standardError.contains("lockstep keys new"))
        #expect(project.reports.isEmpty)
        let unsigned = try await project.run("monthly", "--unsigned")
        #expect(unsigned.exitCode == 0)
        #expect(unsigned.standardOutput.contains("NOT SIGNED"))
    }

    @Test func aSnapshotThatCannotBeOpenedFailsTheDrill() async throws {
        let project = try await DrillProject()
        try project.plan("monthly", steps: ["restore: all"])
        let without = try await project.sample.run("drill run monthly --json")
        #expect(without.exitCode == 12)
        #expect(try SampleProject.errorCode(without) == "LS-CMD-NO-KEY")
        #expect(project.reports.isEmpty)
        _ = try await project.sample.run("keys new others")
        let outcome = try await project.sample.run("drill run monthly --identity others/identity")
        #expect(outcome.exitCode == 1)
        #expect((try project.check("restore.shop")["reason"] as? String)?.contains("LS-ARCHIVE-WRONG-KEY") == true)
        #expect(project.scratch.isEmpty)
    }

    @Test(arguments: [true, false])
    func aDamagedRepositoryFailsTheDrill(isGone: Bool) async throws {
        let project = try await DrillProject()
        let parts = project.sample.path("backups/parts")
        let name = try #require(
            FileManager.default.enumerator(atPath: parts)?.compactMap { $0 as? String }.first { $0.hasSuffix(".age") })
        let file = URL(fileURLWithPath: parts + "/" + name)
        if isGone {
            try FileManager.default.removeItem(at: file)
        } else {
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 1
            try FileManager.default.removeItem(at: file)
            try bytes.write(to: file)
        }
        try project.plan("monthly", steps: ["restore: shop"])
        let outcome = try await project.run("monthly")
        #expect(outcome.exitCode == 1)
        // Sizes alone do not show a flipped bit: the restore does.
        #expect(try project.check("digests.archive")["result"] as? String == (isGone ? "fail" : "pass"))
        #expect(try project.check("restore.shop")["result"] as? String == "fail")
        #expect(project.scratch.isEmpty)
    }

    @Test func chanceIsWrittenDownAndCanBeHadAgain() async throws {
        let project = try await DrillProject()
        for _ in 0..<4 { _ = try await project.sample.run("backup") }
        try project.plan("any", ["snapshot: random"], steps: ["restore: shop"])
        var chosen: Set<String> = []
        for seed in [7, 7, 8, 9, 10] {
            let outcome = try await project.run("any", "--seed \(seed)")
            #expect(outcome.exitCode == 0, "\(outcome.standardOutput)")
            let source = try #require(try project.report()["source"] as? [String: Any])
            let snapshot = try #require(source["snapshot"] as? [String: Any])
            #expect((snapshot["choice"] as? String)?.hasPrefix("seed \(seed), number ") == true)
            let id = try #require(snapshot["id"] as? String)
            if seed == 7 { #expect(chosen.isSubset(of: [id])) }
            chosen.insert(id)
        }
        #expect(chosen.count > 1)
    }

    @Test func aQuestionNeedsSomebodyToAnswerIt() async throws {
        let project = try await DrillProject()
        try project.plan("people", steps: ["restore: shop", "{confirm: Is it there?, timeout: 1m}"])
        let refused = try await project.run("people", "--json")
        #expect(refused.exitCode == 64)
        #expect(project.reports.isEmpty)
        let outcome = try await project.run("people", "--unattended")
        #expect(outcome.exitCode == 3)
        #expect(try project.report()["outcome"] as? String == "inconclusive")
    }

    /// Runs a program on a terminal of its own, where somebody types; prints what the terminal shows.
    private static let terminal = """
        import os, pty, sys
        child, terminal = pty.fork()
        if child == 0:
            os.execv(sys.argv[2], sys.argv[2:])
        os.write(terminal, sys.argv[1].encode())
        try:
            while shown := os.read(terminal, 4096):
                sys.stdout.buffer.write(shown)
        except OSError:
            pass
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """

    @Test(
        arguments: [
            ("maybe\ny looks right\n", "1m", "pass", 0 as Int32), ("n it is empty\n", "1m", "fail", 1),
            ("", "1s", "fail", 1),
        ])
    func aPersonAtTheTerminalIsAskedAndHeard(
        typed: String, limit: String, outcome: String, exitCode: Int32
    ) async throws {
        let project = try await DrillProject()
        try project.plan("people", steps: ["restore: shop", "{confirm: Is it there?, timeout: \(limit)}"])
        let run = try await CommandRun.run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["python3", "-c", Self.terminal, typed, BuiltCommand.url.path, "drill", "run", "people"]
                + ["--identity", "keys/identity"], folder: project.sample.url, timeLimitSeconds: 60)
        #expect(run.standardOutput.contains("Is it there?"), "\(run.standardOutput)")
        #expect(run.exitCode == exitCode, "\(run.standardOutput)")
        if typed.isEmpty { #expect(run.standardOutput.contains("nobody answered within 1s")) }
        let report = try project.report()
        #expect(report["outcome"] as? String == outcome)
        let text = try project.sample.text("drills/reports/\(try #require(project.reports.last)).json")
        for remark in typed.split(separator: "\n").filter({ $0.hasPrefix("y") || $0.hasPrefix("n") }) {
            #expect(text.contains(remark.dropFirst(2)))
        }
    }

    @Test func aStoreThatIsLostForGoodIsRehearsedAllTheSame() async throws {
        let project = try await DrillProject()
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: project.sample.path("shop.db" + ending))
        }
        try project.plan("lost", steps: ["restore: all", "reconcile: shop-crm"])
        let outcome = try await project.run("lost")
        #expect(outcome.exitCode == 0, "\(outcome.standardOutput)")
        #expect(try project.check("isolation.production/shop")["actual"] as? String == "there is no file")
        #expect(!FileManager.default.fileExists(atPath: project.sample.path("shop.db")))
    }

    @Test func checkFindsWhatIsWrongWithAPlan() async throws {
        let project = try await DrillProject()
        #expect(try await project.sample.run("check").exitCode == 0)
        try project.plan("wrong", steps: ["restore: shopp"])
        let outcome = try await project.sample.run("check")
        #expect(outcome.exitCode == 1)
        #expect(outcome.standardOutput.contains("drills/wrong.yaml:6:18"), "\(outcome.standardOutput)")
        let run = try await project.run("wrong", "--json")
        #expect(run.exitCode == 1)
        #expect(try SampleProject.errorCode(run) == "LS-CMD-INVALID-PROJECT")
    }

    // MARK: Ends

    @Test func whatAKilledDrillLeftIsRemovedByTheNext() async throws {
        let project = try await DrillProject()
        try project.plan("killed", steps: ["restore: shop", "{command: kill -9 $PPID}"])
        let killed = try await project.run("killed")
        #expect(killed.wasSignalled)
        #expect(project.scratch.count == 1)
        let left = project.sample.path(".lockstep/drills/work")
        #expect(FileManager.default.fileExists(atPath: left))
        #expect(project.reports.isEmpty)
        try project.plan("monthly", steps: ["restore: shop"])
        let next = try await project.run("monthly")
        #expect(next.exitCode == 0)
        #expect(
            next.standardError.contains(
                "removed what a drill before was killed over: lockstep_drill_"))
        #expect(!FileManager.default.fileExists(atPath: left))
        #expect(project.scratch.isEmpty)
    }

    @Test func aDrillThatIsStoppedCleansUpAndSaysSo() async throws {
        let project = try await DrillProject()
        try project.plan("stopped", steps: ["restore: shop", "{command: kill -INT $PPID; sleep 600}"])
        let outcome = try await project.run("stopped")
        #expect(outcome.exitCode == 130)
        #expect(project.scratch.isEmpty)
        #expect(try project.report()["completed"] as? Bool == false)
        #expect(try project.report()["outcome"] as? String == "inconclusive")
    }

    @Test func scratchStoresStayForLookingAtWhereThePlanSaysSo() async throws {
        let project = try await DrillProject()
        try project.plan(
            "kept", ["keep: on-failure"],
            steps: ["restore: shop", "{assert: none, store: shop, sql: select count(*) from customers, expect: 0}"])
        #expect(try await project.run("kept").exitCode == 1)
        #expect(project.scratch.count == 1)
        let again = try await project.run("kept")
        #expect(again.standardError.contains("kept from a drill before"))
        #expect(project.scratch.count == 2)
    }

    /// Whether the cluster can be restored into or not: it is gone afterwards.
    @Test func aClusterOfTheDrillsOwnIsGoneAfterwards() async throws {
        let project = try await DrillProject()
        try project.plan("cluster", ["target: {cluster: temporary}"], steps: ["restore: shop"])
        _ = try await project.run("cluster")
        let cleanup = try #require(try project.report()["cleanup"] as? [String: Any])
        let item = try #require((cleanup["items"] as? [[String: Any]])?.first)
        #expect(item["dropped"] as? Bool == true)
        let name = try #require(item["name"] as? String)
        let place = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        #expect(!FileManager.default.fileExists(atPath: place))
    }
}
