import ConnectorKit
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// References that go round in circles, against constraints that are checked at once.
struct CirclesTests {
    private func employee(_ id: Int64, boss: Int64? = nil) -> MemoryStatement {
        .insert(
            "employees", ["id": .int64(id), "name": .text("e\(id)"), "boss": boss.map(Value.int64) ?? .null])
    }

    private func expectQuiet(_ bench: CircleBench) async throws {
        let before = (bench.erp.fingerprint, bench.crm.fingerprint)
        let report = try await bench.bench.engine().sync()
        #expect(report.changes == 0)
        #expect((bench.erp.fingerprint, bench.crm.fingerprint) == before)
    }

    @Test(arguments: [true, false])
    func aCircleIsCopiedIntoAnEmptyStore(toRight: Bool) async throws {
        let bench = try CircleBench()
        let store = toRight ? bench.erp : bench.crm
        for id in 1...20 { try CircleBench.insertCircle(Int64(id), store) }
        // A tree whose records come in another order than their references ask for.
        try store.run((1...50).map { employee(Int64($0)) })
        try store.run(
            (1...49).map { .update("employees", key: ["id": .int64(Int64($0))], set: ["boss": .int64(Int64($0 + 1))]) })
        let report = try await bench.bench.engine().sync()
        #expect(report.parked == 0)
        #expect(bench.areEqual)
        #expect(bench.records(bench.erp).count == 90)
        let written = toRight ? \MapReport.toRight : \MapReport.toLeft
        #expect(report.maps.map { $0[keyPath: written].inserts } == [20, 20, 50])
        #expect(report.maps.allSatisfy { $0[keyPath: written].updates == 0 })
        try await expectQuiet(bench)
    }

    @Test func aPlanOfACircleSaysWhatTheSyncDoes() async throws {
        let bench = try CircleBench()
        for id in 1...5 { try CircleBench.insertCircle(Int64(id), bench.erp) }
        let plan = try await bench.bench.engine().plan()
        let report = try await bench.bench.engine().sync()
        #expect(plan.maps.map(\.toRight) == report.maps.map(\.toRight))
    }

    @Test func aCircleOfWhichOneEntityIsNotEmptyIsCopied() async throws {
        let bench = try CircleBench()
        for id in 1...20 { try CircleBench.insertCircle(Int64(id), bench.erp) }
        try bench.crm.run([.insert("accounts", ["id": .int64(100), "name": .text("own")])])
        let report = try await bench.bench.engine().sync()
        #expect(report.parked == 0)
        #expect(bench.areEqual)
        #expect(bench.records(bench.crm).contains("accounts 100 own null"))
        try await expectQuiet(bench)
    }

    @Test func bothSidesOfACircleAreMerged() async throws {
        let bench = try CircleBench(conflicts: "{overlap: crm, delete: update-wins}")
        for id in 1...20 { try CircleBench.insertCircle(Int64(id), bench.erp) }
        for id in 15...40 { try CircleBench.insertCircle(Int64(id), bench.crm) }
        try bench.erp.run([employee(2), employee(1, boss: 2)])
        try bench.crm.run([employee(4), employee(3, boss: 4)])
        let report = try await bench.bench.engine().sync()
        #expect(report.parked == 0)
        #expect(bench.areEqual)
        #expect(bench.records(bench.erp).contains("accounts 1 a1 1"))
        try await expectQuiet(bench)
    }

    @Test(arguments: [true, false])
    func circlesOfOneTransactionTravel(toRight: Bool) async throws {
        let bench = try CircleBench()
        let store = toRight ? bench.erp : bench.crm
        _ = try await bench.bench.engine().sync()
        for id in 1...3 { try CircleBench.insertCircle(Int64(id), store) }
        #expect(try await bench.bench.engine().sync().parked == 0)
        #expect(bench.areEqual)
        // A reference that makes a circle of records that were there.
        try store.run([
            .insert("contacts", ["id": .int64(9), "name": .text("n"), "account": .int64(1)]),
            .update("accounts", key: ["id": .int64(1)], set: ["contact": .int64(9)]),
        ])
        try CircleBench.deleteCircle(2, store)
        let report = try await bench.bench.engine().sync()
        #expect(report.parked == 0)
        #expect(bench.areEqual)
        #expect(bench.records(bench.crm).count == 5)
        try await expectQuiet(bench)
    }

    @Test func aCircleWhoseOneReferenceMustBeThereTravels() async throws {
        let bench = try CircleBench(contactNeedsAccount: true)
        for id in 1...4 { try CircleBench.insertCircle(Int64(id), bench.erp) }
        #expect(try await bench.bench.engine().sync().parked == 0)
        for id in 5...8 { try CircleBench.insertCircle(Int64(id), bench.crm) }
        try CircleBench.deleteCircle(1, bench.erp)
        #expect(try await bench.bench.engine().sync().parked == 0)
        #expect(bench.areEqual)
        try await expectQuiet(bench)
    }

    @Test func aTransactionLargerThanAChunkKeepsItsCircles() async throws {
        // Nothing keeps the order there, neither of what comes nor of what goes.
        let bench = try CircleBench(erpHasReferences: false)
        _ = try await bench.bench.engine().sync()
        let filler = (1000..<10_000).map { Int64($0) }
        try bench.erp.transaction { transaction in
            for id in 1...100 { try transaction.execute(employee(Int64(id), boss: Int64(id + 1))) }
            try transaction.execute(
                .insert("accounts", ["id": .int64(1), "name": .text("a"), "contact": .int64(1)]))
            for id in filler { try transaction.execute(.insert("contacts", ["id": .int64(id), "name": .text("f")])) }
            try transaction.execute(.insert("contacts", ["id": .int64(1), "name": .text("c"), "account": .int64(1)]))
            try transaction.execute(employee(101))
        }
        #expect(try await bench.bench.engine().sync().parked == 0)
        #expect(bench.areEqual)
        try bench.erp.transaction { transaction in
            try transaction.execute(.delete("contacts", key: ["id": .int64(1)]))
            try transaction.execute(.delete("employees", key: ["id": .int64(101)]))
            for id in filler { try transaction.execute(.delete("contacts", key: ["id": .int64(id)])) }
            try transaction.execute(.delete("accounts", key: ["id": .int64(1)]))
            for id in 1...100 { try transaction.execute(.delete("employees", key: ["id": .int64(Int64(id))])) }
        }
        let deletes = SyncPermissions(deleteMaps: Set(CircleBench.entityNames))
        #expect(try await bench.bench.engine().sync(permissions: deletes).parked == 0)
        let left = bench.records(bench.crm).count
        #expect(left == 0)
    }

    @Test func whatARecordLacksComesWithWhatItRefersTo() async throws {
        let bench = try CircleBench(conflicts: "{overlap: crm, delete: update-wins}")
        bench.crm.addTrigger(
            MemoryTrigger("closed", on: "contacts", .before, [.insert]) { _ throws(MemoryRefusal) in
                throw MemoryRefusal(.check, "closed", "closed today")
            })
        _ = try await bench.bench.engine().sync()
        try CircleBench.insertCircle(1, bench.erp)
        let engine = try await bench.bench.engine()
        #expect(try await engine.sync().parked == 2)
        #expect(bench.records(bench.crm) == ["accounts 1 a1 null"])
        let parked = try await engine.state.parked(map: "accounts")
        #expect(parked.map(\.code) == ["LS-PARK-DEFERRED"] && parked.map(\.field) == ["contact"])
        // Its later changes wait with it, and what the other side makes of it is not lost.
        try bench.erp.run([.update("accounts", key: ["id": .int64(1)], set: ["name": .text("new")])])
        #expect(try await engine.sync().parked == 2)
        bench.crm.removeTrigger("closed")
        #expect(try await engine.sync().parked == 0)
        #expect(bench.areEqual)
        #expect(bench.records(bench.crm) == ["accounts 1 new 1", "contacts 1 c1 1"])
        try await expectQuiet(bench)
    }

    @Test func aCircleThatWasParkedAsAWholeHeals() async throws {
        let bench = try CircleBench()
        for entity in ["accounts", "contacts"] {
            bench.crm.addTrigger(
                MemoryTrigger("closed \(entity)", on: entity, .before, [.insert]) { _ throws(MemoryRefusal) in
                    throw MemoryRefusal(.check, "closed", "closed today")
                })
        }
        _ = try await bench.bench.engine().sync()
        for id in 1...3 { try CircleBench.insertCircle(Int64(id), bench.erp) }
        let engine = try await bench.bench.engine()
        #expect(try await engine.sync().parked == 6)
        for entity in ["accounts", "contacts"] { bench.crm.removeTrigger("closed \(entity)") }
        #expect(try await engine.sync().parked == 0)
        #expect(bench.areEqual)
    }

    @Test func aComparisonDoesNotTakeWhatIsStillMissingForSomebodysWill() async throws {
        // Where the other side wins, its empty field would wipe out the reference that it could not take yet.
        let bench = try CircleBench(conflicts: "{overlap: crm, delete: update-wins}")
        bench.crm.addTrigger(
            MemoryTrigger("closed", on: "contacts", .before, [.insert]) { _ throws(MemoryRefusal) in
                throw MemoryRefusal(.check, "closed", "closed today")
            })
        try CircleBench.insertCircle(1, bench.erp)
        let engine = try await bench.bench.engine()
        #expect(try await engine.sync().parked == 2)
        #expect(try await engine.sync(permissions: SyncPermissions(isResync: true)).parked == 2)
        bench.crm.removeTrigger("closed")
        #expect(try await engine.sync().parked == 0)
        #expect(bench.areEqual)
        #expect(bench.records(bench.erp).contains("accounts 1 a1 1"))
    }

    @Test func manyChildrenHealWithTheirParent() async throws {
        let bench = try CircleBench(contactNeedsAccount: true)
        _ = try await bench.bench.engine().sync()
        bench.crm.addTrigger(
            MemoryTrigger("closed", on: "accounts", .before, [.insert]) { _ throws(MemoryRefusal) in
                throw MemoryRefusal(.check, "closed", "closed today")
            })
        try bench.erp.run([.insert("accounts", ["id": .int64(1), "name": .text("a")])])
        let count = 3000
        try bench.erp.run(
            (1...count).map {
                .insert("contacts", ["id": .int64(Int64($0)), "name": .text("c"), "account": .int64(1)])
            })
        let engine = try await bench.bench.engine()
        #expect(try await engine.sync().parked == count + 1)
        bench.crm.removeTrigger("closed")
        #expect(try await engine.sync().parked == 0)
        #expect(bench.areEqual)
    }
}
