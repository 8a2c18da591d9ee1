import LockstepContinuity
import LockstepModel
import LockstepTesting
import Testing

struct RetentionTests {
    private static let hour: Int64 = 3_600_000_000
    private static let day = 24 * hour

    private static func time(_ text: String) -> Int64 { ISOText.parseInstant(Array(text.utf8)) ?? 0 }

    private static func full(_ text: String) -> SnapshotFacts {
        SnapshotFacts(id: text, kind: .full, base: nil, cutTime: time(text), stored: time(text))
    }

    private func kept(_ decisions: [RetentionDecision]) -> [String] { decisions.filter(\.isKept).map(\.id) }

    @Test func theNewestOfEachPeriodIsKeptWithItsReason() throws {
        let snapshots = [
            "2026-11-22T23:00:00Z", "2026-11-22T10:00:00Z", "2026-11-21T10:00:00Z", "2026-11-16T10:00:00Z",
            "2026-11-15T10:00:00Z", "2026-10-31T10:00:00Z", "2026-10-01T10:00:00Z", "2025-12-31T10:00:00Z",
        ].map(Self.full)
        let planner = try RetentionPlanner(policy: RetentionPolicy(daily: 2, weekly: 2, monthly: 2, yearly: 2))
        let decisions = planner.plan(snapshots.shuffled(), now: Self.time("2026-11-23T06:00:00Z"))
        #expect(
            kept(decisions) == [
                "2026-11-22T23:00:00Z", "2026-11-21T10:00:00Z", "2026-11-15T10:00:00Z", "2026-10-31T10:00:00Z",
                "2025-12-31T10:00:00Z",
            ])
        #expect(
            decisions[0].reasons == [
                "kept as daily for 2026-11-22", "kept as weekly for 2026-W47", "kept as monthly for 2026-11",
                "kept as yearly for 2026", "kept: it is the newest full",
            ])
        #expect(decisions[1].reasons == ["dropped: no rule keeps it, and no kept snapshot needs it"])
        #expect(decisions.last?.reasons == ["kept as yearly for 2025"])
    }

    @Test func snapshotsOfOneStoreDoNotPushOutThoseOfAnother() throws {
        var (shop, crm) = (Self.full("2026-11-20T10:00:00Z"), Self.full("2026-11-22T10:00:00Z"))
        shop.stores = ["shop"]
        crm.stores = ["crm"]
        let planner = try RetentionPlanner(policy: RetentionPolicy(last: 1))
        let decisions = planner.plan([shop, crm], now: Self.time("2026-11-23T06:00:00Z"))
        #expect(kept(decisions) == [crm.id, shop.id])
    }

    @Test func whatASyntheticFullStandsForIsNotCountedTwiceAndGoes() throws {
        func increment(_ text: String, on base: String) -> SnapshotFacts {
            SnapshotFacts(id: text, kind: .increment, base: base, cutTime: Self.time(text), stored: Self.time(text))
        }
        let full = Self.full("2026-11-20T10:00:00Z")
        let first = increment("2026-11-20T11:00:00Z", on: full.id)
        let second = increment("2026-11-20T12:00:00Z", on: first.id)
        let third = increment("2026-11-20T13:00:00Z", on: second.id)
        let merged = SnapshotFacts(
            id: "merged", kind: .full, base: nil, madeOf: [full.id, first.id, second.id], cutTime: second.cutTime,
            stored: third.stored)
        let planner = try RetentionPlanner(policy: RetentionPolicy(last: 2))
        let decisions = planner.plan(
            [full, first, second, third, merged].shuffled(), now: Self.time("2026-11-23T06:00:00Z"))
        #expect(kept(decisions) == [third.id, merged.id])
        #expect(
            decisions.first { $0.id == second.id }?.reasons
                == ["dropped: merged was made of it and holds the same"])
        #expect(decisions.first { $0.id == merged.id }?.reasons.last == "kept: it is the newest full")
    }

    @Test func daysAndHoursAreThoseOfTheTimeZone() throws {
        let late = Self.full("2026-11-22T23:30:00Z")
        let early = Self.full("2026-11-22T22:30:00Z")
        let planner = try RetentionPlanner(policy: RetentionPolicy(daily: 9, timeZone: "Europe/Berlin"))
        let decisions = planner.plan([late, early], now: late.cutTime)
        #expect(decisions[0].reasons.first == "kept as daily for 2026-11-23")
        #expect(decisions[1].reasons.first == "kept as daily for 2026-11-22")
        // Clocks go back: the hour from two to three is there twice, and both have a snapshot.
        let hourly = try RetentionPlanner(policy: RetentionPolicy(hourly: 9, timeZone: "Europe/Berlin"))
        let twice = hourly.plan(
            [Self.full("2026-10-25T00:30:00Z"), Self.full("2026-10-25T01:30:00Z")], now: late.cutTime)
        #expect(twice[1].reasons.first == "kept as hourly for 2026-10-25 02:00 +02:00")
        #expect(twice[0].reasons.first == "kept as hourly for 2026-10-25 02:00 +01:00")
    }

    @Test func weeksAreOfTheYearThatTheirThursdayIsIn() throws {
        let planner = try RetentionPlanner(policy: RetentionPolicy(weekly: 9))
        for (day, week) in [
            ("2020-12-31", "2020-W53"), ("2021-01-03", "2020-W53"), ("2021-01-04", "2021-W01"),
            ("2024-12-30", "2025-W01"), ("1969-12-31", "1970-W01"), ("2026-01-01", "2026-W01"),
        ] {
            let snapshot = Self.full("\(day)T12:00:00Z")
            let reasons = planner.plan([snapshot], now: snapshot.cutTime)[0].reasons
            #expect(reasons.first == "kept as weekly for \(week)")
        }
    }

    @Test func whatAKeptIncrementNeedsIsKept() throws {
        var snapshots = [Self.full("2026-11-01T00:00:00Z")]
        for number in 2...5 {
            let id = "2026-11-0\(number)T00:00:00Z"
            snapshots.append(
                SnapshotFacts(
                    id: id, kind: .increment, base: snapshots.last?.id, cutTime: Self.time(id), stored: Self.time(id)))
        }
        snapshots.append(Self.full("2026-11-06T00:00:00Z"))
        let planner = try RetentionPlanner(policy: RetentionPolicy(last: 3))
        let decisions = planner.plan(snapshots, now: Self.time("2026-11-07T00:00:00Z"))
        #expect(kept(decisions).count == 6)
        #expect(decisions[5].reasons == ["kept: 2026-11-04T00:00:00Z needs it"])
        // Merged increments stand for those before the third, which may go then.
        snapshots.append(
            SnapshotFacts(
                id: "merged", kind: .increment, base: snapshots[0].id, madeOf: [snapshots[1].id, snapshots[2].id],
                cutTime: snapshots[2].cutTime, stored: 0))
        let merged = planner.plan(snapshots, now: Self.time("2026-11-07T00:00:00Z"))
        #expect(
            Set(kept(merged)) == Set([0, 3, 4, 5].map { snapshots[$0].id } + ["merged"]))
    }

    @Test func futureDatedSnapshotsNeitherCountNorGo() throws {
        let now = Self.time("2026-11-23T06:00:00Z")
        let ahead = Self.full("2026-11-25T06:00:00Z")
        let snapshots = [ahead, Self.full("2026-11-22T06:00:00Z"), Self.full("2026-11-21T06:00:00Z")]
        let planner = try RetentionPlanner(policy: RetentionPolicy(last: 1))
        let decisions = planner.plan(snapshots, now: now)
        #expect(kept(decisions) == [ahead.id, snapshots[1].id])
        #expect(decisions[0].reasons.first?.hasPrefix("kept: dated in the future") == true)
        #expect(decisions[1].reasons.first == "kept as number 1 of the last 1")
    }

    @Test func youngOnesAndThoseWithinStayAndWithoutRulesAll() throws {
        let now = Self.time("2026-11-23T06:00:00Z")
        var snapshots = [
            Self.full("2026-11-22T06:00:00Z"), Self.full("2026-11-10T06:00:00Z"), Self.full("2026-01-01T00:00:00Z"),
        ]
        snapshots[2].stored = now - Self.hour
        let within = try RetentionPlanner(
            policy: RetentionPolicy(withinSeconds: 14 * 86400), graceSeconds: 7200)
        let decisions = within.plan(snapshots, now: now)
        #expect(kept(decisions).count == 3)
        #expect(decisions[1].reasons == ["kept: its cut is within the last 14 days"])
        #expect(decisions[2].reasons == ["kept: younger than the grace of 2 hours"])
        #expect(kept(try RetentionPlanner(policy: RetentionPolicy()).plan(snapshots, now: now)).count == 3)
    }

    @Test func rulesThatMakeNoSenseAreRefused() {
        #expect(throws: ContinuityError.self) { try RetentionPlanner(policy: RetentionPolicy(last: -1)) }
        #expect(throws: ContinuityError.self) {
            try RetentionPlanner(policy: RetentionPolicy(daily: 1, timeZone: "Mars/Olympus"))
        }
    }

    @Test func hostileTimesAndLoopsEndNothing() throws {
        let planner = try RetentionPlanner(
            policy: RetentionPolicy(last: 1, hourly: 3, daily: 3, weekly: 3, monthly: 3, yearly: 3, withinSeconds: 1),
            graceSeconds: .max)
        let snapshots = [
            SnapshotFacts(id: "a", kind: .increment, base: "b", cutTime: .min, stored: .min),
            SnapshotFacts(id: "b", kind: .increment, base: "a", cutTime: .max, stored: .max),
            SnapshotFacts(id: "c", kind: .increment, base: "c", madeOf: ["c"], cutTime: 0, stored: 0),
        ]
        #expect(planner.plan(snapshots, now: .max).count == 3)
        #expect(SnapshotGraph(snapshots).chain(to: "a") == nil)
    }

    // MARK: Whatever there is

    /// Fulls, increments in chains that branch, merged ones, some dated ahead, some of a broken chain.
    private func random(_ generator: inout SeededGenerator, now: Int64) -> [SnapshotFacts] {
        var snapshots: [SnapshotFacts] = []
        for number in 0..<Int.random(in: 0...40, using: &generator) {
            let age = Int64.random(in: -3 * Self.day...400 * Self.day, using: &generator)
            var facts = SnapshotFacts(
                id: "s\(number)", kind: .full, base: nil, cutTime: now - age,
                stored: now - Int64.random(in: 0...400 * Self.day, using: &generator))
            if let base = snapshots.randomElement(using: &generator), Int.random(in: 0..<4, using: &generator) > 0 {
                facts.kind = .increment
                facts.base = Int.random(in: 0..<12, using: &generator) == 0 ? "gone" : base.id
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    facts.madeOf = snapshots.shuffled(using: &generator).prefix(2).map(\.id)
                }
            }
            snapshots.append(facts)
        }
        return snapshots
    }

    @Test(arguments: 0..<300)
    func whateverThereIsNothingNeededIsDropped(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let now = Self.time("2026-11-23T06:00:00Z")
        let snapshots = random(&generator, now: now)
        func count() -> Int { Int.random(in: 0...3, using: &generator) }
        let policy = RetentionPolicy(
            last: 1 + count(), hourly: count(), daily: count(), weekly: count(), monthly: count(), yearly: count(),
            timeZone: ["UTC", "America/New_York", "Asia/Kathmandu"].randomElement(using: &generator) ?? "UTC")
        let grace = Int64.random(in: 0...864_000, using: &generator)
        let planner = try RetentionPlanner(policy: policy, graceSeconds: grace)
        let decisions = planner.plan(snapshots, now: now)
        #expect(decisions == planner.plan(snapshots.shuffled(using: &generator), now: now))
        #expect(decisions.map(\.id).sorted() == snapshots.map(\.id).sorted())
        #expect(decisions.allSatisfy { !$0.reasons.isEmpty })
        let stays = Set(kept(decisions))
        let (all, left) = (
            SnapshotGraph(snapshots), SnapshotGraph(snapshots.filter { stays.contains($0.id) })
        )
        for snapshot in snapshots where stays.contains(snapshot.id) {
            #expect((all.chain(endingWith: snapshot.id) == nil) == (left.chain(endingWith: snapshot.id) == nil))
        }
        for snapshot in snapshots where snapshot.cutTime > now || now - snapshot.stored <= grace * 1_000_000 {
            #expect(stays.contains(snapshot.id))
        }
        let past = snapshots.filter { $0.cutTime <= now }
        if let newest = past.filter({ $0.kind == .full }).max(by: { $0.cutTime < $1.cutTime }) {
            #expect(stays.contains(newest.id))
        }
        // The newest is kept by its own right, whatever is dated ahead of it.
        if let newest = past.max(by: { ($0.cutTime, $0.id) < ($1.cutTime, $1.id) }) {
            #expect(
                decisions.first { $0.id == newest.id }?.reasons.contains("kept as number 1 of the last \(policy.last)")
                    == true)
        }
        // What goes is not missed: planning again drops nothing more.
        let again = planner.plan(snapshots.filter { stays.contains($0.id) }, now: now)
        #expect(again.filter { !$0.isKept } == [])
    }
}
