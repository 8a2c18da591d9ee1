import ConnectorKit
import Foundation
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

struct TwoStoresBecomeEqualTests {
    private func customer(_ account: String, _ name: String, _ group: Int64? = nil, changed: Int64 = 0)
        -> MemoryStatement
    {
        .insert(
            "customers",
            [
                "account": .text(account), "name": .text(name), "changed": .int64(changed),
                "group_id": group.map(Value.int64) ?? .null,
            ])
    }

    @Test func theFirstSyncCopiesBothWays() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([.insert("groups", ["id": .int64(1), "label": .text("big")]), customer("A", "Ann", 1)])
        try bench.crm.run([.insert("accounts", ["number": .text("B"), "title": .text("Bob")])])
        let report = try await bench.bench.engine().sync()
        #expect(bench.areEqual)
        #expect(bench.customers().erp.count == 2)
        #expect(report.maps.allSatisfy { $0.state == "live" })
        #expect(report.maps[0].toRight.inserts == 1 && report.maps[0].toLeft.inserts == 1)
    }

    @Test func aQuietRunWritesNothing() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([customer("A", "Ann")])
        _ = try await bench.bench.engine().sync()
        let before = (bench.erp.fingerprint, bench.crm.fingerprint)
        let report = try await bench.bench.engine().sync()
        #expect(report.changes == 0)
        #expect((bench.erp.fingerprint, bench.crm.fingerprint) == before)
    }

    @Test func changesOfDifferentFieldsMerge() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([customer("A", "Ann")])
        _ = try await bench.bench.engine().sync()
        try bench.erp.run([.update("customers", key: ["account": .text("A")], set: ["name": .text("Anna")])])
        try bench.crm.run([.update("accounts", key: ["number": .text("A")], set: ["city": .text("Rome")])])
        let engine = try await bench.bench.engine()
        let report = try await engine.sync()
        #expect(bench.areEqual)
        #expect(bench.customers().crm[0][1] == .text("Anna") && bench.customers().crm[0][2] == .text("Rome"))
        #expect(report.openConflicts == 0)
        #expect(try await engine.state.conflictCount(status: .automatic) == 0)
    }

    @Test func anOverlapGoesToTheRuleAndTheLoserIsKept() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([customer("A", "Ann")])
        _ = try await bench.bench.engine().sync()
        try bench.erp.run([.update("customers", key: ["account": .text("A")], set: ["name": .text("Anna")])])
        try bench.crm.run([.update("accounts", key: ["number": .text("A")], set: ["title": .text("Annette")])])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        #expect(bench.areEqual)
        #expect(bench.customers().crm[0][1] == .text("Anna"))
        let conflicts = try await engine.state.conflicts()
        #expect(conflicts.count == 1)
        #expect(conflicts.first?.right?.value("title") == .text("Annette"))
        #expect(conflicts.first?.base?.value("name") == .text("Ann"))
        try await engine.decide(conflict: conflicts[0].id, .take(.right), by: "eve")
        #expect(bench.areEqual)
        #expect(bench.customers().erp[0][1] == .text("Annette"))
        #expect(try await engine.sync().changes == 0)
    }

    @Test func aManualConflictWaitsForAPersonAndBothSidesKeepTheirs() async throws {
        let bench = try MemoryBench(conflicts: "{overlap: manual, delete: manual}")
        try bench.erp.run([customer("A", "Ann")])
        _ = try await bench.bench.engine().sync()
        try bench.erp.run([.update("customers", key: ["account": .text("A")], set: ["name": .text("Anna")])])
        try bench.crm.run([
            .update("accounts", key: ["number": .text("A")], set: ["title": .text("Annette"), "city": .text("Rome")])
        ])
        let engine = try await bench.bench.engine()
        let report = try await engine.sync()
        #expect(report.openConflicts == 1)
        #expect(bench.customers().erp[0][1] == .text("Anna") && bench.customers().crm[0][1] == .text("Annette"))
        #expect(bench.customers().erp[0][2] == .text("Rome"))
        let conflict = try #require(try await engine.state.conflicts(status: .open).first)
        try await engine.decide(conflict: conflict.id, .edit(["name": "Annika"], rest: nil), by: "eve")
        #expect(bench.areEqual)
        #expect(bench.customers().crm[0][1] == .text("Annika"))
        #expect(try await engine.sync().openConflicts == 0)
    }

    @Test(arguments: [("update-wins", 1), ("delete-wins", 0)])
    func aDeleteAgainstAnUpdateGoesToTheRule(rule: String, left: Int) async throws {
        let bench = try MemoryBench(conflicts: "{overlap: erp, delete: \(rule)}")
        try bench.erp.run([customer("A", "Ann")])
        _ = try await bench.bench.engine().sync()
        try bench.erp.run([.delete("customers", key: ["account": .text("A")])])
        try bench.crm.run([.update("accounts", key: ["number": .text("A")], set: ["title": .text("Annette")])])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        #expect(bench.areEqual)
        #expect(bench.customers().erp.count == left)
        #expect(try await engine.state.conflicts().count >= 1)
    }

    @Test func aRecordWhoseParentIsMissingIsParkedAndHealsWhenItArrives() async throws {
        let bench = try MemoryBench()
        _ = try await bench.bench.engine().sync()
        bench.crm.addTrigger(
            MemoryTrigger("no groups yet", on: "groups", .before, [.insert]) { _ throws(MemoryRefusal) in
                throw MemoryRefusal(.check, "closed", "no groups today")
            })
        try bench.erp.run([
            .insert("groups", ["id": .int64(1), "label": .text("big")]), customer("A", "Ann", 1), customer("B", "Bob"),
        ])
        let engine = try await bench.bench.engine()
        #expect(try await engine.sync().parked == 2)
        #expect(bench.customers().crm.count == 1)
        // A later change of a parked record waits with it.
        try bench.erp.run([.update("customers", key: ["account": .text("A")], set: ["name": .text("Anna")])])
        #expect(try await engine.sync().parked == 2)
        bench.crm.removeTrigger("no groups yet")
        #expect(try await engine.sync().parked == 0)
        #expect(bench.areEqual)
        #expect(bench.customers().crm[0][1] == .text("Anna"))
    }

    @Test func childrenMayComeBeforeTheirParentsInATransaction() async throws {
        let bench = try MemoryBench()
        _ = try await bench.bench.engine().sync()
        try bench.erp.transaction { transaction in
            try transaction.execute(.insert("groups", ["id": .int64(7), "label": .text("x")]))
            try transaction.execute(customer("A", "Ann", 7))
            try transaction.execute(.insert("groups", ["id": .int64(8), "label": .text("y")]))
            try transaction.execute(.update("customers", key: ["account": .text("A")], set: ["group_id": .int64(8)]))
            try transaction.execute(.delete("groups", key: ["id": .int64(7)]))
        }
        #expect(try await bench.bench.engine().sync().parked == 0)
        #expect(bench.areEqual)
    }

    @Test func whatTheStoreMadeOfOurWriteTravelsBack() async throws {
        let bench = try MemoryBench()
        bench.crm.addTrigger(
            MemoryTrigger("upper", on: "accounts", .before, [.insert, .update]) { scope throws(MemoryRefusal) in
                if case .text(let city)? = scope.new?["city"] { scope.new?["city"] = .text(city.uppercased()) }
            })
        try bench.erp.run([.insert("customers", ["account": .text("A"), "city": .text("Rome")])])
        _ = try await bench.bench.engine().sync()
        #expect(bench.customers().erp[0][2] == .text("ROME"))
        #expect(bench.areEqual)
    }

    @Test func aPlanSaysWhatTheSyncThenDoesAndWritesNothing() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([customer("A", "Ann"), customer("B", "Bob"), customer("C", "Cid")])
        try bench.crm.run([
            .insert("accounts", ["number": .text("C"), "title": .text("Sid"), "modified": .int64(0)]),
            .insert("accounts", ["number": .text("D"), "title": .text("Dora")]),
        ])
        let before = (bench.erp.fingerprint, bench.crm.fingerprint)
        let plan = try await bench.bench.engine().plan()
        #expect((bench.erp.fingerprint, bench.crm.fingerprint) == before)
        let report = try await bench.bench.engine().sync()
        #expect(plan.maps.map(\.toLeft) == report.maps.map(\.toLeft))
        #expect(plan.maps.map(\.toRight) == report.maps.map(\.toRight))
        #expect(
            plan.maps[0].toRight.inserts == 2 && plan.maps[0].toRight.updates == 1 && plan.maps[0].toLeft.inserts == 1)
        #expect(plan.maps[0].samples.contains { $0.action == "insert" })
    }

    @Test func manyDeletesStopTheMapUntilAllowed() async throws {
        let bench = try MemoryBench(extra: "")
        let guarded = try Bench(
            bench.bench.connectors,
            maps: [
                MemoryBench.customersMap().replacingOccurrences(
                    of: "{propagate: true}", with: "{propagate: true, guard: 20%}"),
                MemoryBench.groupsMap,
            ])
        try bench.erp.run((0..<40).map { customer("C\($0)", "n") })
        _ = try await guarded.engine().sync()
        try bench.erp.run((0..<15).map { .delete("customers", key: ["account": .text("C\($0)")]) })
        try bench.erp.run([.insert("groups", ["id": .int64(1), "label": .text("x")])])
        let stopped = try await guarded.engine().sync()
        #expect(stopped.maps[0].state == "failed")
        #expect(stopped.maps[0].reason.contains("15 of the 40"))
        #expect(bench.customers().crm.count == 40)
        #expect(bench.groups().crm.count == 1)
        let allowed = try await guarded.engine().sync(permissions: SyncPermissions(deleteMaps: ["customers"]))
        #expect(allowed.maps[0].state == "live")
        #expect(bench.areEqual)
    }

    @Test func aPausedMapWaitsAndReplaysInOrder() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([customer("A", "Ann")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try await engine.pause(map: "customers", by: "eve", reason: "maintenance")
        try bench.erp.run([.update("customers", key: ["account": .text("A")], set: ["name": .text("Anna")])])
        try bench.erp.run([.insert("groups", ["id": .int64(1), "label": .text("x")])])
        #expect(try await engine.sync().maps[0].state == "paused")
        #expect(bench.customers().crm[0][1] == .text("Ann"))
        #expect(bench.groups().crm.count == 1)
        try bench.crm.run([.update("accounts", key: ["number": .text("A")], set: ["city": .text("Rome")])])
        try await engine.resume(map: "customers", by: "eve")
        #expect(try await engine.sync().maps[0].state == "live")
        #expect(bench.areEqual)
        #expect(bench.customers().erp[0][2] == .text("Rome"))
    }

    @Test func lostHistoryStopsTheLinkAndAResyncComparesAnew() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([customer("A", "Ann")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        try bench.erp.run([customer("B", "Bob")])
        try await MemoryConnector(bench.erp).release(bench.erp.position)
        await #expect(throws: SyncError.self) { _ = try await engine.sync() }
        let report = try await engine.sync(permissions: SyncPermissions(isResync: true))
        #expect(report.maps[0].equal == 1 && report.maps[0].toRight.inserts == 1)
        #expect(bench.areEqual)
    }
}
