internal import ConnectorKit

/// The snapshot that an increment is made on, with what is known of its rows.
struct IncrementBase: Sendable {
    let snapshot: StoredSnapshot
    let generation: IndexGeneration
    private let folder: IndexFolder
    /// What it is made on itself, the full first, and it.
    private let chain: [StoredSnapshot]

    /// What an increment is worth: larger chains cost more to restore than a full costs to take.
    private static let smallestChange: Int64 = 1 << 20
    private static let oldestFull: Int64 = 7 * 86_400 * 1_000_000
    /// Clocks that differ by less are usual.
    private static let clockTolerance: Int64 = 60 * 1_000_000

    /// The best base for a snapshot of some stores, or why there is none.
    static func choose(
        for stores: [String], sealing: Sealing, among snapshots: [StoredSnapshot], in folder: IndexFolder,
        repository: String, now: Int64
    ) -> (base: IncrementBase?, reason: String) {
        let living = Dictionary(snapshots.filter { $0.tombstone == nil }.map { ($0.id, $0) }) { first, _ in first }
        func snapshot(_ generation: IndexGeneration) -> StoredSnapshot? {
            living[generation.snapshot.id].flatMap { $0.reference == generation.snapshot ? $0 : nil }
        }
        let places = Dictionary(uniqueKeysWithValues: snapshots.inCommitOrder().enumerated().map { ($1.id, $0) })
        let known = folder.generations(of: repository)
            .filter { $0.stores == stores.sorted() && snapshot($0) != nil }
            .sorted { places[$0.snapshot.id, default: 0] > places[$1.snapshot.id, default: 0] }
        guard let latest = known.first, let last = snapshot(latest) else {
            return (nil, "no earlier snapshot of these stores was taken from here")
        }
        let survey = RepositorySurvey(snapshots: Array(living.values), tombstones: [:], faults: [])
        guard let chain = (try? Repository.chain(endingWith: last, in: survey)) ?? nil, let full = chain.first else {
            return (nil, "a snapshot that \(last.id) needs is not there any more")
        }
        guard now - full.record.cutTime < oldestFull else { return (nil, "the last full one is a week old") }
        guard full.record.cutTime - now < clockTolerance else {
            return (nil, "the last full one is dated in the future: a clock is or was wrong")
        }
        // Who was given a new key shall be able to restore without the old one.
        guard Set(full.record.recipients) == Set(sealing.recipientTexts) else {
            return (nil, "the last full one is encrypted for other recipients")
        }
        let changed = chain.dropFirst().reduce(0) { $0 + bytes($1) }
        guard changed * 2 <= bytes(full) || changed < smallestChange else {
            return (nil, "what changed since the last full one is more than half of it")
        }
        let place = IncrementSchedule.base(in: chain.map(\.record.cutTime), now: now)
        if let generation = known.first(where: { $0.snapshot == chain[place].reference }) {
            return (IncrementBase(generation, folder, chain: Array(chain[...place])), "")
        }
        return (IncrementBase(latest, folder, chain: chain), "")
    }

    private init(_ generation: IndexGeneration, _ folder: IndexFolder, chain: [StoredSnapshot]) {
        self.generation = generation
        self.folder = folder
        self.chain = chain
        snapshot = chain[chain.count - 1]
    }

    /// Those of the chain that increments may be made on after one with this cut.
    func laterBases(cutTime: Int64) -> [String] {
        let places = IncrementSchedule.bases(in: chain.map(\.record.cutTime) + [cutTime])
        return chain.indices.filter(places.contains).map { chain[$0].id }
    }

    private static func bytes(_ snapshot: StoredSnapshot) -> Int64 {
        snapshot.record.parts.reduce(snapshot.record.manifest.size) { $0 + $1.size }
    }

    /// What the base had of a table; nil where its rows cannot be compared: the table is stored whole then.
    func index(_ store: String, _ table: ArchivedTable) -> RowIndex? {
        guard let known = generation.table(store, table.name), known.shape == IndexGeneration.shape(table) else {
            return nil
        }
        return folder.index(known, of: generation)
    }
}

/// The stores cannot be told apart from the base by their rows: a full snapshot is taken instead.
struct IncrementImpossible: Error {
    var reason: String
}
