internal import LockstepModel

/// On which snapshot of a chain the next increment is made: mostly the last one, but the first of each hour holds all of
/// the hour before, and the first of each day all of the day before. What lies between is needed by no later one, so that
/// pruning can let it go, and a chain is as long as its days, hours and last hour have snapshots, however often one is
/// taken. (LTX and Litestream compact by levels as well; here nothing that is stored has to be read for it.)
///
/// Hours and days are those of UTC.
enum IncrementSchedule {
    private static let periods: [Int64] = [ISOText.microsecondsPerDay, 3_600_000_000]
    /// So many snapshots within the last hour are a chain's end at most; the next one holds all of the hour so far.
    static let longestHour = 60

    /// The place of the base.
    ///
    /// - Parameters:
    ///   - cuts: of the chain that the newest snapshot ends, a full first; in microseconds since 1970-01-01T00:00:00Z.
    ///   - now: when the next cut is made.
    static func base(in cuts: [Int64], now: Int64) -> Int {
        let last = cuts.count - 1
        for period in periods where place(cuts[last], period) != place(now, period) {
            return first(of: period, in: cuts)
        }
        let hour = first(of: periods[1], in: cuts)
        return last - hour < longestHour ? last : hour
    }

    /// The places of those that a later increment may be made on.
    static func bases(in cuts: [Int64]) -> Set<Int> { Set(periods.map { first(of: $0, in: cuts) } + [cuts.count - 1]) }

    /// The first of those at the end that are of one period.
    private static func first(of period: Int64, in cuts: [Int64]) -> Int {
        guard let last = cuts.last else { return 0 }
        let others = cuts.lastIndex { place($0, period) != place(last, period) }
        return others.map { $0 + 1 } ?? 0
    }

    private static func place(_ cut: Int64, _ period: Int64) -> Int64 { ISOText.floorDivide(cut, period) }
}
