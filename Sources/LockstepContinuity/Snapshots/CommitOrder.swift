/// The order in which snapshots were made, also where a writer's clock was wrong: each names the newest one that its writer
/// saw, and an increment its base, and is later than these whatever its own time says. Otherwise the cuts decide. One that
/// was made of others stands where the last of these does, whenever that was.
struct CommitOrder {
    /// The latest time of all that came before, and over how many links it was taken over.
    private typealias Place = (time: Int64, links: Int)

    private let places: [String: Place]

    init(_ snapshots: some Sequence<SnapshotFacts>) {
        let facts = Dictionary(snapshots.map { ($0.id, $0) }) { first, _ in first }
        let graph = SnapshotGraph(facts.values)
        var places: [String: Place] = [:]
        var begun: Set<String> = []
        for id in facts.keys {
            // A chain may have thousands of links: the way back is a list, not the call stack.
            var waiting = [id]
            while let next = waiting.last, let snapshot = facts[next] {
                let before = snapshot.madeAfter.flatMap(graph.equals).filter { $0 != next }
                if begun.insert(next).inserted {
                    let unknown = before.filter { places[$0] == nil && !begun.contains($0) }
                    waiting += unknown
                    if !unknown.isEmpty { continue }
                }
                waiting.removeLast()
                let step = snapshot.madeOf.isEmpty ? 1 : 0
                places[next] = before.compactMap { places[$0] }.reduce(into: (snapshot.cutTime, 0)) { place, known in
                    if (known.time, known.links + step) > place { place = (known.time, known.links + step) }
                }
            }
        }
        self.places = places
    }

    /// Whether one was made before the other.
    func isEarlier(_ left: SnapshotFacts, _ right: SnapshotFacts) -> Bool {
        let (first, second) = (place(left), place(right))
        let (isMade, isOtherMade) = (left.madeOf.isEmpty ? 0 : 1, right.madeOf.isEmpty ? 0 : 1)
        return (first.time, first.links, isMade, left.id) < (second.time, second.links, isOtherMade, right.id)
    }

    private func place(_ snapshot: SnapshotFacts) -> Place { places[snapshot.id] ?? (snapshot.cutTime, 0) }
}

extension SnapshotFacts {
    fileprivate var madeAfter: [String] { madeOf.isEmpty ? [previous, base].compactMap { $0 } : madeOf }
}

extension Sequence<StoredSnapshot> {
    /// The oldest first, in the order in which they were made: a clock that was wrong puts none before one that its writer
    /// had seen. What is left out here cannot tell: order first, choose then.
    public func inCommitOrder() -> [StoredSnapshot] {
        let order = CommitOrder(map { SnapshotFacts($0) })
        return sorted { order.isEarlier(SnapshotFacts($0), SnapshotFacts($1)) }
    }
}
