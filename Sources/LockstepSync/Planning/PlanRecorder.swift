internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState
internal import Synchronization

/// Collects what a plan would do: what would be written, on disk; conflicts and parked records, counted, with examples.
final class PlanRecorder: Sendable {
    /// Examples that are kept of each action of each map and direction.
    static let samplesPerAction = 6

    let world: PlanWorld
    private let maps: [String: CompiledMap]
    private let contents = Mutex(Contents())

    fileprivate struct Contents {
        var samples: [String: PlanSamples] = [:]
        var openConflicts: [String: Int] = [:]
        var decided: [String: [Decision: Int]] = [:]
        var parked: [String: [Reason: Parking]] = [:]
        /// By map: the sum of all items' digests, the same whatever order they came in.
        var digests: [String: [UInt32]] = [:]
    }

    fileprivate struct Decision: Hashable {
        var rule: String
        var winner: Int
    }

    fileprivate struct Reason: Hashable {
        var code: String
        var field: String
        var source: Int
    }

    fileprivate struct Parking {
        var message: String
        var records = 0
    }

    init(link: SyncLink) throws {
        world = try PlanWorld()
        maps = Dictionary(link.maps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Going back

    /// What was known when an attempt began, to go back to.
    struct Attempt {
        fileprivate var contents: Contents
    }

    func beginAttempt() async throws -> Attempt {
        try await world.beginAttempt()
        return Attempt(contents: contents.withLock { $0 })
    }

    func revert(_ attempt: Attempt) async throws {
        try await world.revertAttempt()
        contents.withLock { $0 = attempt.contents }
    }

    // MARK: Noting

    func note(_ outcome: ChunkOutcome) {
        for conflict in outcome.conflicts { note(conflict) }
        for record in outcome.parked { note(record) }
    }

    private func note(_ conflict: ConflictRecord) {
        let sample = sample(of: conflict)
        var digest = PieceDigest()
        for text in ["conflict", conflict.kind.rawValue, conflict.rule, "\(conflict.winner ?? -1)", conflict.digest] {
            digest.update(piece: text.utf8)
        }
        digest.update(piece: conflict.key)
        contents.withLock { contents in
            if conflict.status == .open {
                contents.openConflicts[conflict.map, default: 0] += 1
            } else if let winner = conflict.winner {
                contents.decided[conflict.map, default: [:]][
                    Decision(rule: conflict.rule, winner: winner), default: 0] += 1
            }
            contents.samples[conflict.map, default: PlanSamples()].add(
                sample, weight: conflict.pairs.isEmpty ? Int.max : conflict.pairs.count, key: conflict.key,
                group: "conflict")
            Self.add(digest.words(), to: &contents.digests[conflict.map])
        }
    }

    private func note(_ record: ParkedRecord) {
        let sample = sample(of: record)
        var digest = PieceDigest()
        for text in ["park", record.code, record.field, "\(record.source)", "\(record.operation)"] {
            digest.update(piece: text.utf8)
        }
        digest.update(piece: record.key)
        for value in record.after?.values ?? [] { digest.update(piece: RowBatch(row: [value]).encodedRow(0)) }
        let reason = Reason(code: record.code, field: record.field, source: record.source)
        contents.withLock { contents in
            contents.parked[record.map, default: [:]][reason, default: Parking(message: record.message)].records += 1
            contents.samples[record.map, default: PlanSamples()].add(
                sample, weight: 0, key: record.key, group: "park \(record.code) \(record.field)")
            Self.add(digest.words(), to: &contents.digests[record.map])
        }
    }

    private static func add(_ words: [UInt32], to sum: inout [UInt32]?) {
        sum = zip(sum ?? [UInt32](repeating: 0, count: words.count), words).map { $0 &+ $1 }
    }

    // MARK: Examples

    private func sample(of conflict: ConflictRecord) -> PlanSample {
        let map = maps[conflict.map]
        let winner = conflict.winner.flatMap { map?.stores[$0] } ?? "nobody"
        let fields = zip(conflict.pairs, conflict.fields).map { pair, name in
            let values = Side.allCases.map { side -> String? in
                let row = side == .left ? conflict.left : conflict.right
                let field = map?.plan(from: side.opposite)?.targetFields.first { $0.pair == pair }?.name
                return PlanText.optional(field.flatMap { row?.value($0) })
            }
            return PlanField(field: name, first: values[0], second: values[1])
        }
        let names = conflict.fields.isEmpty ? [conflict.kind.rawValue] : conflict.fields
        return PlanSample(
            action: "conflict", store: "", key: conflict.keyText, details: names + ["rule: \(conflict.rule)"],
            fields: fields, note: winner)
    }

    /// Fields that are shown of a record that cannot go through.
    private static let shownFields = 8

    private func sample(of record: ParkedRecord) -> PlanSample {
        let store = maps[record.map]?.stores[record.source] ?? ""
        let row = record.after ?? record.before
        // The field that it is about comes first, whichever it is.
        let names = (row?.fields ?? []).sorted { left, _ in left == record.field }
        let fields = names.prefix(Self.shownFields).map { name in
            PlanField(field: name, first: PlanText.optional(row?.value(name)), second: nil)
        }
        return PlanSample(
            action: "park", store: store, key: record.keyText,
            details: ["\(record.code) \(record.field): \(record.message)"], fields: fields, note: record.code)
    }

    // MARK: What was found

    func samples(_ map: String) -> [PlanSample] { contents.withLock { $0.samples[map]?.all ?? [] } }
    func openConflicts(_ map: String) -> Int { contents.withLock { $0.openConflicts[map] ?? 0 } }
    func parked(_ map: String) -> Int {
        contents.withLock { $0.parked[map]?.values.reduce(0) { $0 + $1.records } ?? 0 }
    }

    func digest(_ map: String) -> String {
        contents.withLock { $0.digests[map]?.map(PieceDigest.hexadecimal).joined() ?? "" }
    }

    func plan(_ map: String, stores: [String]) -> MapPlan {
        contents.withLock { contents in
            var plan = MapPlan()
            plan.decided = (contents.decided[map] ?? [:]).map {
                PlanDecision(rule: $0.key.rule, winner: stores[$0.key.winner], conflicts: $0.value)
            }
            plan.decided.sort { ($1.conflicts, $0.rule, $0.winner) < ($0.conflicts, $1.rule, $1.winner) }
            plan.parked = (contents.parked[map] ?? [:]).map {
                PlanParking(
                    code: $0.key.code, field: $0.key.field, source: stores[$0.key.source], message: $0.value.message,
                    records: $0.value.records)
            }
            plan.parked.sort { ($1.records, $0.code, $0.field, $0.source) < ($0.records, $1.code, $1.field, $1.source) }
            return plan
        }
    }
}

/// A bounded number of examples of each kind: the weightiest, and of equal weight those with the first keys, so that the
/// same plan shows the same ones.
struct PlanSamples: Sendable {
    private struct Entry: Sendable {
        var sample: PlanSample
        var weight: Int
        var key: [UInt8]

        func precedes(_ other: Entry) -> Bool {
            weight == other.weight ? key.lexicographicallyPrecedes(other.key) : weight > other.weight
        }
    }

    private var groups: [String: [Entry]] = [:]

    mutating func add(_ sample: @autoclosure () -> PlanSample, weight: Int, key: [UInt8], group: String) {
        let known = groups[group] ?? []
        if known.count == PlanRecorder.samplesPerAction, let last = known.last,
            last.weight > weight || (last.weight == weight && !key.lexicographicallyPrecedes(last.key))
        {
            return
        }
        let entry = Entry(sample: sample(), weight: weight, key: key)
        // One example a record, also where several rules or attempts meet it.
        guard !known.contains(where: { $0.key == key && $0.sample == entry.sample }) else { return }
        let place = known.firstIndex { entry.precedes($0) } ?? known.count
        guard place < PlanRecorder.samplesPerAction else { return }
        groups[group, default: []].insert(entry, at: place)
        if known.count == PlanRecorder.samplesPerAction { groups[group]?.removeLast() }
    }

    var all: [PlanSample] { groups.keys.sorted().flatMap { groups[$0]?.map(\.sample) ?? [] } }
}
