/// What ``Repository/collect(graceSeconds:)`` would take away.
public struct CollectionPlan: Sendable, Hashable {
    /// Snapshots whose tombstone is older than the grace, ascending.
    public var snapshots: [String]
    /// Signatures, manifests and parts that only those need, or nobody.
    public var objects: [ObjectFacts]
    /// Snapshots with a tombstone that stay for now, and why.
    public var held: [String: String]
    /// Unfinished uploads that began before this are swept; microseconds since 1970-01-01T00:00:00Z by the
    /// repository's clock.
    public var before: Int64

    public var bytes: Int64 { objects.reduce(0) { $0 + $1.size } }
}

/// What was taken away, and what could not be.
public struct CollectionOutcome: Sendable, Hashable {
    public var snapshots: [String] = []
    public var objectCount = 0
    public var bytes: Int64 = 0
    /// Of it, what interrupted uploads had left behind.
    public var sweptBytes: Int64 = 0
    public var held: [String: String] = [:]
    /// Objects that the repository refused to delete (rights, object lock), with the refusal. They are asked for again
    /// the next time.
    public var refused: [String: ContinuityError] = [:]
    /// Objects that were not tried any more after many refusals in a row.
    public var notTried = 0

    /// Something that should have gone is still there: an exit in part.
    public var isPartial: Bool { !refused.isEmpty || notTried > 0 }
}

extension Repository {
    /// After so many refusals one after the other the right to delete is missing altogether.
    static let maximumRefusalsInARow = 50

    /// Marks snapshots as to go. They are not listed any more, and gone when ``collect(graceSeconds:)`` runs after the
    /// grace; until then removing the tombstone by hand brings one back.
    ///
    /// - Throws: ``ContinuityError``: `notFound` where there is no such snapshot, `forbidden` where one that stays needs it.
    public func tombstone(_ ids: [String], reason: String) async throws {
        let doing = "dropping snapshots"
        let living = try await snapshots()
        let dropped = Set(ids)
        for id in ids where !living.contains(where: { $0.id == id }) { throw noSnapshot(id, doing: doing) }
        let facts = living.map(SnapshotFacts.init)
        let (before, after) = (SnapshotGraph(facts), SnapshotGraph(facts.filter { !dropped.contains($0.id) }))
        for snapshot in facts where !dropped.contains(snapshot.id) {
            guard before.chain(endingWith: snapshot.id) != nil, after.chain(endingWith: snapshot.id) == nil else {
                continue
            }
            throw ContinuityError(
                .forbidden, doing: doing, object: snapshot.id,
                message: "the snapshot stays, and needs one that is to go",
                hint: "drop it, too, or keep what it needs; `lockstep prune --explain` says which")
        }
        // Newest first: should this end half way, no increment stands without its base.
        for snapshot in living.sorted(by: { $0.record.cutTime > $1.record.cutTime }) where dropped.contains(snapshot.id)
        {
            let tombstone = Tombstone(repository: identity.id, snapshot: snapshot.reference, reason: reason)
            _ = try await store.create(
                RepositoryLayout.tombstone(snapshot.id), bytes: RepositoryJSON.encode(tombstone))
        }
    }

    /// Deletes snapshots whose tombstone is older than the grace by the repository's own clock, then their signatures,
    /// manifests, and the parts that no snapshot refers to. Objects younger than the grace stay: somebody may be making a
    /// snapshot of them. Works as far as it may where deleting is forbidden.
    ///
    /// - Parameter graceSeconds: longer than the longest backup and ``reuseSeconds`` together, unless nobody writes.
    /// - Throws: ``ContinuityError``: also where a record cannot be read, for then nobody knows what it needs.
    public func collect(graceSeconds: Int64) async throws -> CollectionOutcome {
        try await collect(try await collectionPlan(graceSeconds: graceSeconds))
    }

    /// What ``collect(graceSeconds:)`` would do now.
    public func collectionPlan(graceSeconds: Int64) async throws -> CollectionPlan {
        // Read before the records: whatever is younger than this less the grace is left to those who write now.
        let before = try await store.clock() - graceSeconds * 1_000_000
        let survey = try await survey()
        if let fault = survey.faults.first { throw fault }
        let needed = Self.needed(in: survey)
        var plan = CollectionPlan(snapshots: [], objects: [], held: [:], before: before)
        var referred: Set<String> = []
        for snapshot in survey.snapshots {
            if let tombstone = snapshot.tombstone {
                if let witness = needed[snapshot.id] {
                    plan.held[snapshot.id] = "\(witness) needs it"
                } else if tombstone.stored > before {
                    plan.held[snapshot.id] = "its tombstone is younger than the grace"
                } else {
                    plan.snapshots.append(snapshot.id)
                    continue
                }
            }
            referred.formUnion(Self.objects(of: snapshot))
        }
        for folder in [RepositoryLayout.signatures, RepositoryLayout.manifests, RepositoryLayout.parts] {
            plan.objects += try await store.list(folder).filter { $0.modified <= before && !referred.contains($0.name) }
        }
        return plan
    }

    private func collect(_ plan: CollectionPlan) async throws -> CollectionOutcome {
        var outcome = CollectionOutcome()
        outcome.held = plan.held
        var refusals = RefusalCount()
        // A snapshot goes before what it refers to: it is whole or it is not there.
        for id in plan.snapshots {
            if try await delete(RepositoryLayout.snapshot(id), &outcome, &refusals) { outcome.snapshots.append(id) }
        }
        // One that could not be deleted keeps all its objects.
        let kept = try await snapshotsStillThere(plan.snapshots.filter { !outcome.snapshots.contains($0) })
        for object in plan.objects where !kept.contains(object.name) {
            guard try await delete(object.name, &outcome, &refusals) else { continue }
            outcome.objectCount += 1
            outcome.bytes += object.size
        }
        do {
            outcome.sweptBytes = try await store.sweep(before: plan.before)
            outcome.bytes += outcome.sweptBytes
        } catch let fault as ContinuityError where fault.code == .forbidden {
            outcome.refused["unfinished uploads"] = fault
        }
        return outcome
    }

    private struct RefusalCount {
        var inARow = 0
    }

    /// - Returns: whether it is gone.
    private func delete(
        _ name: String, _ outcome: inout CollectionOutcome, _ refusals: inout RefusalCount
    ) async throws -> Bool {
        guard refusals.inARow < Self.maximumRefusalsInARow else {
            outcome.notTried += 1
            return false
        }
        do {
            try await store.delete(name)
            refusals.inARow = 0
            return true
        } catch let fault as ContinuityError where fault.code == .forbidden {
            refusals.inARow += 1
            outcome.refused[name] = fault
            return false
        }
    }

    private func snapshotsStillThere(_ ids: [String]) async throws -> Set<String> {
        var names: Set<String> = []
        for id in ids { names.formUnion(Self.objects(of: try await snapshot(id))) }
        return names
    }

    private static func objects(of snapshot: StoredSnapshot) -> [String] {
        [snapshot.record.manifest.name, RepositoryLayout.signature(snapshot.reference.sha256)]
            + snapshot.record.parts.map(\.name)
    }

    /// The tombstoned snapshots that living ones need, each with one that needs it.
    private static func needed(in survey: RepositorySurvey) -> [String: String] {
        let graph = SnapshotGraph(survey.snapshots.map(SnapshotFacts.init))
        let livingGraph = SnapshotGraph(survey.living.map(SnapshotFacts.init))
        var needed: [String: String] = [:]
        for snapshot in survey.living where livingGraph.chain(endingWith: snapshot.id) == nil {
            // Its base was dropped while it was made, or stood for by one that was: everything on the way stays.
            for base in graph.reachable(from: snapshot.id) where needed[base] == nil { needed[base] = snapshot.id }
        }
        return needed
    }
}
