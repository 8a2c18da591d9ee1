import LockstepMapping

/// What came of a step.
struct StepResult {
    var result: DrillReport.Step.Result
    var reason: String?
    var stores: [String] = []
    var rows: Int64?
    var bytes: Int64?

    static func done(_ stores: [String] = []) -> StepResult { StepResult(result: .done, stores: stores) }
    static func failed(_ reason: String, _ stores: [String] = []) -> StepResult {
        StepResult(result: .failed, reason: reason, stores: stores)
    }
    static func skipped(_ reason: String, _ stores: [String] = []) -> StepResult {
        StepResult(result: .skipped, reason: reason, stores: stores)
    }
}

extension DrillWork {
    /// Takes a step, or says why not. A step that fails does not end the drill.
    mutating func take(_ step: DrillStep, in group: String) async {
        progress(.began(step: step.name, group: group))
        let start = mono
        let startUTC = utc
        note("step \(step.word) begins: \(step.name)")
        wasInterrupted = wasInterrupted || Task.isCancelled
        let outcome: StepResult
        if wasInterrupted {
            outcome = .skipped("the drill was interrupted", stores(of: step))
        } else if let reason = obstacle(to: step) {
            outcome = .skipped(reason, stores(of: step))
        } else {
            outcome = await perform(step)
        }
        if outcome.result == .skipped { skip(step, outcome.reason ?? "") }
        wasInterrupted = wasInterrupted || Task.isCancelled
        steps.append(
            DrillReport.Step(
                number: steps.count + 1, group: group, name: step.name, kind: step.word, stores: outcome.stores,
                isManual: step.word == "confirm", utc: startUTC, mono: start, seconds: mono - start,
                rows: outcome.rows, bytes: outcome.bytes, result: outcome.result, reason: outcome.reason))
        note("step \(step.word) ends: \(outcome.result.rawValue)\(outcome.reason.map { " (\($0))" } ?? "")")
        progress(.ended(step: step.name, result: outcome.result, reason: outcome.reason))
    }

    private mutating func perform(_ step: DrillStep) async -> StepResult {
        switch step.action {
        case .verify(let share):
            let before = checks.count
            await verify(share: share)
            let problem = checks[before...].first { $0.result == .fail }?.reason
            return problem.map { .failed($0) } ?? .done()
        case .restore(let stores, let entities): return await restore(stores.map(\.value), entities)
        case .query(let store, let sql, let expected): return await query(step, store.value, sql, expected)
        case .records(let store, let entity, let rule, let condition):
            return await count(step, store.value, entity, rule, condition.value)
        case .command(let text, let exitCode): return await command(step, text, exitCode)
        case .confirm(let question, let person): return await confirm(step, question, person)
        case .reconcile(let link): return await reconcile(step, link.value)
        case .sync(let link): return await sync(step, link.value)
        case .failover(let link, let store, let ground):
            return await switchOver(step, .failover, link.value, store.value, ground)
        case .failback(let link, let ground): return await switchOver(step, .failback, link.value, nil, ground)
        }
    }

    /// Which scratch stores the step works on; empty where it concerns all.
    func stores(of step: DrillStep) -> [String] {
        switch step.action {
        case .restore(let stores, _): stores.isEmpty ? snapshotStores : stores.map(\.value)
        case .query(let store, _, _), .records(let store, _, _, _): [store.value]
        case .verify, .command, .confirm, .reconcile, .sync, .failover, .failback: []
        }
    }

    /// The stores of the snapshot that take part.
    var snapshotStores: [String] {
        plan.stores.isEmpty
            ? (snapshot?.cuts.map(\.store).filter { !$0.hasPrefix("_") } ?? []) : plan.stores.map(\.value)
    }

    /// Why a step cannot be taken.
    private func obstacle(to step: DrillStep) -> String? {
        switch step.action {
        case .verify, .restore: return snapshot == nil ? "there is no snapshot" : nil
        case .failover(_, _, .live), .failback(_, .live):
            return settings.live == .allowed ? nil : "steps on the project's own stores were not allowed"
        case .command, .confirm:
            let failed = blocked.keys.sorted()
            return failed.isEmpty ? nil : "\(failed.joined(separator: ", ")) is not there"
        case .query(let store, _, _), .records(let store, _, _, _): return missing(store.value)
        case .reconcile, .sync, .failover(_, _, .scratch), .failback(_, .scratch):
            return blocked.keys.sorted().compactMap(missing).first ?? (scratch.isEmpty ? "nothing was restored" : nil)
        }
    }

    private func missing(_ store: String) -> String? {
        if let reason = blocked[store] { return "\(store) is not there: \(reason)" }
        return scratch[store] == nil ? "\(store) was not restored" : nil
    }

    /// A step that was left out leaves a check that did not pass.
    private mutating func skip(_ step: DrillStep, _ reason: String) {
        let level: DrillCheck.Level =
            switch step.action {
            case .verify: .digests
            case .restore: .restore
            case .query, .records, .command, .confirm: .application
            case .reconcile, .sync: .sync
            case .failover, .failback: .failover
            }
        add(
            DrillCheck(
                id: "\(level.rawValue).step-\(steps.count + 1)", level: level, name: step.name,
                store: stores(of: step).count == 1 ? stores(of: step).first : nil, result: .skipped, reason: reason))
    }

    // MARK: Usable

    /// The recovery time ends here, for each store whose checks passed, and for all where all did.
    mutating func markUsable() {
        guard !wasInterrupted, !scratch.isEmpty || plan.steps.contains(where: { $0.word == "failover" }) else { return }
        let isGood = { (check: DrillCheck) in check.result == .pass || (check.result == .skipped && !check.required) }
        for store in scratch.keys.sorted() {
            let own = checks.filter { $0.store == store || $0.store == nil }
            guard own.allSatisfy(isGood), blocked[store] == nil else { continue }
            let last = steps.last { $0.stores.contains(store) || $0.stores.isEmpty }
            mark(.usable, store: store, at: last.map { declared + .seconds($0.mono + $0.seconds) })
        }
        guard checks.allSatisfy(isGood), blocked.isEmpty else { return }
        mark(.assertionsChecked)
        mark(.usable)
        note("usable")
    }
}
