import Foundation
import LockstepModel
import Synchronization

/// The zone that times without zone are in: IANA's rules, as Foundation has them.
///
/// Where clocks are put forward an hour does not exist, and where they are put back one exists twice; such times are
/// refused, unless the rule says which of the two is meant.
final class LocalZone: Sendable {
    let rule: PairDefinition.ZoneRule
    private let zone: TimeZone
    /// Offsets of quarters of an hour within which they do not change, by quarter.
    private let known = Mutex<[Int64: Int64]>([:])

    private static let quarter: Int64 = 900
    /// Quarters of an hour that are remembered: a century would have 3.5 million, of which records use few.
    private static let largestKnownCount = 100_000

    /// Nil where there is no such zone.
    init?(_ rule: PairDefinition.ZoneRule) {
        guard rule.name == "UTC" || rule.name.contains("/"), let zone = TimeZone(identifier: rule.name) else {
            return nil
        }
        self.rule = rule
        self.zone = zone
    }

    /// The time that clocks of the zone showed.
    ///
    /// - Parameter microseconds: since 1970-01-01T00:00:00Z.
    /// - Throws: ``ValueProblem`` where they showed it twice, and the way back would lead to the other one.
    func local(_ microseconds: Int64) throws(ValueProblem) -> Int64 {
        let local = microseconds + offset(at: seconds(microseconds)) * 1_000_000
        if rule.overlap == nil, candidates(local).count > 1 { throw Self.twice(rule) }
        return local
    }

    /// The point in time at which clocks of the zone showed a time.
    func instant(_ local: Int64) throws(ValueProblem) -> Int64 {
        let found = candidates(local)
        guard let earliest = found.min(), let latest = found.max() else {
            throw ValueProblem(
                .noSuchLocalTime, "clocks in \(rule.name) never showed this time: they were put forward over it")
        }
        if earliest == latest { return earliest }
        switch rule.overlap {
        case .earlier: return earliest
        case .later: return latest
        case nil: throw Self.twice(rule)
        }
    }

    /// The point in time at which clocks showed a time, to compare it with others: the earlier of two, unless the rule
    /// says which, and for a time that they never showed the one that it would have been without putting them forward.
    func nearestInstant(_ local: Int64) -> Int64 {
        let found = candidates(local)
        let chosen = rule.overlap == .later ? found.max() : found.min()
        return chosen ?? local - offset(at: seconds(local) - 86_400) * 1_000_000
    }

    private static func twice(_ rule: PairDefinition.ZoneRule) -> ValueProblem {
        ValueProblem(
            .ambiguousLocalTime,
            "clocks in \(rule.name) showed this time twice; `zone: {name: \(rule.name), overlap: earlier}` says which")
    }

    /// The points in time at which clocks showed a time: none, one or two.
    private func candidates(_ local: Int64) -> Set<Int64> {
        let naive = seconds(local)
        // No zone is further than a day from UTC, and none changes twice within two days.
        let offsets = Set([offset(at: naive - 86_400), offset(at: naive + 86_400)])
        return Set(offsets.filter { offset(at: naive - $0) == $0 }.map { local - $0 * 1_000_000 })
    }

    private func seconds(_ microseconds: Int64) -> Int64 { ISOText.floorDivide(microseconds, 1_000_000) }

    /// Seconds east of UTC at a point in time, in seconds.
    private func offset(at seconds: Int64) -> Int64 {
        let quarter = ISOText.floorDivide(seconds, Self.quarter)
        if let offset = known.withLock({ $0[quarter] }) { return offset }
        let start = ask(quarter * Self.quarter)
        guard start == ask((quarter + 1) * Self.quarter - 1) else { return ask(seconds) }
        known.withLock { known in
            if known.count >= Self.largestKnownCount { known.removeAll(keepingCapacity: true) }
            known[quarter] = start
        }
        return start
    }

    private func ask(_ seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
}
