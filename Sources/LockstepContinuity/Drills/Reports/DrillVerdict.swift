/// What came of a drill.
public enum DrillOutcome: String, Sendable, Hashable, Codable, CaseIterable {
    case pass
    case passWithFindings = "pass-with-findings"
    case fail
    /// Something that must be looked at was not: nothing is proved either way.
    case inconclusive

    /// The data came back as promised.
    public var isPass: Bool {
        switch self {
        case .pass, .passWithFindings: true
        case .fail, .inconclusive: false
        }
    }
}

/// Computes the outcome; nobody types it in.
///
/// - *fail*: a check failed, or an objective was breached.
/// - *inconclusive*: else, a required check was skipped, an objective could not be measured, the drill was interrupted, or
///   nothing was checked at all.
/// - *pass with findings*: else, there is a finding, or a check that is not required was skipped.
/// - *pass*: else.
public enum DrillVerdict {
    public static func outcome(of report: DrillReport) -> DrillOutcome {
        outcome(
            checks: report.checks, objectives: report.objectives, hasFindings: !report.findings.isEmpty,
            completed: report.completed)
    }

    public static func outcome(
        checks: [DrillCheck], objectives: [DrillReport.Measured], hasFindings: Bool, completed: Bool
    ) -> DrillOutcome {
        let verdicts = objectives.flatMap { [$0.rto.verdict, $0.rpo.verdict] }
        if checks.contains(where: { $0.result == .fail }) || verdicts.contains(.breached) { return .fail }
        let isOpen =
            !completed || verdicts.contains(.notMeasured) || checks.allSatisfy { $0.result == .skipped }
            || checks.contains { $0.result == .skipped && $0.required }
        if isOpen { return .inconclusive }
        let isPlain = !hasFindings && checks.allSatisfy { $0.result == .pass }
        return isPlain ? .pass : .passWithFindings
    }

    /// How a measured time compares with the promised one.
    ///
    /// - Parameter notJudged: why a drill like this says nothing about it; nil where it does.
    public static func measured(
        objective: Int64?, actual: Double?, machine: Double? = nil, notJudged: String? = nil, notMeasured: String = ""
    ) -> DrillReport.Measured.Value {
        let verdict: DrillReport.Measured.Verdict
        var reason = notJudged
        if objective == nil || notJudged != nil {
            verdict = .notJudged
            reason = notJudged ?? "nothing was promised"
        } else if let objective, let actual {
            verdict = actual <= Double(objective) ? .met : .breached
        } else {
            verdict = .notMeasured
            reason = notMeasured
        }
        return DrillReport.Measured.Value(
            objectiveSeconds: objective.map(Double.init), actualSeconds: actual, machineSeconds: machine,
            verdict: verdict, reason: reason)
    }

    /// Whether a recorded verdict is what its own numbers give.
    static func isConsistent(_ value: DrillReport.Measured.Value) -> Bool {
        switch value.verdict {
        case .met:
            guard let actual = value.actualSeconds, let objective = value.objectiveSeconds else { return false }
            return actual <= objective
        case .breached:
            guard let actual = value.actualSeconds, let objective = value.objectiveSeconds else { return false }
            return actual > objective
        case .notMeasured: return value.objectiveSeconds != nil && value.actualSeconds == nil
        case .notJudged: return value.objectiveSeconds == nil || value.reason?.isEmpty == false
        }
    }
}
