import LockstepMapping

extension DrillWork {
    /// All that was written down, measured beside what was promised. The outcome is computed last.
    func report(_ criteria: DrillReport.Criteria) async -> DrillReport {
        let measured = await objectives()
        var report = DrillReport(
            schema: DrillReport.currentSchema, id: id, project: settings.project,
            plan: DrillReport.PlanReference(
                id: plan.name.value, version: plan.version, sha256: DrillDigest.sha256(plan.source), file: plan.file,
                description: plan.description),
            trigger: settings.trigger, previous: nil, type: plan.kind.value.rawValue, announced: plan.isAnnounced,
            scope: scope, scenario: plan.scenario, criteria: criteria, people: planned + people, assets: assets,
            source: source, host: await world.host(), targets: targets,
            timeline: timeline.sorted { ($0.mono, $0.store ?? "") < ($1.mono, $1.store ?? "") }, steps: steps,
            objectives: measured, trend: trend, checks: checks, differences: differences, completed: !wasInterrupted,
            outcome: .inconclusive, findings: findings + judgedFindings(measured), closedFindings: closed,
            cleanup: cleanup,
            evidence: evidence)
        report.outcome = DrillVerdict.outcome(of: report)
        return report
    }

    /// The log goes with the rest of the evidence.
    var attachments: [FinishedDrill.Attachment] {
        get { ownAttachments + [FinishedDrill.Attachment(name: "log.txt", bytes: log.bytes)] }
        set { ownAttachments = newValue.filter { $0.name != "log.txt" } }
    }

    private var evidence: [DrillReport.Evidence] {
        attachments.map {
            DrillReport.Evidence(name: $0.name, sha256: DrillDigest.sha256($0.bytes), size: $0.bytes.count)
        }
    }

    // MARK: Who and what

    private var planned: [DrillReport.Person] {
        let people = plan.people
        let pairs =
            [("director", people.director)] + people.operators.map { ("operator", $0) }
            + people.observers.map { ("observer", $0) } + [("approver", people.approver)]
        return pairs.compactMap { role, name in
            name.map { DrillReport.Person(role: role, name: $0, identity: nil, answeredAt: nil) }
        }
    }

    private var takingPart: [String] {
        let named = plan.stores.map(\.value)
        if !named.isEmpty { return named }
        return snapshot == nil ? settings.stores : snapshotStores
    }

    private var scope: DrillReport.Scope {
        DrillReport.Scope(
            included: takingPart, excluded: settings.stores.filter { !takingPart.contains($0) },
            notProved: DrillScope.notProved(plan.kind.value, selection: plan.selection.value))
    }

    private var assets: [DrillReport.Asset] {
        takingPart.map { store in
            let asset = plan.assets[store]
            let cut = snapshot?.cut(of: store)
            return DrillReport.Asset(
                store: store, engine: cut?.engine, engineVersion: cut?.engineVersion, role: asset?.role,
                process: asset?.process, tier: asset?.tier, tolerableSeconds: asset?.tolerable)
        }
    }

    private var source: DrillReport.Source? {
        guard let snapshot else { return nil }
        let times = snapshot.cuts.map(\.time)
        let skew = (times.max() ?? 0) - (times.min() ?? 0)
        return DrillReport.Source(
            selection: DrillReport.Source.words(plan.selection.value), snapshot: snapshot,
            ageSeconds: Double(declaredUTC - snapshot.cutTime) / 1_000_000, skewMilliseconds: Double(skew) / 1000)
    }

    private var targets: [DrillReport.Target] {
        scratch.keys.sorted().compactMap { store in
            guard let made = scratch[store] else { return nil }
            let proof = proofs[store]
            return DrillReport.Target(
                store: store, engine: made.engine, engineVersion: made.engineVersion, name: made.request.name,
                place: made.place, rows: made.rows, bytes: made.bytes, isolated: proof?.holds ?? false,
                isolationEvidence: proof?.evidence ?? [], notes: made.notes)
        }
    }

    // MARK: Measured beside promised

    private func objectives() async -> [DrillReport.Measured] {
        var all: [DrillReport.Measured] = [await measured(nil, plan.objectives.all)]
        for store in takingPart { all.append(await measured(store, plan.objectives.stores[store] ?? .init())) }
        return all
    }

    private func measured(_ store: String?, _ objective: DrillPlan.Objective) async -> DrillReport.Measured {
        let usable = timeline.first { $0.name == .usable && $0.store == store }?.mono
        let manual = steps.filter { $0.isManual }.reduce(0.0) { sum, step in
            sum + max(0, min(step.mono + step.seconds, usable ?? 0) - step.mono)
        }
        let point = await recoveryPoint(store)
        let rto = DrillVerdict.measured(
            objective: objective.rto, actual: usable, machine: usable.map { max(0, $0 - manual) },
            notMeasured: "the data was not usable in the end")
        let rpo = DrillVerdict.measured(
            objective: objective.rpo, actual: point.seconds, notJudged: notJudged,
            notMeasured: "there is no snapshot, or it does not have the store")
        return DrillReport.Measured(store: store, rto: rto, rpo: rpo, missedTransactions: point.missed)
    }

    /// Why this drill says nothing about the recovery point.
    private var notJudged: String? {
        switch plan.selection.value {
        case .latest, .at: return nil
        case .oldest: return "the oldest snapshot was taken on purpose"
        case .random: return "a snapshot was taken by chance"
        case .id: return "a certain snapshot was asked for"
        }
    }

    /// From the loss back to the cut, until which every committed row is there: for all stores, to the earliest cut.
    private func recoveryPoint(_ store: String?) async -> (seconds: Double?, missed: Int64?) {
        guard let snapshot else { return (nil, nil) }
        let cuts =
            store.map { name in snapshot.cuts.filter { $0.store == name } }
            ?? snapshot.cuts.filter { takingPart.contains($0.store) }
        guard let oldest = cuts.map(\.time).min() else { return (nil, nil) }
        let loss = if case .at(let time) = plan.selection.value { time } else { declaredUTC }
        var missed: Int64?
        if store != nil, let cut = cuts.first, case .latest = plan.selection.value {
            missed = (try? await world.missedTransactions(of: cut)) ?? nil
        }
        return (Double(loss - oldest) / 1_000_000, missed)
    }

    // MARK: Findings

    private static func title(_ check: DrillCheck) -> String {
        check.store.map { "\(check.name) (\($0))" } ?? check.name
    }

    /// Findings of the plan's last drill whose check passes now.
    private var closed: [DrillReport.ClosedFinding] {
        guard let last = settings.past.last(where: { $0.plan.id == plan.name.value }) else { return [] }
        let passed = Set(checks.filter { $0.result == .pass }.map(\.id))
        let failed = Set(checks.filter { $0.result != .pass }.map(\.id))
        return last.findings.compactMap { finding in
            guard let about = finding.about, passed.contains(about), !failed.contains(about) else { return nil }
            return DrillReport.ClosedFinding(drill: last.id, finding: finding.id, text: finding.text)
        }
    }

    /// Each failed check and breached objective is a finding, so that somebody owns it.
    private func judgedFindings(_ measured: [DrillReport.Measured]) -> [DrillReport.Finding] {
        var texts: [(DrillReport.Finding.Severity, String, String)] = []
        for check in checks where check.result == .fail {
            texts.append((.major, "\(Self.title(check)): \(check.reason ?? "failed").", check.id))
        }
        for check in checks where check.result == .skipped {
            let reason = check.reason ?? "for no reason given"
            texts.append((.minor, "\(Self.title(check)): not looked at, \(reason).", check.id))
        }
        for objective in measured {
            let name = objective.store ?? "all stores"
            for (word, value) in [("Recovery time", objective.rto), ("Recovery point", objective.rpo)] {
                if value.verdict == .breached {
                    texts.append((.major, "\(word) of \(name) is beyond its objective.", "objective.\(name)"))
                } else if value.verdict == .notJudged, value.objectiveSeconds != nil {
                    let reason = value.reason ?? ""
                    texts.append((.minor, "\(word) of \(name) is not judged: \(reason).", "objective.\(name)"))
                }
            }
        }
        if wasInterrupted { texts.append((.major, "The drill was interrupted.", "drill")) }
        return texts.enumerated().map { index, text in
            DrillReport.Finding(
                id: "F\(findings.count + index + 1)", severity: text.0, text: text.1, about: text.2, status: "open")
        }
    }

    /// Drills of the plan that the trend shows.
    private static let longestTrend = 24

    private var trend: [DrillReport.TrendPoint] {
        settings.past.filter { $0.plan.id == plan.name.value }.suffix(Self.longestTrend).map(\.trendPoint)
    }
}
