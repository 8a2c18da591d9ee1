/// Which snapshots need which: an increment needs its base, or one that stands for the base (increments merged, or a
/// full made without the stores, that end with it).
public struct SnapshotGraph: Sendable {
    private let facts: [String: SnapshotFacts]
    private let standIns: [String: [String]]

    public init(_ snapshots: some Sequence<SnapshotFacts>) {
        var facts: [String: SnapshotFacts] = [:]
        var standIns: [String: [String]] = [:]
        for snapshot in snapshots {
            facts[snapshot.id] = snapshot
            if let last = snapshot.madeOf.last { standIns[last, default: []].append(snapshot.id) }
        }
        self.facts = facts
        self.standIns = standIns.mapValues { $0.sorted() }
    }

    /// What holds the same rows at the same cut: the snapshot itself, and those that stand for it. Only what there is.
    public func equals(of id: String) -> [String] {
        (facts[id] == nil ? [] : [id]) + (standIns[id] ?? [])
    }

    /// The snapshots directly before one, any of which will do; empty for fulls, and where the base is missing.
    public func bases(of id: String) -> [String] {
        guard let snapshot = facts[id], snapshot.kind == .increment, let base = snapshot.base else { return [] }
        return equals(of: base).filter { $0 != id }
    }

    /// The fewest snapshots that together are one at its cut: a full, then increments, the last the one asked for or
    /// what stands for it. Nil where something is missing.
    public func chain(to id: String) -> [String]? { shortest(from: equals(of: id)) }

    /// The same, ending with this very snapshot.
    public func chain(endingWith id: String) -> [String]? { facts[id] == nil ? nil : shortest(from: [id]) }

    /// All that can be reached from a snapshot by its bases, itself not: what is left of a broken chain.
    public func reachable(from id: String) -> Set<String> {
        var found: Set<String> = []
        var waiting = [id]
        while let next = waiting.popLast() {
            for base in bases(of: next) where base != id && found.insert(base).inserted { waiting.append(base) }
        }
        return found
    }

    private func shortest(from starts: [String]) -> [String]? {
        var next: [String: String] = [:]
        var seen = Set(starts)
        var ring = starts
        while !ring.isEmpty {
            var following: [String] = []
            for id in ring {
                if facts[id]?.kind == .full { return path(from: id, next) }
                for base in bases(of: id) where seen.insert(base).inserted {
                    next[base] = id
                    following.append(base)
                }
            }
            ring = following
        }
        return nil
    }

    private func path(from full: String, _ next: [String: String]) -> [String] {
        var path = [full]
        while let last = path.last, let following = next[last] { path.append(following) }
        return path
    }
}
