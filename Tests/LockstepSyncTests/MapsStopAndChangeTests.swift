import ConnectorKit
import Foundation
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// Maps that stop themselves, join late, or mean something else than before.
struct MapsStopAndChangeTests {
    private func insert(_ account: String, _ name: String) -> MemoryStatement {
        .insert("customers", ["account": .text(account), "name": .text(name)])
    }

    private func rename(_ account: String, _ name: String) -> MemoryStatement {
        .update("customers", key: ["account": .text(account)], set: ["name": .text(name)])
    }

    @Test func aPlanSaysThatTheGuardWillStopTheMap() async throws {
        let bench = try MemoryBench()
        let guarded = try Bench(
            bench.bench.connectors,
            maps: [
                MemoryBench.customersMap().replacingOccurrences(
                    of: "{propagate: true}", with: "{propagate: true, guard: 20%}"), MemoryBench.groupsMap,
            ])
        try bench.erp.run((0..<40).map { insert("C\($0)", "n") })
        let engine = try await guarded.engine()
        _ = try await engine.sync()
        try bench.erp.run((0..<15).map { .delete("customers", key: ["account": .text("C\($0)")]) })
        try bench.erp.run([.insert("groups", ["id": .int64(1), "label": .text("x")])])
        let plan = try await engine.plan()
        #expect(plan.maps[0].state == "failed" && plan.maps[0].reason.contains("15 of the 40"))
        #expect(plan.maps[1].toRight.inserts == 1)
        #expect(try await engine.state.maps()[0].state == .live)
    }

    @Test func aMapWhoseFieldIsGoneStopsAloneRunAfterRun() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([insert("A", "Ann")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        var accounts = try await bench.bench.connectors[1].describe(DescribeRequest(entities: ["accounts"])).entities[0]
        accounts.fields.removeAll { $0.name == "city" }
        try bench.crm.alter(MemoryEntity(accounts))
        for id in 1...3 {
            try bench.erp.run([
                rename("A", "Ann \(id)"), .insert("groups", ["id": .int64(Int64(id)), "label": .text("x")]),
            ])
            let report = try await engine.sync()
            #expect(report.maps[0].state == "failed")
            #expect(bench.groups().crm.count == id)
        }
    }

    @Test func aMapWhoseFirstCopyCannotBeStopsAlone() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([insert("A", "Ann"), .insert("groups", ["id": .int64(1), "label": .text("x")])])
        let engine = try await bench.bench.engine()
        let whole = try await bench.bench.connectors[1].describe(DescribeRequest(entities: ["accounts"])).entities[0]
        var accounts = whole
        accounts.fields.removeAll { $0.name == "city" }
        try bench.crm.alter(MemoryEntity(accounts))
        for _ in 0..<2 {
            let report = try await engine.sync()
            #expect(report.maps[0].state == "failed")
            #expect(bench.groups().crm.count == 1)
        }
        try bench.crm.alter(MemoryEntity(whole))
        #expect(try await engine.sync().maps[0].state == "live")
        #expect(bench.areEqual)
    }

    @Test(arguments: [false, true])
    func aChangedMapFirstTakesInWhatWaited(isPaused: Bool) async throws {
        let bench = try MemoryBench()
        try bench.erp.run([insert("A", "Ann"), insert("B", "Bob")])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        if isPaused { try await engine.pause(map: "customers", by: "eve", reason: "") }
        try bench.erp.run([.delete("customers", key: ["account": .text("A")])])
        try bench.crm.run([.update("accounts", key: ["number": .text("B")], set: ["title": .text("Bert")])])
        if isPaused { try await engine.resume(map: "customers", by: "eve") }
        let map = MemoryBench.customersMap().replacingOccurrences(of: "  - {erp: credit, crm: creditlimit}\n", with: "")
        let changed = try Bench(bench.bench.connectors, maps: [map, MemoryBench.groupsMap])
        let link = try await changed.engine().link
        let other = SyncEngine(link: link, state: engine.state, environment: engine.environment)
        _ = try await other.sync()
        #expect(bench.areEqual)
        #expect(bench.customers().erp.map { $0[1] } == [.text("Bert")])
    }

    @Test func aMapThatFailsBeforeItsStreamBeganDoesNotReplayWhatItsCopyHas() async throws {
        let bench = try MemoryBench(conflicts: "{overlap: manual, delete: manual}")
        let alone = try Bench(bench.bench.connectors, maps: [MemoryBench.groupsMap])
        let first = try await alone.engine()
        _ = try await first.sync()
        try bench.erp.run([insert("A", "Ann")])
        try bench.erp.run([rename("A", "Anna")])
        let both = SyncEngine(
            link: try await bench.bench.engine().link, state: first.state, environment: first.environment)
        _ = try await both.sync()
        try bench.erp.run([rename("A", "Ada")])
        try await both.pause(map: "customers", by: "eve", reason: "")
        try await both.resume(map: "customers", by: "eve")
        _ = try await both.sync()
        #expect(bench.areEqual)
        #expect(try await both.state.conflicts().isEmpty)
    }
}
