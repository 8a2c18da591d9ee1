import Foundation
import LockstepMapping
import LockstepTesting
import Testing

@testable import LockstepContinuity

@Suite struct DrillReportsAreChainedTests {
    private static let encode = DrillRehearsal.encode

    /// Stands for a signature: only who knows the word can make it.
    private static let sign: DrillReportFolder.Signer = { "signed \(DrillDigest.sha256(Array("secret".utf8) + $0))" }
    private static let check: DrillVerification.SignatureCheck = { bytes, signature in
        let right = "signed \(DrillDigest.sha256(Array("secret".utf8) + bytes))"
        return Array(right.utf8) == signature ? .good(signer: "SHA256:test") : .bad("the signature does not fit")
    }

    /// A folder with so many reports, of which the second is a failed one.
    private func folder(_ count: Int = 4) async throws -> (DrillReportFolder, TemporaryFolder) {
        let temporary = try TemporaryFolder()
        let folder = DrillReportFolder(directory: temporary.path + "/drills/reports")
        for number in 0..<count {
            let world = try DrillRehearsal(
                mischief: .init(damage: number == 1 ? ["erp": "delete from notes"] : [:]))
            try world.takeSnapshot()
            world.advance(seconds: Double(number) * 86_400)
            let plan = try DrillRehearsal.plan(["restore: [erp]"], head: ["objectives: {rto: 15m}", "every: 2d"])
            let drill = try await world.run(
                plan, past: try folder.stored().compactMap(\.report), seed: UInt64(number + 1))
            _ = try await folder.publish(drill, encode: Self.encode, sign: Self.sign)
        }
        return (folder, temporary)
    }

    private func verify(_ folder: DrillReportFolder, head: ReportReference? = nil) async throws -> DrillVerification {
        await DrillVerification.verify(
            all: try folder.stored(), encode: Self.encode, checkSignature: Self.check,
            evidence: { folder.evidence($1, of: $0) }, knownHead: head)
    }

    private func kinds(_ verification: DrillVerification) -> Set<DrillVerification.Problem.Kind> {
        Set(verification.problems.map(\.kind))
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Changes a report, and signs it anew where the forger has the key.
    private func forge(
        _ folder: DrillReportFolder, _ index: Int, withKey: Bool = true, _ change: (inout DrillReport) -> Void
    ) async throws {
        let stored = try folder.stored()[index]
        var report = try #require(stored.report)
        change(&report)
        let bytes = try Self.encode(report)
        try write(bytes, folder.path(of: stored.name))
        if withKey, let signature = try await Self.sign(bytes) {
            try write(Array(signature.utf8), folder.path(of: stored.name) + ".sig")
        }
    }

    @Test func whatWasWrittenHolds() async throws {
        let (folder, folderFiles) = try await folder()
        defer { withExtendedLifetime(folderFiles) {} }
        let stored = try folder.stored()
        #expect(stored.count == 4)
        let verification = try await verify(folder)
        #expect(verification.holds, "\(verification.problems)")
        #expect(verification.count == 4 && verification.signers == ["SHA256:test"])
        for (before, after) in zip(stored, stored.dropFirst()) {
            #expect(after.report?.previous == ReportReference(id: before.name, reportSha256: before.sha256))
        }
        #expect(stored[0].report?.previous == nil)
        #expect(stored.map { $0.report?.outcome } == [.pass, .fail, .pass, .pass])
        #expect(stored[1].report?.findings.map(\.about) == ["rows.erp/count/notes", "rows.erp/hash/notes"])
        #expect(stored[2].report?.closedFindings.map(\.finding) == ["F1", "F2"])
        #expect(stored[2].report?.closedFindings.allSatisfy { $0.drill == stored[1].name } == true)
        #expect(stored[3].report?.closedFindings == [])
        #expect(stored.last?.report?.trend.map(\.outcome) == [.pass, .fail, .pass])
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.directory)
        for name in stored.map(\.name) {
            #expect(Set(files).isSuperset(of: [name, name + ".html", name + ".json.sig"]))
        }
        #expect(!files.contains { $0.hasSuffix(".unfinished") })
    }

    @Test func aReportIsReadBackAsItWasWritten() async throws {
        let (folder, folderFiles) = try await folder(1)
        defer { withExtendedLifetime(folderFiles) {} }
        let stored = try folder.stored()[0]
        #expect(try Self.encode(try #require(stored.report)) == stored.bytes)
        let text = String(decoding: stored.bytes, as: UTF8.self)
        for part in [
            #""schema":"lockstep.drill/1""#, #""outcome":"pass""#, #""criteria":{"#, #""timeline":["#, #""cleanup":{"#,
            #""evidence":[{"#, #""objectives":["#, #""frozenAt":"#,
        ] { #expect(text.contains(part), "\(part)") }
    }

    @Test func aRemovedReportShows() async throws {
        let (folder, folderFiles) = try await folder()
        defer { withExtendedLifetime(folderFiles) {} }
        let failed = try folder.stored()[1].name
        try FileManager.default.removeItem(atPath: folder.path(of: failed))
        let verification = try await verify(folder)
        #expect(kinds(verification) == [.chainBroken])
        #expect(verification.problems.first?.message.contains(failed) == true)
    }

    @Test func aRemovedEndShowsWhereItIsKnown() async throws {
        let (folder, folderFiles) = try await folder()
        defer { withExtendedLifetime(folderFiles) {} }
        let head = try #require(try folder.head())
        try FileManager.default.removeItem(atPath: folder.path(of: head.id))
        #expect(try await verify(folder).holds, "a chain alone cannot show it")
        #expect(kinds(try await verify(folder, head: head)) == [.headMissing])
    }

    @Test func anEditedReportShowsEvenWithTheKey() async throws {
        let (folder, folderFiles) = try await folder()
        defer { withExtendedLifetime(folderFiles) {} }
        try await forge(folder, 1, withKey: false) { $0.outcome = .pass }
        #expect(kinds(try await verify(folder)) == [.signature, .outcome, .chainBroken])
        try await forge(folder, 1) { $0.outcome = .pass }
        #expect(kinds(try await verify(folder)) == [.outcome, .chainBroken])
        // Also where the checks are made up to fit.
        try await forge(folder, 1) { report in
            for index in report.checks.indices { report.checks[index].result = .pass }
            report.outcome = DrillVerdict.outcome(of: report)
        }
        #expect(kinds(try await verify(folder)).contains(.chainBroken))
    }

    @Test func reportsThatChangePlacesShow() async throws {
        let (folder, folderFiles) = try await folder()
        defer { withExtendedLifetime(folderFiles) {} }
        let stored = try folder.stored()
        for (from, to) in [(1, 2), (2, 1)] {
            try write(stored[from].bytes, folder.path(of: stored[to].name))
            try write(stored[from].signature ?? [], folder.path(of: stored[to].name) + ".sig")
        }
        let found = kinds(try await verify(folder))
        #expect(found.isSuperset(of: [.wrongName, .chainBroken]))
    }

    @Test func aSecondBeginningShows() async throws {
        let (folder, folderFiles) = try await folder()
        defer { withExtendedLifetime(folderFiles) {} }
        try await forge(folder, 2) { $0.previous = nil }
        #expect(kinds(try await verify(folder)).isSuperset(of: [.chainForked, .chainBroken]))
    }

    @Test func aReportThatClaimsAnEarlierTimeShows() async throws {
        let (folder, folderFiles) = try await folder(2)
        defer { withExtendedLifetime(folderFiles) {} }
        try await forge(folder, 1) { report in
            for index in report.timeline.indices { report.timeline[index].utc = "2001-01-01T00:00:00Z" }
        }
        let found = kinds(try await verify(folder))
        #expect(found.contains(.order), "and its figures do not fit the time")
    }

    @Test func figuresThatDoNotFitShow() async throws {
        let (folder, folderFiles) = try await folder(1)
        defer { withExtendedLifetime(folderFiles) {} }
        try await forge(folder, 0) { $0.objectives[0].rto.actualSeconds = 1 }
        #expect(kinds(try await verify(folder)) == [.outcome])
        try await forge(folder, 0) { report in
            report.objectives[0].rto.actualSeconds = report.moment(.usable)?.mono
            report.objectives[0].rpo.actualSeconds = 1
        }
        #expect(kinds(try await verify(folder)) == [.outcome])
        let (other, otherFiles) = try await self.folder(1)
        defer { withExtendedLifetime(otherFiles) {} }
        try await forge(other, 0) { $0.criteria.objectives[0].rtoSeconds = 9000 }
        #expect(kinds(try await verify(other)) == [.criteria, .outcome])
    }

    @Test func evidenceThatIsGoneOrChangedShows() async throws {
        let (folder, folderFiles) = try await folder(2)
        defer { withExtendedLifetime(folderFiles) {} }
        let stored = try folder.stored()
        let log = folder.directory + "/" + stored[0].name + "/log.txt"
        let bytes = try #require(folder.evidence("log.txt", of: stored[0].name))
        #expect(DrillLog.brokenLine(in: bytes) == nil)
        try write(bytes.dropLast(2), log)
        try FileManager.default.removeItem(atPath: folder.directory + "/" + stored[1].name)
        let problems = try await verify(folder).problems
        #expect(problems.map(\.kind) == [.evidence, .evidence])
        #expect(problems.map(\.message) == ["log.txt is not what it was", "log.txt is not there"])
    }

    @Test func aLineTakenOutOfTheLogShows() {
        var log = DrillLog()
        for word in ["one", "two", "three"] { log.add(word, utc: "now", mono: 0) }
        let lines = String(decoding: log.bytes, as: UTF8.self).split(separator: "\n")
        #expect(DrillLog.brokenLine(in: Array("\(lines[0])\n\(lines[2])\n".utf8)) == 2)
    }

    @Test func otherFilesAreNoReports() async throws {
        let (folder, folderFiles) = try await folder(1)
        defer { withExtendedLifetime(folderFiles) {} }
        try write(Array("{}".utf8), folder.path(of: "zzz"))
        let found = try await verify(folder)
        #expect(kinds(found) == [.signature, .unreadable])
        #expect(folder.evidence("../../secret", of: "x") == nil && folder.evidence("x", of: "..") == nil)
        // The chain goes on from the last real report.
        #expect(try folder.head()?.id != "zzz")
    }

    @Test func aReportIsNeverWrittenOver() async throws {
        let (folder, folderFiles) = try await folder(1)
        defer { withExtendedLifetime(folderFiles) {} }
        let before = try folder.stored()
        let world = try DrillRehearsal()
        try world.takeSnapshot()
        let drill = try await world.run(try DrillRehearsal.plan(["restore: [erp]"]), seed: 1)
        #expect(drill.report.id == before[0].name, "the same time and the same seed")
        await #expect(throws: ContinuityError.self) {
            try await folder.publish(drill, encode: Self.encode, sign: Self.sign)
        }
        #expect(try folder.stored() == before)
    }

    @Test func drillsThatEndAtOnceMakeOneChain() async throws {
        let (folder, folderFiles) = try await folder(1)
        defer { withExtendedLifetime(folderFiles) {} }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 10..<14 {
                group.addTask {
                    let world = try DrillRehearsal()
                    try world.takeSnapshot()
                    let drill = try await world.run(
                        try DrillRehearsal.plan(["restore: [erp]"]), seed: UInt64(seed))
                    _ = try await folder.publish(drill, encode: Self.encode, sign: Self.sign)
                }
            }
            try await group.waitForAll()
        }
        let verification = try await verify(folder)
        #expect(verification.count == 5 && verification.holds, "\(verification.problems)")
    }

    // MARK: History

    @Test func historyTellsWhatIsDue() async throws {
        let (folder, folderFiles) = try await folder(2)
        defer { withExtendedLifetime(folderFiles) {} }
        let reports = try folder.stored().compactMap(\.report)
        let plan = try DrillRehearsal.plan(["restore: [erp]"], head: ["every: 2d", "objectives: {rto: 15m}"])
        func state(_ reports: [DrillReport], days: Int64) -> DrillHistory.PlanState.State? {
            DrillHistory(reports: reports, plans: [plan], now: DrillRehearsal.start + days * 86_400_000_000).plans
                .first?
                .state
        }
        #expect(state([], days: 0) == .never)
        #expect(state([reports[0]], days: 1) == .current)
        #expect(state([reports[0]], days: 3) == .overdue)
        #expect(state(reports, days: 1) == .failing, "the last drill failed")
        let history = DrillHistory(reports: reports, plans: [plan], now: DrillRehearsal.start + 259_200_000_000)
        #expect(!history.isHealthy && history.entries.map(\.outcome) == [.fail, .pass])
        #expect(history.plans.first?.overdueSeconds == 86_400)
        #expect(history.lastPassAge(now: DrillRehearsal.start + 60_000_000) == 60)
        let margin = try #require(history.entries.last?.rtoMarginSeconds)
        #expect(margin > 800 && margin < 841)
    }
}
