import Foundation
import LockstepContinuity
import LockstepMapping
import Synchronization

/// Tells of a drill while it runs, step by step, and of its report afterwards.
struct DrillPrinter: Sendable {
    let output: Output
    let progress: ProgressBar
    private let started = ContinuousClock.now
    /// Tables whose rows were as archived, not told yet: each has two checks, and there may be hundreds.
    private let equal = Equal()

    private final class Equal: Sendable {
        let counts = Mutex<[String: Int]>([:])
    }

    init(output: Output, progress: ProgressBar) {
        self.output = output
        self.progress = progress
    }

    // MARK: While it runs

    func begin(_ plan: DrillPlan) {
        output.line("\(output.styled(plan.name.value, .bold)), a drill of type \(plan.kind.value.rawValue)")
        if let scenario = plan.scenario { output.line("  \(DisplayText.safe(scenario))") }
    }

    func show(_ event: DrillProgress) {
        if case .checked(let check) = event, check.level == .rows, check.result == .pass {
            return equal.counts.withLock { $0[check.store ?? "", default: 0] += 1 }
        }
        let told = equal.counts.withLock { counts in
            defer { counts = [:] }
            return counts
        }
        for (store, count) in told.sorted(by: { $0.key < $1.key }) {
            say("  \(output.styled("ok", .green)) All rows are the archive's (\(store))", "\(count) counts and hashes")
        }
        switch event {
        case .began(let step, let group): say("\(group): \(step)")
        case .ended(_, .done, _): break
        case .ended(let step, .failed, let reason): say("\(output.styled("failed", .red)) \(step)", reason)
        case .ended(let step, .skipped, let reason): say("\(output.styled("left out", .yellow)) \(step)", reason)
        case .checked(let check):
            switch check.result {
            case .pass: say("  \(output.styled("ok", .green)) \(check.name)\(of(check))", check.actual)
            case .fail: say("  \(output.styled("FAILED", .red)) \(check.name)\(of(check))", check.reason)
            case .skipped: say("  \(output.styled("skipped", .yellow)) \(check.name)\(of(check))", check.reason)
            }
        }
    }

    private func of(_ check: DrillCheck) -> String { check.store.map { " (\($0))" } ?? "" }

    private func say(_ text: String, _ detail: String? = nil) {
        guard !output.isJSON else { return }
        progress.clear()
        let seconds = Int((ContinuousClock.now - started).components.seconds)
        let (minutes, rest) = (seconds / 60, seconds % 60)
        let time = "\(minutes < 10 ? " " : "")\(minutes):\(rest < 10 ? "0" : "")\(rest)"
        let more = detail.map { ": \(DisplayText.cut(DisplayText.safe($0), to: 140))" } ?? ""
        output.line("\(time)  \(text)\(more)")
        // Seen when it happens, also through a pipe.
        fflush(nil)
    }

    // MARK: Afterwards

    func print(_ published: DrillReportFolder.Published) {
        output.line()
        print(published.report)
        output.line("  report \(published.path)")
        output.line("  page   \(published.pagePath)")
        output.line(published.isSigned ? "  signed; `lockstep drill verify` checks it" : "  NOT SIGNED")
    }

    func print(_ report: DrillReport) {
        let style: Output.Style =
            switch report.outcome {
            case .pass, .passWithFindings: .green
            case .fail: .red
            case .inconclusive: .yellow
            }
        output.line(
            "\(output.styled(report.outcome.rawValue.uppercased(), style))  \(report.plan.id), drill \(report.id)")
        if let source = report.source {
            output.line(
                "  snapshot \(source.snapshot.id) (\(source.selection)\(source.snapshot.choice.map { ": \($0)" } ?? ""))"
            )
        }
        let objectives = report.objectives.filter { objective in
            objective.store == nil || objective.rto.objectiveSeconds != nil || objective.rpo.objectiveSeconds != nil
        }
        for objective in objectives {
            let name = objective.store.map { " of \($0)" } ?? ""
            output.line("  recovery time\(name)   \(Self.words(objective.rto))")
            output.line("  recovery point\(name)  \(Self.words(objective.rpo))")
        }
        let counts = ["pass", "fail", "skipped"].map { word in
            "\(report.checks.count { $0.result.rawValue == word }) \(word == "pass" ? "passed" : word == "fail" ? "failed" : word)"
        }
        output.line("  checks  \(counts.joined(separator: ", "))")
        for finding in report.findings {
            let severity = finding.severity == .major ? output.styled("major", .red) : output.styled("minor", .yellow)
            output.line("  \(finding.id) \(severity) \(DisplayText.safe(finding.text))")
        }
    }

    /// `12.4 s, within 15 min`.
    static func words(_ value: DrillReport.Measured.Value) -> String {
        let actual = value.actualSeconds.map(seconds) ?? "not measured"
        let promise = value.objectiveSeconds.map { DurationWords.format(Int64($0)) } ?? ""
        switch value.verdict {
        case .met: return "\(actual), within \(promise)"
        case .breached: return "\(actual), beyond \(promise)"
        case .notMeasured: return "\(actual): \(value.reason ?? "")"
        case .notJudged: return "\(actual), not judged: \(value.reason ?? "")"
        }
    }

    private static func seconds(_ value: Double) -> String {
        value < 60 ? String(format: "%.2f s", value) : DurationWords.format(Int64(value.rounded()))
    }
}

/// A drill as programs read it; the report itself has everything.
struct DrillForm: Encodable {
    var id: String
    var plan: String
    var outcome: DrillOutcome
    var snapshot: String?
    var objectives: [DrillReport.Measured]
    var failed: [DrillCheck]
    var skipped: [DrillCheck]
    var findings: [DrillReport.Finding]
    var report: String
    var page: String
    var sha256: String
    var isSigned: Bool

    init(_ published: DrillReportFolder.Published) {
        let report = published.report
        id = report.id
        plan = report.plan.id
        outcome = report.outcome
        snapshot = report.source?.snapshot.id
        objectives = report.objectives
        failed = report.checks.filter { $0.result == .fail }
        skipped = report.checks.filter { $0.result == .skipped }
        findings = report.findings
        self.report = published.path
        page = published.pagePath
        sha256 = published.reference.reportSha256
        isSigned = published.isSigned
    }
}
