import ConnectorKit
import Foundation
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// Several people write on both sides while faults and crashes strike; then it becomes quiet, and everything that was
/// promised must hold: both sides equal, nothing lost without a record of it, and a further run writes nothing.
///
/// `LOCKSTEP_SEED` replays one seed; `LOCKSTEP_SEEDS` says how many to try.
struct SeededSimulationTests {
    static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["LOCKSTEP_SEED"].flatMap(UInt64.init) { return [seed] }
        let count = environment["LOCKSTEP_SEEDS"].flatMap(UInt64.init) ?? 60
        return Array(1...count) + failedOnce
    }()

    /// Seeds that once found a defect.
    static let failedOnce: [UInt64] = [
        78, 167, 169, 329, 418, 508, 606, 699, 733, 780, 805, 965, 977, 1238, 1252, 1477, 1495,
    ]

    @Test(arguments: seeds)
    func everythingEndsEqual(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let rules = ["erp", "crm", "newest(changed, modified)"]
        let deletes = ["update-wins", "delete-wins"]
        let conflicts = "{overlap: \(random.pick(rules) ?? ""), delete: \(random.pick(deletes) ?? "")}"
        let bench = try MemoryBench(conflicts: conflicts)
        var people = Simulation(bench: bench, random: random.split())
        for _ in 0..<random.integer(0...30) { people.act() }
        for _ in 0..<random.integer(2...6) {
            for _ in 0..<random.integer(0...40) { people.act() }
            let plan = FaultPlan(
                seed: random.next(), count: random.integer(0...4),
                operations: [.snapshot, .changes, .write, .nextBatch, .nextChunk, .apply, .commit, .query, .release])
            let meanwhile = people.box
            for _ in 0..<random.integer(0...4) {
                let operation = random.pick([FaultPlan.Operation.apply, .commit, .nextChunk, .query, .read]) ?? .apply
                plan.add(
                    FaultPlan.Fault(operation, call: random.integer(1...12), .meanwhile { meanwhile.act() }))
            }
            if random.chance(percent: 30) {
                let store = random.chance(percent: 50) ? bench.erp : bench.crm
                plan.add(FaultPlan.Fault(.commit, call: random.integer(1...6), .meanwhile { store.crash() }))
            }
            try await disturb(bench, &random)
            do {
                _ = try await bench.bench.engine { FaultyConnector($0, plan: plan) }.sync()
            } catch is ConnectorError {
                // The run was cut short; the next one must go on from what was committed.
            }
        }
        try await calm(bench)
        try await expectQuiet(bench, people, seed: seed, rules: conflicts)
    }

    /// Maps are held and let go, and stores refuse records for a while.
    private func disturb(_ bench: MemoryBench, _ random: inout SeededGenerator) async throws {
        let engine = try await bench.bench.engine()
        if random.chance(percent: 30) {
            let map = random.pick(["customers", "groups"]) ?? ""
            let state = try await engine.state.map(link: "erp-crm", map: map).state
            if state == .paused {
                try await engine.resume(map: map, by: "eve")
            } else if [.live, .catchingUp].contains(state) {
                try await engine.pause(map: map, by: "eve", reason: "")
            }
        }
        for (store, entity) in [(bench.erp, "customers"), (bench.crm, "accounts")] {
            store.removeTrigger("closed")
            guard random.chance(percent: 25) else { continue }
            let event: LockstepModel.Operation = random.pick([.insert, .update, .delete]) ?? .insert
            let refused = random.integer(1...12)
            let key = entity == "customers" ? "account" : "number"
            store.addTrigger(
                MemoryTrigger("closed", on: entity, .before, [event]) { scope throws(MemoryRefusal) in
                    if (scope.new ?? scope.old)?[key] == .text("C\(refused)") {
                        throw MemoryRefusal(.check, "closed", "closed today")
                    }
                })
        }
    }

    /// Stores accept everything, and no map is held.
    private func calm(_ bench: MemoryBench) async throws {
        for store in [bench.erp, bench.crm] { store.removeTrigger("closed") }
        let engine = try await bench.bench.engine()
        for record in try await engine.state.maps() where record.state == .paused {
            try await engine.resume(map: record.map, by: "eve")
        }
    }

    private func expectQuiet(_ bench: MemoryBench, _ people: Simulation, seed: UInt64, rules: String) async throws {
        let engine = try await bench.bench.engine()
        let report = try await engine.sync()
        let (customers, groups) = (bench.customers(), bench.groups())
        let story: Comment = "seed \(seed), \(rules), parked \(report.parked)"
        if report.parked == 0 {
            #expect(customers.erp == customers.crm, story)
            #expect(groups.erp == groups.crm, story)
        } else {
            let parked = try await engine.state.parked()
            let waiting = Set(
                parked.flatMap { record in
                    [record.before, record.after].compactMap { $0?.value("account") ?? $0?.value("number") }
                        .map(\.displayText)
                })
            #expect(differing(customers).allSatisfy(waiting.contains), story)
        }
        if ProcessInfo.processInfo.environment["LOCKSTEP_SEED"] != nil { try await tell(bench, engine) }
        let before = (bench.erp.fingerprint, bench.crm.fingerprint)
        let again = try await engine.sync()
        #expect(again.changes == 0, story)
        #expect((bench.erp.fingerprint, bench.crm.fingerprint) == before, story)
        try await expectNothingLost(bench, engine, story)
        if report.parked == 0 {
            expectNothingVanished(bench, try await engine.state.conflicts(limit: 100_000), story)
        }
    }

    /// All that happened to records that differ, for a seed that is being replayed.
    private func tell(_ bench: MemoryBench, _ engine: SyncEngine) async throws {
        for key in differing(bench.customers()).sorted() {
            print("== \(key)")
            for store in [bench.erp, bench.crm] {
                for transaction in store.history {
                    for change in transaction.changes
                    where [change.before, change.after].contains(where: { $0?[0].displayText == key }) {
                        let images = [change.before, change.after].map {
                            $0?.map(\.displayText).joined(separator: "|") ?? "-"
                        }
                        print(
                            "\(store.name) \(transaction.position.text) \(transaction.origin) \(change.operation) \(images)"
                        )
                    }
                }
            }
            for conflict in try await engine.state.conflicts() where conflict.keyText.hasSuffix("=\(key)") {
                print(conflict.kind, conflict.rule, conflict.winner ?? -1, conflict.fields)
            }
        }
        for record in try await engine.state.parked() {
            print(
                "parked", record.source, record.keyText, record.operation, record.code, record.before?.values ?? [],
                record.after?.values ?? [])
        }
        print("revisits", try await engine.state.revisits(link: "erp-crm").map(\.row))
    }

    private func differing(_ rows: (erp: [[Value]], crm: [[Value]])) -> Set<String> {
        func keyed(_ rows: [[Value]]) -> [String: [Value]] {
            Dictionary(rows.map { ($0[0].displayText, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let (erp, crm) = (keyed(rows.erp), keyed(rows.crm))
        return Set(erp.keys).union(crm.keys).filter { erp[$0] != crm[$0] }
    }

    /// A record that people made and nobody ever deleted or gave another key is there, on both sides.
    private func expectNothingVanished(
        _ bench: MemoryBench, _ conflicts: [ConflictRecord], _ story: Comment
    ) {
        var made: Set<String> = []
        // Who gives a key to a record that the other side deletes meanwhile meets the rule, and a conflict tells.
        var removed = Set(
            conflicts.filter { $0.kind == .deleted }.map { String($0.keyText.drop { $0 != "=" }.dropFirst()) })
        for (store, entity) in [(bench.erp, "customers"), (bench.crm, "accounts")] {
            for change in store.history.filter({ $0.origin == .user }).flatMap(\.changes) where change.entity == entity
            {
                let (before, after) = (change.before?[0].displayText, change.after?[0].displayText)
                if let after { made.insert(after) }
                if let before, before != after { removed.insert(before) }
            }
        }
        let customers = bench.customers()
        for rows in [customers.erp, customers.crm] {
            #expect(made.subtracting(removed).subtracting(rows.map { $0[0].displayText }).isEmpty, story)
        }
    }

    /// The last thing that a person wrote into a name stands on both sides, or a conflict tells where it went.
    private func expectNothingLost(_ bench: MemoryBench, _ engine: SyncEngine, _ story: Comment) async throws {
        let conflicts = try await engine.state.conflicts(limit: 100_000)
        let keysInConflict = Set(conflicts.map(\.keyText))
        let parked = Set(try await engine.state.parked(limit: 100_000).map(\.keyText))
        for (store, entity, key, name) in [
            (bench.erp, "customers", "account", "name"), (bench.crm, "accounts", "number", "title"),
        ] {
            var last: [String: Value] = [:]
            for transaction in store.history where transaction.origin == .user {
                for change in transaction.changes where change.entity == entity {
                    guard let after = change.after, change.before.map({ [$0[0], $0[1]] }) != [after[0], after[1]] else {
                        continue
                    }
                    last[after[0].displayText] = after[1]
                }
            }
            let present = Dictionary(
                store.records(entity).map { (($0[key] ?? .null).displayText, $0[name] ?? .null) },
                uniquingKeysWith: { first, _ in first })
            for (account, value) in last {
                let texts = ["account=\(account)", "number=\(account)"]
                guard keysInConflict.isDisjoint(with: texts), parked.isDisjoint(with: texts), let now = present[account]
                else { continue }
                let other = store === bench.erp ? bench.crm : bench.erp
                let wroteLater = other.history.contains { transaction in
                    transaction.origin == .user
                        && transaction.changes.contains { $0.after?[0].displayText == account && $0.after?[1] == now }
                }
                #expect(now == value || wroteLater, story)
            }
        }
    }
}

/// People who write on both sides, decided by a seed.
struct Simulation {
    let box: SimulationBox

    init(bench: MemoryBench, random: SeededGenerator) { box = SimulationBox(bench: bench, random: random) }

    mutating func act() { box.act() }
}

/// Shared with faults that let somebody write in the middle of a run.
final class SimulationBox: Sendable {
    private let bench: MemoryBench
    private let random: Locked<SeededGenerator>
    private let clock = Locked<Int64>(0)

    init(bench: MemoryBench, random: SeededGenerator) {
        self.bench = bench
        self.random = Locked(random)
    }

    /// One transaction on one side; refused ones happen, as in life.
    func act() {
        random.with { random in
            let isERP = random.chance(percent: 50)
            let store = isERP ? bench.erp : bench.crm
            // Clocks of the two sides disagree, and go back now and then.
            let time = clock.with { clock in
                clock += 1
                return clock - (random.chance(percent: 10) ? 5 : 0)
            }
            let count = random.integer(1...4)
            var statements: [MemoryStatement] = []
            for _ in 0..<count { statements.append(statement(isERP, time, &random)) }
            _ = try? store.run(statements)
        }
    }

    private func statement(_ isERP: Bool, _ time: Int64, _ random: inout SeededGenerator) -> MemoryStatement {
        let entity = isERP ? "customers" : "accounts"
        let (key, name, credit, changed) =
            isERP ? ("account", "name", "credit", "changed") : ("number", "title", "creditlimit", "modified")
        let account = Value.text("C\(random.integer(1...12))")
        let group = Value.int64(Int64(random.integer(1...3)))
        let names = ["Ann", "Bob", "Cid", "", "Æ", "名"]
        let text = Value.text(random.pick(names) ?? "")
        switch random.integer(1...100) {
        case 1...30:
            return .insert(
                entity,
                [
                    key: account, name: text, "city": .null, credit: .decimal("\(random.integer(0...3)).50"),
                    changed: .int64(time), "group_id": random.chance(percent: 30) ? group : .null,
                ])
        case 31...60:
            return .update(entity, key: [key: account], set: [name: text, changed: .int64(time)])
        case 61...75:
            return .update(
                entity, key: [key: account],
                set: ["city": .text(random.pick(names) ?? ""), "group_id": random.chance(percent: 50) ? group : .null])
        case 76...80:
            return .update(
                entity, key: [key: account], set: [key: .text("C\(random.integer(1...12))"), changed: .int64(time)])
        case 81...90: return .delete(entity, key: [key: account])
        case 91...95: return .insert("groups", ["id": group, "label": text])
        case 96...98: return .update("groups", key: ["id": group], set: ["label": text])
        default: return .delete("groups", key: ["id": group])
        }
    }
}
