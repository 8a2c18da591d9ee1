extension Repository {
    /// What it takes to have a snapshot's rows: a full, then increments, the last at the cut asked for. The fewest there
    /// are: merged increments and synthetic fulls stand for what they were made of. Also tombstoned ones, as long as they
    /// are there.
    ///
    /// - Throws: ``ContinuityError``: `notFound` where there is no such snapshot, `missing` where its chain has a gap,
    ///   `damaged` where a record in the chain is not the one that its successor was made on.
    public func chain(to id: String, check: RecordCheck? = nil) async throws -> [StoredSnapshot] {
        try Self.chain(to: id, in: try await survey(check: check))
    }

    /// The same among what a survey found.
    public static func chain(to id: String, in survey: RepositorySurvey) throws -> [StoredSnapshot] {
        let doing = "looking for what a snapshot needs"
        let byID = Dictionary(survey.snapshots.map { ($0.id, $0) }) { first, _ in first }
        let graph = SnapshotGraph(survey.snapshots.map(SnapshotFacts.init))
        guard !graph.equals(of: id).isEmpty else {
            if let fault = survey.faults.first(where: { $0.object == RepositoryLayout.snapshot(id) }) { throw fault }
            throw ContinuityError(
                .notFound, doing: doing, object: id, message: "there is no such snapshot",
                hint: "`lockstep snapshots` lists what there is")
        }
        guard let ids = graph.chain(to: id) else {
            let last = byID[graph.reachable(from: id).min() ?? id]
            throw ContinuityError(
                .missing, doing: doing, object: id,
                message: "its base \(last?.record.base?.id ?? "") is missing or damaged",
                hint: "take the base from a copy of the repository, or use another snapshot")
        }
        let chain = ids.compactMap { byID[$0] }
        try requireLinks(chain, doing: doing)
        return chain
    }

    /// The same, ending with this very snapshot.
    static func chain(endingWith snapshot: StoredSnapshot, in survey: RepositorySurvey) throws -> [StoredSnapshot]? {
        let byID = Dictionary(survey.snapshots.map { ($0.id, $0) }) { first, _ in first }
        let ids = SnapshotGraph(survey.snapshots.map(SnapshotFacts.init)).chain(endingWith: snapshot.id)
        guard let chain = ids?.compactMap({ byID[$0] }), chain.last?.reference == snapshot.reference else { return nil }
        try requireLinks(chain, doing: "reading an increment")
        return chain
    }

    private static func requireLinks(_ chain: [StoredSnapshot], doing: String) throws {
        for (base, snapshot) in zip(chain, chain.dropFirst()) where !base.isBase(of: snapshot) {
            throw replaced(base.id, by: snapshot.id, doing: doing)
        }
    }

    /// Looks at the links between the records: each names the newest snapshot that its writer saw, with its digest, and
    /// its base. So one that was taken away without a tombstone shows, and one that was replaced.
    ///
    /// In a copy a predecessor may be missing for not having been copied: that is no finding there.
    public func brokenLinks(in survey: RepositorySurvey) -> [ContinuityError] {
        let doing = "checking the chain of snapshots"
        let digests = Dictionary(survey.snapshots.map { ($0.id, $0.reference.sha256) }) { first, _ in first }
        var findings: [String: ContinuityError] = [:]
        for snapshot in survey.snapshots {
            for link in [snapshot.record.previous, snapshot.record.base].compactMap({ $0 }) {
                let name = RepositoryLayout.snapshot(link.id)
                if let digest = digests[link.id] {
                    if digest != link.sha256 {
                        findings[link.id] = Self.replaced(link.id, by: snapshot.id, doing: doing)
                    }
                } else if survey.tombstones[link.id]?.tombstone.snapshot != link, !identity.isCopy,
                    !survey.faults.contains(where: { $0.object == name })
                {
                    findings[link.id] = ContinuityError(
                        .missing, doing: doing, object: name,
                        message: "the snapshot was there when \(snapshot.id) was made, and nobody dropped it",
                        hint: "find out who removed it; take it from a copy of the repository")
                }
            }
        }
        return findings.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func replaced(_ id: String, by witness: String, doing: String) -> ContinuityError {
        ContinuityError(
            .damaged, doing: doing, object: RepositoryLayout.snapshot(id),
            message: "the record is not the one that \(witness) was made after: it was replaced",
            hint: "find out who replaced it; take the record from a copy of the repository")
    }
}
