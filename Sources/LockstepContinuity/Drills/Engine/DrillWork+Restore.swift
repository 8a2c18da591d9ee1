import LockstepMapping

extension DrillWork {
    /// Restores stores one after the other, each with the checks that it must pass.
    mutating func restore(_ named: [String], _ entities: [String: [String]]) async -> StepResult {
        let stores = named.isEmpty ? snapshotStores : named
        var total = StepResult.done(stores)
        (total.rows, total.bytes) = (0, 0)
        if timeline.allSatisfy({ $0.name != .restoreStarted }) { mark(.restoreStarted) }
        for store in stores {
            guard !Task.isCancelled else {
                blocked[store] = "interrupted"
                total.result = .failed
                total.reason = "interrupted"
                break
            }
            if let problem = await restore(store, entities[store]) {
                blocked[store] = problem
                total.result = .failed
                total.reason = "\(store): \(problem)"
            }
            total.rows = (total.rows ?? 0) + (scratch[store]?.rows ?? 0)
            total.bytes = (total.bytes ?? 0) + (scratch[store]?.bytes ?? 0)
        }
        if total.result == .done { mark(.integrityChecked) }
        return total
    }

    /// - Returns: why the store is not there; nil where it is.
    private mutating func restore(_ store: String, _ entities: [String]?) async -> String? {
        guard let snapshot else { return "there is no snapshot" }
        guard snapshot.cut(of: store) != nil else {
            add(restored(store, .fail, "the snapshot does not have it"))
            return "the snapshot does not have it"
        }
        guard scratch[store] == nil else { return nil }
        let request = ScratchRequest(
            store: store, target: plan.target(of: store), name: nextName, entities: entities)
        guard await isIsolated(request) else { return "the scratch place is not proved to be isolated" }
        requests.append(request)
        note("restoring \(store) as \(request.name)")
        let start = mono
        do {
            let made = try await world.restore(request, from: snapshot)
            guard await isStillIsolated(made) else { return "the scratch store is not what it should be" }
            scratch[store] = made
            if let first = made.firstByte { mark(.firstByte, store: store, at: first) }
            if let loaded = made.dataLoaded { mark(.dataLoaded, store: store, at: loaded) }
            mark(.indexesBuilt, store: store, at: made.finished)
            add(restored(store, .pass, nil, seconds: mono - start, "\(made.rows) rows, \(made.bytes) bytes"))
        } catch {
            add(restored(store, .fail, words(error), seconds: mono - start))
            return words(error)
        }
        if let made = scratch[store] { await inspect(made, from: snapshot) }
        return nil
    }

    private func restored(
        _ store: String, _ result: DrillCheck.Result, _ reason: String?, seconds: Double = 0, _ actual: String? = nil
    ) -> DrillCheck {
        DrillCheck(
            id: "restore.\(store)", level: .restore, name: "\(store) is restored", store: store, actual: actual,
            result: result, reason: reason, seconds: seconds)
    }

    // MARK: Isolation

    private mutating func isIsolated(_ request: ScratchRequest) async -> Bool {
        do {
            let proof = IsolationProof(
                scratch: try await world.place(of: request), name: request.name, stores: try await world.places(),
                exists: false)
            record(proof, of: request.store, id: "isolation.\(request.store)", "before anything is restored")
            return proof.holds
        } catch {
            add(
                DrillCheck(
                    id: "isolation.\(request.store)", level: .isolation,
                    name: "The scratch place is none of the project's stores", store: request.store, result: .fail,
                    reason: words(error)))
            return false
        }
    }

    /// Now that it is there, more can be asked. If it is somebody else's after all, nothing of it is dropped.
    private mutating func isStillIsolated(_ made: ScratchStore) async -> Bool {
        let store = made.request.store
        let proof: IsolationProof
        do {
            proof = IsolationProof(
                scratch: made.place, name: made.request.name, stores: try await world.places(), exists: true)
        } catch {
            untouchable.insert(made.request.name)
            add(restored(store, .fail, words(error)))
            return false
        }
        record(proof, of: store, id: "isolation.\(store)/after", "after it was made")
        if !proof.holds { untouchable.insert(made.request.name) }
        return proof.holds
    }

    private mutating func record(_ proof: IsolationProof, of store: String, id: String, _ when: String) {
        let known = proofs[store]?.evidence ?? []
        proofs[store] = proof
        proofs[store]?.evidence = Array(Set(known + proof.evidence)).sorted()
        add(
            DrillCheck(
                id: id, level: .isolation, name: "The scratch place is none of the project's stores, \(when)",
                store: store, actual: proof.summary,
                result: proof.holds ? .pass : .fail,
                reason: proof.holds ? nil : proof.violations.joined(separator: "; ")))
        for weakness in proof.weaknesses where !findings.contains(where: { $0.text.contains(weakness) }) {
            find(.minor, "The scratch store of \(store) is isolated by its name only: \(weakness).", about: id)
        }
    }

    // MARK: The ladder

    private mutating func inspect(_ made: ScratchStore, from snapshot: DrillSnapshot) async {
        let store = made.request.store
        let start = mono
        do {
            let problems = try await world.inspect(made)
            add(
                DrillCheck(
                    id: "engine.\(store)", level: .engine, name: "\(made.engine) finds nothing wrong with itself",
                    store: store, expected: "no problem", actual: Self.counted(problems.count, "problem"),
                    result: problems.isEmpty ? .pass : .fail, reason: problems.isEmpty ? nil : Self.listed(problems),
                    seconds: mono - start))
        } catch { add(failed("engine.\(store)", .engine, "The engine's own check", store, error, start)) }
        let compared = mono
        do {
            let expected = try await world.expected(store, in: snapshot, tables: made.request.entities)
            let actual = try await world.contents(of: made, tables: made.request.entities)
            compare(
                ContentComparison(
                    store: store, expected: expected, actual: actual, isPartial: made.request.entities != nil),
                since: compared)
        } catch { add(failed("rows.\(store)", .rows, "What was restored is compared", store, error, compared)) }
    }

    private mutating func compare(_ comparison: ContentComparison, since start: Double) {
        var found = [comparison.schema] + comparison.rows
        if comparison.expected.tables.isEmpty {
            found.append(
                DrillCheck(
                    id: "rows.\(comparison.store)", level: .rows, name: "There is something to compare",
                    store: comparison.store, result: .skipped, reason: "the archive names no table"))
        }
        if let sequences = comparison.sequences { found.append(sequences) }
        // They were read together; each took about its part.
        let share = (mono - start) / Double(max(1, found.count))
        for var check in found {
            check.seconds = (share * 1_000_000).rounded() / 1_000_000
            add(check)
        }
        differences += comparison.differences
    }

    func failed(
        _ id: String, _ level: DrillCheck.Level, _ name: String, _ store: String?, _ error: any Error, _ start: Double
    ) -> DrillCheck {
        DrillCheck(
            id: id, level: level, name: name, store: store, result: .fail, reason: words(error),
            seconds: mono - start)
    }

    static func counted(_ count: Int, _ word: String) -> String { count == 1 ? "1 \(word)" : "\(count) \(word)s" }

    /// Some of many, for a reason that people read.
    static func listed(_ texts: [String]) -> String {
        texts.prefix(5).joined(separator: "; ") + (texts.count > 5 ? " and \(texts.count - 5) more" : "")
    }
}
