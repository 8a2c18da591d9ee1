import Foundation
import LockstepMapping
import LockstepTesting
import SQLiteAccess
import Testing

@testable import LockstepContinuity

@Suite struct DrillsAreRunTests {
    private static let goodSteps = [
        "restore: all",
        "{assert: nobody owes, store: erp, sql: select count(*) from accounts where credit < 0, expect: 0}",
        "{assert: names, store: crm, entity: accounts, every: name ne null}",
        "{assert: rich ones, store: crm, entity: accounts, count: credit gt 50, expect: {atLeast: 2}}",
        "{command: 'test -s \"${LOCKSTEP_SCRATCH_ERP#sqlite:}\"', name: the file is there}",
        "reconcile: erp-crm", "sync: erp-crm",
    ]

    private func world(_ mischief: DrillRehearsal.Mischief = .init(), answer: DrillAnswer = .unattended) throws
        -> DrillRehearsal
    {
        let world = try DrillRehearsal(mischief: mischief, answer: answer)
        try world.takeSnapshot()
        return world
    }

    private func failures(_ report: DrillReport) -> [String] {
        report.checks.filter { $0.result == .fail }.map(\.id)
    }

    @Test func aGoodDrillPassesAndLeavesNothingBehind() async throws {
        let world = try world()
        let report = try await world.run(try DrillRehearsal.plan(Self.goodSteps)).report
        #expect(report.outcome == .pass, "\(report.findings)")
        #expect(failures(report) == [] && report.findings.isEmpty && report.completed)
        #expect(world.leftovers == [] && report.cleanup.verified && report.cleanup.items.allSatisfy(\.dropped))
        #expect(
            Set(report.checks.map(\.level)).isSuperset(of: [
                .isolation, .digests, .signature, .chain, .restore, .engine, .schema, .rows, .sequences, .application,
                .sync, .cleanup,
            ]))
        #expect(report.checks.contains { $0.id == "rows.erp/hash/accounts" && $0.expected == $0.actual })
        #expect(report.targets.map(\.store) == ["crm", "erp"] && report.targets.allSatisfy(\.isolated))
        #expect(report.targets.allSatisfy { $0.name.hasPrefix("lockstep_drill_") })
        #expect(report.source?.snapshot.id == "snapshot-0" && report.source?.ageSeconds == 45)
        #expect(report.source?.skewMilliseconds == 500)
        #expect(DrillVerification.contradictions(in: report) == [])
    }

    @Test func timesAreThoseOfTheClock() async throws {
        let world = try world(answer: .yes(by: "bob", note: nil))
        let steps = ["restore: all", "{confirm: is it good?, by: Bob}"]
        let report = try await world.run(try DrillRehearsal.plan(steps)).report
        let all = try #require(report.objectives.first { $0.store == nil })
        // Two stores of 60 s, and 120 s of a person.
        let actual = try #require(all.rto.actualSeconds)
        #expect(actual > 240 && actual < 241)
        let machine = try #require(all.rto.machineSeconds)
        #expect(machine > 120 && machine < 121)
        #expect(all.rto.verdict == .met && all.rpo.verdict == .met)
        // The erp store's cut is 45 s old, the crm store's half a second more.
        #expect(all.rpo.actualSeconds == 45.5)
        #expect(report.objectives.first { $0.store == "erp" }?.rpo.actualSeconds == 45)
        let names = report.timeline.map(\.name)
        for name in DrillReport.MomentName.allCases { #expect(names.contains(name), "\(name)") }
        #expect(report.timeline.map(\.mono) == report.timeline.map(\.mono).sorted())
        #expect(report.people.contains { $0.identity == "bob" && $0.answeredAt != nil })
        for moment in report.timeline {
            let utc = try #require(DrillTime.parse(moment.utc))
            #expect(abs(utc - DrillRehearsal.start - Int64(moment.mono * 1_000_000)) < 5000, "\(moment)")
        }
    }

    // MARK: What is wrong is found

    @Test(
        arguments: [
            ("delete from accounts where id = 3", "rows.erp/count/accounts"),
            ("update accounts set credit = 7 where id = 3", "rows.erp/hash/accounts"),
            ("insert into notes (account, body) values (99, 'x')", "engine.erp"),
            ("drop index by_name", "schema.erp"),
            ("alter table accounts add column extra text", "schema.erp"),
            ("drop view rich", "schema.erp"),
            ("drop table notes; create table other (id integer)", "rows.erp/count/notes"),
            ("update sqlite_sequence set seq = 1", "sequences.erp"),
        ])
    func damageInTheScratchStoreFailsTheCheckThatIsForIt(sql: String, check: String) async throws {
        let world = try world(.init(damage: ["erp": sql]))
        let report = try await world.run(try DrillRehearsal.plan(["restore: all"])).report
        #expect(report.outcome == .fail)
        #expect(failures(report).contains(check), "\(failures(report))")
        #expect(failures(report).allSatisfy { $0.contains(".erp") }, "the other store is good")
        #expect(report.objectives.first { $0.store == nil }?.rto.verdict == .notMeasured)
        #expect(report.objectives.first { $0.store == "crm" }?.rto.actualSeconds != nil)
        #expect(report.findings.contains { $0.severity == .major && $0.about == check })
        #expect(world.leftovers == [])
    }

    @Test func whatDiffersIsListed() async throws {
        let world = try world(.init(damage: ["crm": "delete from notes"]))
        let report = try await world.run(try DrillRehearsal.plan(["restore: all"])).report
        #expect(report.differences.map(\.check) == ["rows.crm/count/notes", "rows.crm/hash/notes"])
        #expect(report.differences.first?.expected == "2" && report.differences.first?.actual == "0")
        #expect(report.differences.allSatisfy { $0.classification == .unclassified })
    }

    @Test func aFlippedByteInTheArchiveFailsItsDigest() async throws {
        let world = try world(.init(flippedByte: "crm"))
        let report = try await world.run(try DrillRehearsal.plan(["verify: data"], type: "verify", head: [])).report
        #expect(failures(report) == ["digests.archive"] && report.outcome == .fail)
        #expect(report.checks.first { $0.level == .digests }?.reason?.contains("crm.db") == true)
        #expect(report.targets.isEmpty)
    }

    @Test(
        arguments: [
            "{assert: a, store: erp, sql: select count(*) from accounts, expect: 4}",
            "{assert: a, store: erp, sql: select name from accounts where id = 1, expect: null}",
            "{assert: a, store: erp, sql: 'select id, name from accounts where id < 3', expect: [[1, Ada], [2, Bot]]}",
            "{assert: a, store: erp, sql: select 1 from accounts, expect: {rows: 2}}",
            "{assert: a, store: erp, sql: select max(credit) from accounts, expect: {atMost: 249.99}}",
            "{assert: a, store: erp, sql: select nonsense, expect: 0}",
            "{assert: a, store: erp, sql: delete from accounts, expect: {rows: 0}}",
            "{assert: a, store: erp, entity: accounts, every: credit gt 0}",
            "{assert: a, store: erp, entity: accounts, none: name eq 'Bob'}",
            "{assert: a, store: erp, entity: accounts, count: credit gt 0, expect: 3}",
            "{assert: a, store: erp, entity: nowhere, every: credit gt 0}",
            "{assert: a, store: erp, entity: accounts, every: nowhere gt 0}",
            "{command: exit 3}", "{command: sleep 5, timeout: 1s}", "{confirm: is it good?}",
        ])
    func eachAssertionThatDoesNotHoldFailsTheDrillAndTheRestGoesOn(step: String) async throws {
        let world = try world(answer: .no(by: "bob", note: "it is empty"))
        let last = "{assert: last, store: crm, sql: select count(*) from notes, expect: 2}"
        let report = try await world.run(try DrillRehearsal.plan(["restore: all", step, last])).report
        #expect(report.outcome == .fail)
        #expect(failures(report) == ["application.step-2"])
        #expect(report.steps.map(\.result) == [.done, .failed, .done])
        #expect(report.checks.contains { $0.id == "application.step-3" && $0.result == .pass })
    }

    @Test(
        arguments: [
            "{assert: a, store: erp, sql: select 1.50, expect: 1.5}",
            "{assert: a, store: erp, sql: select body from notes where id = 2, expect: null}",
            "{assert: a, store: erp, sql: 'select id, name from accounts where id < 3', expect: [[1, Ada], [2, Bob]]}",
            "{assert: a, store: erp, sql: select name from accounts where id > 3, expect: {rows: 0}}",
            "{assert: a, store: erp, entity: accounts, none: credit lt 0}",
            "{command: exit 3, exit: 3}",
            "{command: 'test \"$LOCKSTEP_SNAPSHOT\" = snapshot-0'}",
        ])
    func eachAssertionThatHoldsPasses(step: String) async throws {
        let world = try world()
        let report = try await world.run(try DrillRehearsal.plan(["restore: all", step])).report
        #expect(report.outcome == .pass, "\(report.findings)")
    }

    @Test func storesThatDoNotAgreeAreFoundAndSyncedAgain() async throws {
        let world = try world(.init(damage: ["crm": "delete from accounts where id = 3"]))
        let plan = try DrillRehearsal.plan([
            "restore: all", "reconcile: erp-crm", "sync: erp-crm", "reconcile: erp-crm",
        ])
        let report = try await world.run(plan).report
        #expect(report.checks.first { $0.id == "sync.step-2" }?.result == .fail)
        #expect(
            report.checks.first { $0.id == "sync.step-2" }?.actual == "2 equal, 0 different, 1 and 0 on one side only")
        let converges = report.checks.first { $0.id == "sync.step-3/converges" }
        #expect(converges?.actual == "1 written by the first run, 0 by the second" && converges?.result == .pass)
        #expect(report.checks.first { $0.id == "sync.step-4" }?.result == .pass)
    }

    @Test func aSyncThatHadToCompareAnewIsToldAndNotHeldAgainstTheDrill() async throws {
        let world = try world(.init(comparedAnew: "the server's log does not reach back"))
        let report = try await world.run(try DrillRehearsal.plan(["restore: all", "sync: erp-crm"])).report
        let resumes = try #require(report.checks.first { $0.id == "sync.step-2/resumes" })
        #expect(resumes.result == .skipped && resumes.reason == "the server's log does not reach back")
        #expect(report.outcome == .passWithFindings)
    }

    // MARK: Objectives

    @Test func aRecoveryThatTakesTooLongFailsAndIsMeasuredToTheEnd() async throws {
        let world = try DrillRehearsal(restoreTakesSeconds: 600)
        try world.takeSnapshot(ago: 400)
        let report = try await world.run(try DrillRehearsal.plan(["restore: all", "sync: erp-crm"])).report
        let all = try #require(report.objectives.first { $0.store == nil })
        #expect(all.rto.verdict == .breached && all.rpo.verdict == .breached)
        #expect(report.outcome == .fail && report.steps.allSatisfy { $0.result == .done })
        #expect(failures(report) == [])
        #expect(all.rto.marginSeconds.map { $0 < -300 } == true)
    }

    @Test func anOldSnapshotSaysNothingAboutTheRecoveryPoint() async throws {
        let world = try DrillRehearsal()
        try world.takeSnapshot(ago: 90_000)
        try world.takeSnapshot(ago: 10)
        let plan = try DrillRehearsal.plan(
            ["restore: all"], head: ["snapshot: oldest", "objectives: {rto: 15m, rpo: 5m}"])
        let report = try await world.run(plan).report
        let all = try #require(report.objectives.first { $0.store == nil })
        #expect(report.source?.snapshot.id == "snapshot-0" && all.rpo.verdict == .notJudged)
        #expect(report.outcome == .passWithFindings && all.rpo.actualSeconds == 90_000.5)
    }

    @Test func theLossMayHaveBeenEarlier() async throws {
        let world = try DrillRehearsal()
        try world.takeSnapshot(ago: 7200)
        let loss = DrillTime.text(DrillRehearsal.start - 7_000_000_000)
        let plan = try DrillRehearsal.plan(
            ["restore: all"], head: ["snapshot: {at: '\(loss)'}", "objectives: {rpo: 5m}"])
        let all = try await world.run(plan).report.objectives.first { $0.store == nil }
        #expect(all?.rpo.actualSeconds == 200.5 && all?.rpo.verdict == .met)
    }

    // MARK: Skipped is not passed

    @Test func whatNobodyAnsweredIsNotPassed() async throws {
        let world = try world()
        let report = try await world.run(try DrillRehearsal.plan(["restore: all", "{confirm: good?}"])).report
        #expect(report.outcome == .inconclusive && report.steps.last?.result == .skipped)
        #expect(report.objectives.first { $0.store == nil }?.rto.verdict == .notMeasured)
    }

    @Test func aHashThatTheArchiveDoesNotKnowIsNotPassed() async throws {
        let world = try world(.init(tablesWithoutHash: ["notes"]))
        let report = try await world.run(try DrillRehearsal.plan(["restore: all"])).report
        let check = report.checks.first { $0.id == "rows.erp/hash/notes" }
        #expect(check?.result == .skipped && check?.reason == "the increment does not know it")
        #expect(report.outcome == .inconclusive)
    }

    @Test func aRestoreThatFailsSkipsWhatStandsOnItAndNothingElse() async throws {
        let world = try world(.init(restoreFails: ["erp"]))
        let report = try await world.run(
            try DrillRehearsal.plan([
                "restore: all", "{assert: a, store: erp, sql: select 1, expect: 1}",
                "{assert: b, store: crm, sql: select 1, expect: 1}", "{command: exit 0}", "sync: erp-crm",
            ])
        ).report
        #expect(report.outcome == .fail)
        #expect(report.steps.map(\.result) == [.failed, .skipped, .done, .skipped, .skipped])
        #expect(report.steps[1].reason?.contains("LS-ARCHIVE-NOT-FOUND") == true)
        #expect(world.leftovers == [] && report.cleanup.items.count == 2)
    }

    @Test func withoutASnapshotThereIsAReportAllTheSame() async throws {
        let world = try DrillRehearsal()
        let report = try await world.run(try DrillRehearsal.plan(["restore: all"])).report
        #expect(report.outcome == .fail && report.source == nil && failures(report) == ["digests.snapshot"])
        #expect(report.steps.map(\.result) == [.skipped])
    }

    // MARK: Interruption and cleanup

    @Test func aDrillThatIsInterruptedStillReportsAndCleansUp() async throws {
        let world = try world(.init(onRestore: { withUnsafeCurrentTask { $0?.cancel() } }))
        let plan = try DrillRehearsal.plan(["restore: all", "{command: sleep 30}", "sync: erp-crm"])
        let report = try await Task { try await world.run(plan) }.value.report
        #expect(!report.completed && report.outcome == .inconclusive, "\(failures(report))")
        #expect(report.steps.map(\.result) == [.failed, .skipped, .skipped])
        #expect(world.leftovers == [] && report.cleanup.verified)
        #expect(report.findings.contains { $0.text == "The drill was interrupted." })
    }

    @Test func aCommandIsEndedWhenTheDrillIs() async throws {
        let command = DrillCommand(
            text: "sleep 600 & sleep 600", environment: ["PATH": "/usr/bin:/bin"], directory: "/", timeoutSeconds: 900)
        let task = Task { await command.run() }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let outcome = await task.value
        #expect(outcome.cancelled && outcome.exitCode == nil && !outcome.timedOut)
    }

    @Test func aCommandThatPrintsWithoutEndIsEnded() async {
        let outcome = await DrillCommand(
            text: "yes", environment: ["PATH": "/usr/bin:/bin"], directory: "/", timeoutSeconds: 1
        ).run()
        #expect(outcome.timedOut && outcome.output.count == DrillCommand.keptBytes)
    }

    @Test func whatCannotBeRemovedFailsTheDrill() async throws {
        let world = try world(.init(discardFails: true))
        let report = try await world.run(try DrillRehearsal.plan(["restore: [erp]"])).report
        #expect(failures(report) == ["cleanup.scratch"] && report.outcome == .fail && !report.cleanup.verified)
        #expect(report.cleanup.items.first?.remains.count == 1)
    }

    @Test func scratchStoresAreKeptOnFailureWhereThePlanSaysSo() async throws {
        let world = try world(.init(damage: ["erp": "delete from notes"]))
        let head = ["keep: on-failure", "objectives: {rto: 15m}"]
        let report = try await world.run(try DrillRehearsal.plan(["restore: [erp]"], head: head)).report
        #expect(report.cleanup.kept && world.leftovers.count == 1 && report.outcome == .fail)
        let good = try self.world()
        _ = try await good.run(try DrillRehearsal.plan(["restore: [erp]"], head: head))
        #expect(good.leftovers == [])
    }

    // MARK: Failover

    private static let switches = ["restore: all", "{failover: erp-crm, to: crm}", "failback: erp-crm"]

    @Test func aLinkFailsOverAndBack() async throws {
        let world = try world(.init(damage: ["crm": "delete from accounts where id = 3"]))
        // The damage is what the standby had not received yet; only the switch is looked at.
        let report = try await world.run(try DrillRehearsal.plan(Self.switches, type: "full")).report
        let checks = report.checks.filter { $0.level == .failover }
        #expect(checks.count == 8 && checks.allSatisfy { $0.result == .pass }, "\(checks)")
        #expect(report.steps[1...].map(\.result) == [.done, .done])
    }

    @Test func aLostRecordFailsTheFailover() async throws {
        let world = try world(.init(lostRecords: 2))
        let report = try await world.run(try DrillRehearsal.plan(Self.switches, type: "full")).report
        #expect(failures(report) == ["failover.step-2/lost", "failover.step-3/lost"] && report.outcome == .fail)
    }

    @Test func liveStoresAreLeftAloneUnlessAllowed() async throws {
        let world = try world()
        let steps = ["{failover: erp-crm, to: crm, on: live}"]
        let report = try await world.run(try DrillRehearsal.plan(steps, type: "failover")).report
        #expect(report.outcome == .inconclusive)
        #expect(report.steps.first?.reason == "steps on the project's own stores were not allowed")
    }
}
