import LockstepMapping

extension DrillWork {
    mutating func reconcile(_ step: DrillStep, _ link: String) async -> StepResult {
        let start = mono
        do {
            let found = try await world.reconcile(link: link, scratch: scratch)
            let actual =
                "\(found.equal) equal, \(found.different) different, \(found.onlyFirst) and \(found.onlySecond) on one side only"
            if !found.samples.isEmpty {
                attach("reconcile-\(steps.count + 1).txt", Array(found.samples.map { $0 + "\n" }.joined().utf8))
            }
            if !found.isEqual {
                differences.append(
                    DrillReport.Difference(
                        check: "sync.step-\(steps.count + 1)", store: link, table: nil,
                        expected: "both sides equal", actual: actual, classification: .unclassified,
                        decidedBy: "nobody yet"))
            }
            return conclude(
                step, level: .sync, store: nil, expected: "both sides equal", actual: actual, passes: found.isEqual,
                problem: "the two stores of \(link) do not agree: \(actual)", since: start)
        } catch {
            return conclude(
                step, level: .sync, store: nil, expected: "both sides equal", actual: nil, passes: false,
                problem: words(error), since: start)
        }
    }

    /// The sync goes on from the cut, and comes to rest: two checks.
    mutating func sync(_ step: DrillStep, _ link: String) async -> StepResult {
        let start = mono
        do {
            let found = try await world.sync(link: link, scratch: scratch)
            let resumed = resumption(step, found, since: start)
            let converged = conclude(
                step, level: .sync, suffix: "/converges", says: "comes to rest", store: nil,
                expected: "a second run writes nothing",
                actual: "\(found.firstWrites) written by the first run, \(found.secondWrites) by the second",
                passes: found.secondWrites == 0, problem: "the sync does not come to rest", since: start)
            if found.parked > 0 {
                find(.minor, "\(found.parked) records of \(link) are parked after the restore.", about: nil)
            }
            if found.conflicts > 0 {
                find(.minor, "\(found.conflicts) conflicts of \(link) are open after the restore.", about: nil)
            }
            return resumed.result == .done ? converged : resumed
        } catch {
            return conclude(
                step, level: .sync, store: nil, expected: "goes on, and comes to rest", actual: nil, passes: false,
                problem: words(error), since: start)
        }
    }

    private mutating func resumption(_ step: DrillStep, _ found: ResumedSync, since start: Double) -> StepResult {
        guard let reason = found.comparedAnew else {
            return conclude(
                step, level: .sync, suffix: "/resumes", says: "goes on from the cut", store: nil,
                expected: "goes on from the cut",
                actual: found.resumed ? "goes on from the cut" : "begins anew", passes: found.resumed,
                problem: found.reason ?? "a map could not go on from its position", since: start)
        }
        add(
            DrillCheck(
                id: "sync.step-\(steps.count + 1)/resumes", level: .sync, name: "\(step.name): goes on from the cut",
                expected: "goes on from the cut", actual: "both sides compared anew", result: .skipped, reason: reason,
                required: false, seconds: mono - start))
        return .done()
    }

    /// Four checks: the new primary takes writes, the old one refuses them, nothing is lost, nothing doubled.
    mutating func switchOver(
        _ step: DrillStep, _ direction: SwitchRequest.Direction, _ link: String, _ store: String?,
        _ ground: DrillStep.Ground
    ) async -> StepResult {
        let start = mono
        let request = SwitchRequest(
            direction: direction, link: link, store: store, ground: ground,
            scratch: ground == .scratch ? scratch : [:])
        do {
            let found = try await world.switchOver(request)
            note("\(found.primary) takes the writes of \(link), \(found.drained) changes were drained")
            for text in found.notes { note(text) }
            for text in found.limits { find(.minor, text, about: nil) }
            let seconds = mono - start
            let base = "failover.step-\(steps.count + 1)"
            let told = [
                told("\(base)/writes", "\(found.primary) takes writes", found.takesWrites, seconds),
                told("\(base)/fenced", "The other store refuses writes", found.isFenced, seconds),
                counted("\(base)/lost", "No record is lost", found.lost, seconds),
                counted("\(base)/doubled", "No record is there twice", found.doubled, seconds),
            ]
            for check in told { add(check) }
            let problems = told.filter { $0.result != .pass }.map { $0.reason ?? $0.name }
            return problems.isEmpty ? .done() : .failed(Self.listed(problems))
        } catch {
            return conclude(
                step, level: .failover, store: nil, expected: nil, actual: nil, passes: false, problem: words(error),
                since: start)
        }
    }

    private func told(_ id: String, _ name: String, _ holds: Bool?, _ seconds: Double) -> DrillCheck {
        DrillCheck(
            id: id, level: .failover, name: name, expected: "yes", actual: holds.map { $0 ? "yes" : "no" },
            result: holds.map { $0 ? .pass : .fail } ?? .skipped,
            reason: holds == true ? nil : holds == nil ? "it was not tried" : "\(name): it does not",
            seconds: seconds)
    }

    private func counted(_ id: String, _ name: String, _ count: Int64?, _ seconds: Double) -> DrillCheck {
        DrillCheck(
            id: id, level: .failover, name: name, expected: "0", actual: count.map(String.init),
            result: count.map { $0 == 0 ? .pass : .fail } ?? .skipped,
            reason: count == 0 ? nil : count.map { Self.counted(Int($0), "record") } ?? "it was not compared",
            seconds: seconds)
    }
}
