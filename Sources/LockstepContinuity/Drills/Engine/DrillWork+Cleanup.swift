import LockstepMapping

extension DrillWork {
    /// Ends every scratch store, and looks whether it is gone. The state of the drill afterwards.
    func cleaned() async -> DrillWork {
        var work = self
        await work.cleanUp()
        return work
    }

    private mutating func cleanUp() async {
        let provisional = DrillVerdict.outcome(
            checks: checks, objectives: [], hasFindings: !findings.isEmpty, completed: !wasInterrupted)
        cleanup.kept = plan.keeping == .onFailure && !provisional.isPass && !wasInterrupted && !requests.isEmpty
        for request in requests.reversed() { cleanup.items.append(await discard(request)) }
        cleanup.verified = cleanup.items.allSatisfy { $0.verified && ($0.dropped || cleanup.kept) }
        if !requests.isEmpty { mark(.cleanedUp) }
        if cleanup.kept {
            find(.minor, "Scratch stores were kept for looking at: drop them when done.", about: "cleanup")
        }
        guard !requests.isEmpty, !cleanup.kept else { return }
        let left = cleanup.items.flatMap(\.remains)
        add(
            DrillCheck(
                id: "cleanup.scratch", level: .cleanup, name: "Nothing is left of the scratch stores",
                expected: "nothing", actual: left.isEmpty && cleanup.verified ? "nothing" : "\(left.count) things",
                result: cleanup.verified ? .pass : .fail,
                reason: cleanup.verified
                    ? nil : Self.listed(left + cleanup.items.compactMap(\.reason))))
    }

    private func discard(_ request: ScratchRequest) async -> DrillReport.Cleanup.Item {
        var item = DrillReport.Cleanup.Item(
            store: request.store, name: request.name, dropped: false, verified: false, remains: [], reason: nil)
        guard !untouchable.contains(request.name) else {
            item.reason = "\(request.name) turned out not to be isolated, so nothing of it was touched"
            return item
        }
        if cleanup.kept {
            item.verified = true
            return item
        }
        do {
            try await world.discard(request)
            item.dropped = true
            item.remains = try await world.remains(of: request)
            item.verified = item.remains.isEmpty
        } catch {
            item.reason = words(error)
            // What it left is still worth knowing.
            item.remains = (try? await world.remains(of: request)) ?? []
        }
        return item
    }
}
