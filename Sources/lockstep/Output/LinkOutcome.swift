import LockstepSync

/// What became of one link in a run: a report, or the reason why there is none.
struct LinkOutcome: Sendable {
    var link: String
    var report: SyncReport?
    var failure: Failure?

    init(report: SyncReport) {
        link = report.link
        self.report = report
    }

    init(link: String, failure: Failure) {
        self.link = link
        self.failure = failure
    }

    var status: ExitStatus {
        if let failure { return failure.status }
        guard let report else { return .done }
        if report.hasFailures { return .failed }
        return report.openConflicts > 0 || report.parked > 0 ? .partial : .done
    }

    /// As the history names it.
    var runOutcome: String {
        switch status {
        case .done: "done"
        case .partial: "partial"
        case .interrupted: "interrupted"
        case .failed, .late, .different, .noProject, .locked, .credentials, .usage: "failed"
        }
    }

    /// One line for the history.
    var summary: String {
        guard let report else { return failure.map { "\($0.code): \($0.message)" } ?? "" }
        var parts = [DisplayText.count(report.changes, "record") + " written"]
        if report.openConflicts > 0 { parts.append(DisplayText.count(report.openConflicts, "open conflict")) }
        if report.parked > 0 { parts.append("\(report.parked) parked") }
        let failed = report.maps.count { $0.state == "failed" }
        if failed > 0 { parts.append(DisplayText.count(failed, "map") + " failed") }
        return parts.joined(separator: ", ")
    }
}

/// The outcomes of a run as programs read them.
struct LinkOutcomes: Encodable {
    struct Item: Encodable {
        var link: String
        var status: String
        var rounds: Int?
        /// Of plans: what `sync --plan` takes, and the whole digest.
        var plan: String?
        var digest: String?
        var verdict: PlanVerdict?
        var maps: [MapReport]?
        var error: ErrorBody.Content?
    }

    var links: [Item]

    init(links outcomes: [LinkOutcome]) {
        links = outcomes.map {
            Item(
                link: $0.link, status: $0.runOutcome, rounds: $0.report?.rounds,
                plan: $0.report.flatMap { PlanDigest($0) }?.description, digest: $0.report?.digest,
                verdict: $0.report?.digest == nil ? nil : PlanVerdict([$0]), maps: $0.report?.maps,
                error: $0.failure.map(ErrorBody.Content.init))
        }
    }
}
