import LockstepMapping

/// What a drill leaves open even where it passes. Said in every report, so that nobody takes it for more.
enum DrillScope {
    static func notProved(_ kind: DrillPlan.Kind, selection: DrillPlan.Selection) -> [String] {
        var texts: [String]
        switch kind {
        case .verify:
            texts = [
                "That the data can be restored: nothing was restored.", "How long a recovery takes.",
                "That applications work with restored data.",
            ]
        case .restore:
            texts = [
                "That users and applications can be switched over to restored data.",
                "That a standby store takes over, and gives back what it took.",
                "How long a recovery takes on other hardware, or while the source is being lost.",
            ]
        case .failover:
            texts = ["That the writes come back to the first store (failback).", "That a lost store can be restored."]
        case .failback: texts = ["That a lost store can be restored from the repository."]
        case .full: texts = ["That the people who would do it in earnest are there when it happens."]
        }
        switch selection {
        case .latest: texts.append("That older snapshots can be restored: only the latest was looked at.")
        case .oldest, .random, .id, .at:
            texts.append("That other snapshots can be restored: only this one was looked at.")
        }
        return texts
    }
}

extension DrillReport.Source {
    /// How a plan chooses, in words.
    static func words(_ selection: DrillPlan.Selection) -> String {
        switch selection {
        case .latest: "latest"
        case .oldest: "oldest"
        case .random: "random"
        case .at(let time): "at \(DrillTime.text(time))"
        case .id(let id): "id \(id)"
        }
    }
}

extension DrillReport.Criteria {
    private struct Frozen: Encodable, Sendable {
        var text: String?
        var objectives: [Promise]
        var assertions: [String]
    }

    /// Fixes what success is.
    init(plan: DrillPlan, frozenAt time: Int64, encode: DrillEncoder) throws {
        text = plan.criteria
        objectives =
            [Promise(store: nil, rtoSeconds: plan.objectives.all.rto, rpoSeconds: plan.objectives.all.rpo)]
            + plan.objectives.stores.sorted { $0.key < $1.key }.map {
                Promise(store: $0.key, rtoSeconds: $0.value.rto, rpoSeconds: $0.value.rpo)
            }
        assertions = plan.steps.filter { ["assert", "command", "confirm"].contains($0.word) }.map(\.name)
        frozenAt = DrillTime.text(time)
        sha256 = ""
        sha256 = try digest(encode)
    }

    /// What ``sha256`` must be.
    func digest(_ encode: DrillEncoder) throws -> String {
        DrillDigest.sha256(try encode(Frozen(text: text, objectives: objectives, assertions: assertions)))
    }
}

extension DrillReport {
    /// The drill as a point among others.
    ///
    /// Where an old snapshot was taken on purpose, its age is no loss.
    var trendPoint: TrendPoint {
        let isJudgedByAge = source.map { $0.selection == "latest" || $0.selection.hasPrefix("at ") } ?? false
        let all = objectives.first { $0.store == nil }
        return TrendPoint(
            id: id, utc: moment(.declared)?.utc ?? "", rtoSeconds: all?.rto.actualSeconds,
            rpoSeconds: isJudgedByAge ? all?.rpo.actualSeconds : nil,
            bytes: targets.isEmpty ? nil : targets.reduce(0) { $0 + $1.bytes },
            outcome: outcome)
    }
}
