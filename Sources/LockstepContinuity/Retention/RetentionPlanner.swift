import Foundation
import LockstepModel

/// What becomes of a snapshot, and why.
public struct RetentionDecision: Sendable, Hashable {
    public var id: String
    public var isKept: Bool
    /// `kept as daily for 2026-11-22`: every reason to keep it, or the one why it goes. Never empty.
    public var reasons: [String]
}

/// Decides which snapshots stay: grandfather, father, son. A pure function of what there is and of the time.
///
/// The rules count for each set of stores by itself, so that the snapshots of one never push out those of another.
/// Whatever the policy says, these stay: snapshots dated later than `now` (a writer's clock is wrong: they do not count for
/// any rule either, so that they push no other out), those younger than the grace, the newest full of each set of stores,
/// and all that a kept increment needs.
public struct RetentionPlanner: Sendable {
    public let policy: RetentionPolicy
    /// Snapshots stored less than this ago stay.
    public let graceSeconds: Int64
    private let zone: TimeZone
    /// How long a restore in place can be undone, whatever the policy says.
    private static let safetySeconds: Int64 = 7 * 86_400

    /// - Throws: ``ContinuityError`` with code `configuration` where the time zone is not known to this machine, or a
    ///   number is negative.
    public init(policy: RetentionPolicy, graceSeconds: Int64 = 0) throws {
        guard let zone = TimeZone(identifier: policy.timeZone) else {
            throw Self.unusable(
                "the time zone \(policy.timeZone) is not known to this machine", "use one like Europe/Berlin or UTC")
        }
        let counts = [policy.last, policy.hourly, policy.daily, policy.weekly, policy.monthly, policy.yearly]
        guard counts.allSatisfy({ $0 >= 0 }), graceSeconds >= 0, policy.withinSeconds ?? 0 >= 0 else {
            throw Self.unusable("a number to keep is negative", "use 0 for a rule that shall keep nothing")
        }
        self.policy = policy
        self.graceSeconds = graceSeconds
        self.zone = zone
    }

    /// - Parameters:
    ///   - snapshots: those that live.
    ///   - now: microseconds since 1970-01-01T00:00:00Z, by the repository's clock.
    /// - Returns: a decision for each, newest cut first.
    public func plan(_ snapshots: [SnapshotFacts], now: Int64) -> [RetentionDecision] {
        // By cuts, not in the order of their making: that one is lost with the snapshots that go, and a plan must not
        // change its mind about what stays.
        // Of two at one cut the full is the better one to keep: it needs no other.
        let newestFirst = snapshots.sorted {
            ($1.cutTime, $1.kind == .full ? 1 : 0, $1.id) < ($0.cutTime, $0.kind == .full ? 1 : 0, $0.id)
        }
        var reasons: [String: [String]] = [:]
        for snapshot in newestFirst where snapshot.cutTime > now {
            reasons[snapshot.id] = [
                "kept: dated in the future (\(Self.text(snapshot.cutTime))), so it counts for no rule"
            ]
        }
        // What a synthetic full stands for is the same snapshot twice: the full is the one that counts.
        let standIns = Dictionary(
            newestFirst.filter { $0.kind == .full }.compactMap { full in full.madeOf.last.map { ($0, full.id) } }
        ) { first, _ in first }
        let counted = newestFirst.filter {
            $0.cutTime <= now && (standIns[$0.id] == nil && !$0.isSafety || policy.isEmpty)
        }
        for snapshot in newestFirst
        where snapshot.isSafety && snapshot.cutTime <= now && !policy.isEmpty
            && isYounger(snapshot.cutTime, than: Self.safetySeconds, now: now)
        {
            let time = Self.span(Self.safetySeconds)
            reasons[snapshot.id, default: []].append("kept: it undoes a restore in place, for \(time)")
        }
        for group in Dictionary(grouping: counted, by: \.stores).values { applyRules(group, now: now, &reasons) }
        for group in Dictionary(grouping: newestFirst.filter { $0.cutTime <= now }, by: \.stores).values {
            protect(group, now: now, &reasons)
        }
        keepBases(newestFirst, &reasons)
        return newestFirst.map { snapshot in
            let kept = reasons[snapshot.id]
            return RetentionDecision(
                id: snapshot.id, isKept: kept != nil,
                reasons: kept
                    ?? [
                        standIns[snapshot.id].map { "dropped: \($0) was made of it and holds the same" }
                            ?? "dropped: no rule keeps it, and no kept snapshot needs it"
                    ])
        }
    }

    private func applyRules(_ newestFirst: [SnapshotFacts], now: Int64, _ reasons: inout [String: [String]]) {
        if policy.isEmpty {
            for snapshot in newestFirst { reasons[snapshot.id, default: []].append("kept: there is no rule") }
        }
        for (index, snapshot) in newestFirst.prefix(policy.last).enumerated() {
            reasons[snapshot.id, default: []].append("kept as number \(index + 1) of the last \(policy.last)")
        }
        for period in RetentionPeriod.allCases {
            let count = period.count(in: policy)
            var labels: Set<String> = []
            for snapshot in newestFirst where labels.count < count {
                let label = period.label(snapshot.cutTime, offset: offset(at: snapshot.cutTime))
                guard labels.insert(label).inserted else { continue }
                reasons[snapshot.id, default: []].append("kept as \(period.rawValue) for \(label)")
            }
        }
        guard let within = policy.withinSeconds else { return }
        for snapshot in newestFirst where isYounger(snapshot.cutTime, than: within, now: now) {
            reasons[snapshot.id, default: []].append("kept: its cut is within the last \(Self.span(within))")
        }
    }

    private func protect(_ newestFirst: [SnapshotFacts], now: Int64, _ reasons: inout [String: [String]]) {
        if graceSeconds > 0 {
            for snapshot in newestFirst where isYounger(snapshot.stored, than: graceSeconds, now: now) {
                reasons[snapshot.id, default: []].append("kept: younger than the grace of \(Self.span(graceSeconds))")
            }
        }
        if let full = newestFirst.first(where: { $0.kind == .full && !$0.isSafety }) {
            reasons[full.id, default: []].append("kept: it is the newest full")
        }
    }

    /// Adds what the kept increments need, oldest first, so that each meets bases that are settled already.
    private func keepBases(_ snapshots: [SnapshotFacts], _ reasons: inout [String: [String]]) {
        let graph = SnapshotGraph(snapshots)
        var settled: Set<String> = []
        let oldestFirst = snapshots.sorted {
            ($0.cutTime, $0.kind == .full ? 0 : 1, $0.id) < ($1.cutTime, $1.kind == .full ? 0 : 1, $1.id)
        }
        for snapshot in oldestFirst where reasons[snapshot.id] != nil {
            if snapshot.kind == .full || graph.bases(of: snapshot.id).contains(where: settled.contains) {
                settled.insert(snapshot.id)
                continue
            }
            guard let chain = graph.chain(endingWith: snapshot.id) else {
                // Its chain is broken: what is left of it may still be of use to somebody.
                reasons[snapshot.id, default: []].append("note: a snapshot that it needs is missing")
                for base in graph.reachable(from: snapshot.id) { note(snapshot.id, needs: base, &reasons) }
                continue
            }
            for base in chain.dropLast() { note(snapshot.id, needs: base, &reasons) }
            settled.formUnion(chain)
        }
    }

    private func note(_ id: String, needs base: String, _ reasons: inout [String: [String]]) {
        // One that needs it is reason enough: a base may have thousands of increments.
        guard reasons[base]?.contains(where: { $0.hasSuffix(" needs it") }) != true else { return }
        reasons[base, default: []].append("kept: \(id) needs it")
    }

    private func isYounger(_ time: Int64, than seconds: Int64, now: Int64) -> Bool {
        let (limit, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (age, isAncient) = now.subtractingReportingOverflow(time)
        return overflow || (!isAncient && age <= limit)
    }

    private func offset(at time: Int64) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(ISOText.floorDivide(time, 1_000_000))))
    }

    static func text(_ time: Int64) -> String { ISOText.formatTimestamp(time) + " UTC" }

    /// `7 days`, `36 hours`, `90 seconds`: in the largest unit that leaves nothing over.
    static func span(_ seconds: Int64) -> String {
        for (unit, length) in [("day", Int64(86400)), ("hour", 3600), ("minute", 60)]
        where seconds >= length && seconds % length == 0 {
            return "\(seconds / length) \(unit)\(seconds == length ? "" : "s")"
        }
        return "\(seconds) second\(seconds == 1 ? "" : "s")"
    }

    private static func unusable(_ message: String, _ hint: String) -> ContinuityError {
        ContinuityError(.configuration, doing: "reading the retention policy", message: message, hint: hint)
    }
}
