internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Plans: what a sync would do, and what is wrong with the data, before anything is written.
extension SyncEngine {
    /// Says, map by map, what ``sync(permissions:)`` would do now, with examples, and what stands in its way: conflicts,
    /// records that would be parked, unique values that clash, probable duplicates, values that no value map lists.
    /// Writes nothing, anywhere.
    ///
    /// The report's digest is the same for the same maps and the same data.
    public func plan(permissions: SyncPermissions = SyncPermissions()) async throws -> SyncReport {
        let recorder = try PlanRecorder(link: link)
        let run = try await begin(permissions, plans: recorder)
        for runtime in run.runtimes where runtime.record.state == .failed && runtime.record.floors != [nil, nil] {
            // A sync would give it another chance.
            try await run.move(runtime, to: .catchingUp)
        }
        for runtime in run.runtimes where permissions.resumesHeld && runtime.record.state == .paused {
            try await run.move(runtime, to: runtime.record.floors == [nil, nil] ? .stopped : .catchingUp)
        }
        let fresh = run.runtimes.filter { needsCopy($0, permissions) }
        let followed = run.runtimes.filter { runtime in
            goesAlong(runtime) && !fresh.contains { $0 === runtime }
        }
        try await copy(fresh, run)
        // What waited for a map while it was held comes by itself, from where it was held.
        for runtime in followed where runtime.record.heldFrom != [nil, nil] {
            for side in Side.allCases {
                try await planChanges([runtime], side, run, from: runtime.record.heldFrom[side.rawValue])
            }
        }
        let along = followed.filter { $0.record.heldFrom == [nil, nil] }
        for side in Side.allCases { try await planChanges(along, side, run) }
        var report = try await report(run, rounds: 0)
        let surveyed = run.runtimes.filter { runtime in
            runtime.record.state != .failed
                && (!runtime.map.matchRules.isEmpty || (fresh.contains { $0 === runtime } && runtime.isWorthASurvey))
        }
        let surveys = try await PlanSurvey(run: run, runtimes: surveyed).look()
        try await finish(&report, run, recorder, surveys)
        return report
    }

    private func planChanges(
        _ runtimes: [MapRuntime], _ side: Side, _ run: SyncRun, from held: Position? = nil
    ) async throws {
        var runtimes = runtimes
        while !runtimes.isEmpty, let start = held ?? start(of: runtimes, side, run) {
            let attempt = try await run.plans?.beginAttempt()
            do {
                let pump = ChangePump(run: run, side: side, lane: link.lane(from: side), runtimes: runtimes)
                _ = try await pump.pump(after: start, upTo: nil)
                return
            } catch let stopped as MapStopped {
                // The others are planned anew without it, from the beginning: what was counted so far is not.
                runtimes.removeAll { $0.map.name == stopped.map }
                for runtime in runtimes { runtime.forgetCounts(writing: side.opposite) }
                if let attempt { try await run.plans?.revert(attempt) }
                guard let runtime = run.runtime(stopped.map) else { return }
                try await run.move(runtime, to: .failed, reason: stopped.reason)
            }
        }
    }

    private func finish(
        _ report: inout SyncReport, _ run: SyncRun, _ recorder: PlanRecorder, _ surveys: [String: MapSurvey]
    ) async throws {
        let stores = Side.allCases.map(link.store)
        let summaries = try await recorder.world.summaries(
            link.maps.map { PlanWorld.MapHead(name: $0.name, fingerprint: $0.fingerprint) })
        var whole = PieceDigest()
        for index in report.maps.indices {
            let name = report.maps[index].map
            var plan = recorder.plan(name, stores: stores)
            let summary = summaries[name] ?? PlanWorld.Summary()
            plan.collisions = summary.collisions
            if let survey = surveys[name] {
                plan.survey = survey.counts
                plan.unmapped = survey.unmapped
                plan.duplicates = survey.duplicates
            }
            var digest = PieceDigest()
            digest.update(piece: name.utf8)
            digest.update(piece: summary.digest.utf8)
            digest.update(piece: recorder.digest(name).utf8)
            digest.update(piece: run.runtime(name)?.record.state == .failed ? "failed".utf8 : "".utf8)
            plan.digest = digest.hexadecimal()
            plan.wouldStop = run.runtime(name)?.record.state == .failed
            whole.update(piece: plan.digest.utf8)
            report.maps[index].samples = PlanSample.worstFirst(recorder.samples(name) + summary.samples)
            report.maps[index].plan = plan
        }
        report.digest = whole.hexadecimal()
    }
}

extension MapRuntime {
    /// Whether looking at all records tells more than planning alone: some may be outside a filter or a value map.
    fileprivate var isWorthASurvey: Bool {
        map.plans.contains { plan in plan.map { $0.hasSourceFilter || !$0.valueMapColumns.isEmpty } ?? false }
    }
}

extension PlanSample {
    /// Conflicts, collisions and parked records before deletes, updates and inserts; within each as they were chosen.
    static func worstFirst(_ samples: [PlanSample]) -> [PlanSample] {
        let order = ["conflict", "collision", "park", "delete", "update", "insert"]
        return samples.enumerated().sorted { left, right in
            let ranks = [left, right].map { order.firstIndex(of: $0.element.action) ?? order.count }
            return ranks[0] == ranks[1] ? left.offset < right.offset : ranks[0] < ranks[1]
        }.map(\.element)
    }
}
