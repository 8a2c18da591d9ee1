import LockstepMapping
import Testing

@testable import LockstepContinuity

@Suite struct DrillVerdictsAreComputedTests {
    private static func check(_ result: DrillCheck.Result, required: Bool = true) -> DrillCheck {
        DrillCheck(id: "c", level: .rows, name: "c", result: result, required: required)
    }

    private static func measured(_ verdict: DrillReport.Measured.Verdict) -> DrillReport.Measured {
        let value = DrillReport.Measured.Value(verdict: verdict)
        let none = DrillReport.Measured.Value(verdict: .notJudged)
        return DrillReport.Measured(store: nil, rto: value, rpo: none)
    }

    @Test(
        arguments: [
            ([check(.pass)], [measured(.met)], false, true, .pass),
            ([check(.pass)], [], false, true, .pass),
            ([check(.pass)], [measured(.met)], true, true, .passWithFindings),
            ([check(.pass), check(.skipped, required: false)], [], false, true, .passWithFindings),
            ([check(.pass), check(.skipped)], [measured(.met)], false, true, .inconclusive),
            ([check(.skipped, required: false)], [], false, true, .inconclusive),
            ([], [measured(.met)], false, true, .inconclusive),
            ([check(.pass)], [measured(.notMeasured)], false, true, .inconclusive),
            ([check(.pass)], [measured(.notJudged)], false, true, .pass),
            ([check(.pass)], [measured(.met)], false, false, .inconclusive),
            ([check(.pass), check(.fail)], [measured(.met)], false, true, .fail),
            ([check(.fail, required: false)], [], false, true, .fail),
            ([check(.pass), check(.fail), check(.skipped)], [], true, false, .fail),
            ([check(.pass)], [measured(.breached)], false, true, .fail),
            ([check(.skipped)], [measured(.breached)], false, true, .fail),
        ] as [([DrillCheck], [DrillReport.Measured], Bool, Bool, DrillOutcome)])
    func theOutcomeFollowsFromChecksAndObjectives(
        checks: [DrillCheck], objectives: [DrillReport.Measured], hasFindings: Bool, completed: Bool,
        outcome: DrillOutcome
    ) {
        #expect(
            DrillVerdict.outcome(
                checks: checks, objectives: objectives, hasFindings: hasFindings, completed: completed) == outcome)
    }

    @Test(
        arguments: [
            (60, 59.9, nil, .met), (60, 60, nil, .met), (60, 60.001, nil, .breached), (60, nil, nil, .notMeasured),
            (nil, 60, nil, .notJudged), (60, 600, "chosen by chance", .notJudged),
        ] as [(Int64?, Double?, String?, DrillReport.Measured.Verdict)])
    func timesAreHeldBesidePromises(
        objective: Int64?, actual: Double?, notJudged: String?, verdict: DrillReport.Measured.Verdict
    ) {
        let value = DrillVerdict.measured(
            objective: objective, actual: actual, notJudged: notJudged, notMeasured: "why")
        #expect(value.verdict == verdict && DrillVerdict.isConsistent(value))
    }

    @Test func aVerdictThatItsFiguresDoNotGiveIsSeen() {
        var value = DrillVerdict.measured(objective: 60, actual: 61)
        value.verdict = .met
        #expect(!DrillVerdict.isConsistent(value))
        value.verdict = .notJudged
        #expect(!DrillVerdict.isConsistent(value))
    }
}
