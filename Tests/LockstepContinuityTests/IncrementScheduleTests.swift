import LockstepModel
import Testing

@testable import LockstepContinuity

/// Whatever the rhythm of snapshots, chains stay short, and what is between the hours and the days can go.
struct IncrementScheduleTests {
    private static let minute: Int64 = 60_000_000
    private static let day = ISOText.microsecondsPerDay
    private static let start = ISOText.parseInstant(Array("2026-03-02T10:17:00Z".utf8)) ?? 0

    /// The chains of all snapshots, as places of those taken; chosen as the writer chooses them.
    private static func chains(_ cuts: [Int64]) -> [[Int]] {
        var chains: [[Int]] = [[0]]
        var known: Set<Int> = [0]
        for place in cuts.indices.dropFirst() {
            let latest = chains[place - 1]
            let base = IncrementSchedule.base(in: latest.map { cuts[$0] }, now: cuts[place])
            #expect(known.contains(latest[base]), "the indexes of its base are not kept")
            let chain = latest[...base] + [place]
            chains.append(Array(chain))
            known = Set(IncrementSchedule.bases(in: chain.map { cuts[$0] }).map { Array(chain)[$0] })
            #expect(known.count <= 3)
        }
        return chains
    }

    @Test(arguments: [5_000_000, Self.minute, 7 * Self.minute, 60 * Self.minute, Self.day, 3 * Self.day] as [Int64])
    func chainsStayShort(every: Int64) {
        let cuts = Array(
            stride(from: Self.start, to: Self.start + max(2 * Self.day, 7 * every), by: Int64.Stride(every)))
        let chains = Self.chains(cuts)
        let longest = chains.map(\.count).max() ?? 0
        #expect(longest <= 7 + 24 + IncrementSchedule.longestHour + 1)
        // Where one is taken a day, or more seldom, each is made on the one before.
        if every >= Self.day { #expect(chains.last == Array(cuts.indices)) }
    }

    @Test func aClockThatJumpsLosesNothing() {
        var generator = SystemRandomNumberGenerator()
        var cuts = [Self.start]
        for _ in 0..<2_000 {
            cuts.append(cuts[cuts.count - 1] + Int64.random(in: -Self.day...Self.day, using: &generator))
        }
        for (place, chain) in Self.chains(cuts).enumerated() {
            #expect(chain.first == 0 && chain.last == place)
        }
    }

    @Test func pruningLetsGoOfWhatLiesBetween() throws {
        let cuts = Array(stride(from: Self.start, to: Self.start + 3 * Self.day, by: Int64.Stride(Self.minute)))
        let chains = Self.chains(cuts)
        let facts = cuts.indices.map { place in
            SnapshotFacts(
                id: "s\(place)", kind: place == 0 ? .full : .increment,
                base: chains[place].dropLast().last.map { "s\($0)" }, stores: ["shop"], cutTime: cuts[place],
                stored: cuts[place])
        }
        let policy = RetentionPolicy(hourly: 24, daily: 7)
        let now = cuts[cuts.count - 1] + 1
        let plan = try RetentionPlanner(policy: policy).plan(facts, now: now)
        let kept = plan.filter(\.isKept)
        // Each of the 24 hours is kept with what it needs of that hour; each day before with what it needs of that day.
        #expect(kept.count < 24 * 60 + 4 * 90, "\(kept.count) of \(cuts.count)")
        let twoDays = try RetentionPlanner(policy: RetentionPolicy(daily: 7)).plan(facts, now: now).count { $0.isKept }
        #expect(twoDays <= 4 * (24 + 60) + 3, "\(twoDays) of \(cuts.count)")
    }
}
