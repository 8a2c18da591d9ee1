internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// What comes before the first change: access, maps that cannot run, capture.
extension SyncEngine {
    /// Both stores are asked before anything is left in either: a link that cannot run leaves no traces.
    ///
    /// - Throws: ``SyncError`` with everything that stands in the way.
    func checkAccess(_ run: SyncRun) async throws {
        var isInstalled = true
        for side in Side.allCases where isInstalled {
            isInstalled = try await link.connector(side).identity() != nil
        }
        guard !isInstalled else { return }
        var findings: [String] = []
        for side in Side.allCases {
            var known: Set<AccessFinding> = []
            for request in link.accessRequests(side) {
                for finding in try await link.connector(side).checkAccess(request)
                // What an entity lacks stops the maps that are about it, and says so in their name.
                where finding.severity == .error && !Self.concernsSchema(finding) && known.insert(finding).inserted {
                    let place = finding.entity.map { " (\($0))" } ?? ""
                    findings.append(
                        "\(link.store(side))\(place): \(finding.message) [\(finding.code)]; \(finding.hint)")
                }
            }
        }
        guard findings.isEmpty else {
            throw SyncError(
                .noAccess, findings.joined(separator: "\n"), hint: "nothing was changed; mend it, and sync again")
        }
    }

    private static func concernsSchema(_ finding: AccessFinding) -> Bool {
        finding.entity != nil
            && [ConnectorError.Code.schema.text, "LS-STORE-ENTITY-MISSING"].contains(finding.code)
    }

    func prepare(_ run: SyncRun) async throws {
        try await stopBroken(run)
        for side in Side.allCases {
            try await link.connector(side).installCapture(CaptureRequest(entities: link.capturedEntities(side)))
            if let identity = try await link.connector(side).identity() {
                try await state.setStoreIdentity(link.store(side), identity.text)
            }
        }
        for runtime in run.runtimes {
            // A map that stopped itself is given another chance by each run that a person starts.
            if runtime.record.state == .failed, runtime.record.floors != [nil, nil], !runtime.isLeftOut {
                try await run.move(runtime, to: .catchingUp)
            }
        }
    }

    // MARK: Maps that cannot run

    /// Stops maps that cannot run; what changes from here on waits for them in the stores.
    private func stopBroken(_ run: SyncRun) async throws {
        for index in run.broken.indices {
            // A person holds it, and it waits from there already.
            guard run.broken[index].state != .paused else { continue }
            if [.stopped, .initializing].contains(run.broken[index].state) || run.permissions.isResync {
                run.broken[index].floors = [nil, nil]
                run.broken[index].heldFrom = [nil, nil]
            }
            for side in Side.allCases {
                guard let floor = run.broken[index].floors[side.rawValue],
                    run.broken[index].heldFrom[side.rawValue] == nil
                else { continue }
                let lane = link.lane(from: side)
                let reached = [run.checkpoints[lane], run.idle[lane], floor].compactMap { $0 }.max()
                run.broken[index].heldFrom[side.rawValue] = reached
            }
            run.broken[index].state = .failed
            run.broken[index].reason = link.brokenMaps[index].reason
            try await state.setMap(run.broken[index], actor: "engine", time: environment.now())
        }
    }

    /// A broken map's part of a report.
    func brokenReports(_ run: SyncRun) async throws -> [MapReport] {
        var reports: [MapReport] = []
        for (map, record) in zip(link.brokenMaps, run.broken) {
            var report = MapReport(map: map.name, leftEntity: map.entities[0], rightEntity: map.entities[1])
            report.state = (record.state == .paused ? record.state : .failed).rawValue
            report.reason = map.reason
            report.openConflicts = try await state.conflictCount(link: link.name, map: map.name, status: .open)
            report.parked = try await state.parkedCount(link: link.name, map: map.name)
            reports.append(report)
        }
        return reports
    }
}
