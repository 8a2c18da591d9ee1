import LockstepModel
import LockstepSync
import LockstepTesting
import Testing

/// What a plan says about the data, and that a sync then finds the same.
struct PlansTellWhatIsWrongTests {
    @Test func twoRecordsOfOneSideThatWantOneUniqueValueCollideWithEachOther() async throws {
        let bench = try PlanBench(
            erp: [
                "CREATE TABLE dummy (x)", "DROP TABLE customers",
                "CREATE TABLE customers (account TEXT PRIMARY KEY NOT NULL, name TEXT, mail TEXT, status TEXT)",
                "INSERT INTO customers VALUES ('A', 'Ann', 'x@y', 'hold'), ('B', 'Bob', 'x@y', 'hold'), ('C', 'C', 'c', 'hold')",
            ])
        let plan = try await bench.plan()
        let map = try #require(plan.maps[0].plan)
        #expect(map.collisions.map(\.records) == [1])
        #expect(map.collisions[0].amongThemselves == 1)
        #expect(map.collisions[0].fields == ["mail"])
        #expect(plan.maps[0].toRight.inserts == 2)
        #expect(plan.maps[0].samples.first?.action == "collision")
        let report = try await bench.bench.engine().sync()
        #expect(report.maps[0].toRight == plan.maps[0].toRight)
        #expect(report.parked == plan.parked)
    }

    @Test func aValueThatAnotherRecordOfTheTargetHoldsCollides() async throws {
        let bench = try PlanBench(
            erp: ["INSERT INTO customers VALUES ('A', 'Ann', 'x@y', 'hold')"],
            crm: ["INSERT INTO contacts VALUES ('Z', 'Zoe', 'x@y', 2, 'company')"])
        let plan = try await bench.plan()
        let map = try #require(plan.maps[0].plan)
        #expect(map.collisions.map(\.store).sorted() == ["crm", "erp"])
        #expect(map.collisions.allSatisfy { $0.records == 1 && $0.amongThemselves == 0 })
        #expect(plan.maps[0].toLeft.total + plan.maps[0].toRight.total == 0)
        let report = try await bench.bench.engine().sync()
        #expect(report.parked == plan.parked)
    }

    @Test func aUniqueValueThatIsHandedOnInOneTransactionDoesNotCollide() async throws {
        let bench = try PlanBench(
            erp: ["INSERT INTO customers VALUES ('A', 'Ann', 'x@y', 'hold'), ('B', 'Bob', NULL, 'hold')"])
        _ = try await bench.bench.engine().sync()
        try bench.execute(
            """
            BEGIN; UPDATE customers SET mail = 'new' WHERE account = 'A';
            UPDATE customers SET mail = 'x@y' WHERE account = 'B'; COMMIT
            """, in: "erp")
        let plan = try await bench.plan()
        #expect(plan.maps[0].plan?.collisions.isEmpty == true)
        #expect(plan.parked == 0)
        #expect(plan.maps[0].toRight.updates == 2)
        let report = try await bench.bench.engine().sync()
        #expect(report.maps[0].toRight == plan.maps[0].toRight)
    }

    @Test func aUniqueValueThatItsHolderGivesUpByADeleteIsFree() async throws {
        let bench = try PlanBench(
            map: PlanBench.map(extra: "deletes: {propagate: true, guard: off}"),
            erp: ["INSERT INTO customers VALUES ('A', 'Ann', 'x@y', 'hold')"])
        _ = try await bench.bench.engine().sync()
        try bench.execute(
            "DELETE FROM customers; INSERT INTO customers VALUES ('B', 'Bob', 'x@y', 'hold')", in: "erp")
        let plan = try await bench.plan()
        #expect(plan.maps[0].plan?.collisions.isEmpty == true)
        #expect(plan.maps[0].toRight.deletes == 1 && plan.maps[0].toRight.inserts == 1)
    }

    @Test func valuesWithoutCounterpartAreCountedByValue() async throws {
        let bench = try PlanBench(
            erp: [
                """
                INSERT INTO customers VALUES ('A', 'Ann', NULL, 'vip'), ('B', 'Bob', NULL, 'vip'),
                ('C', 'Cid', NULL, 'odd'), ('D', 'Dora', NULL, 'active'), ('E', 'Eve', NULL, NULL)
                """
            ])
        let plan = try await bench.plan()
        let unmapped = try #require(plan.maps[0].plan?.unmapped.first)
        #expect(unmapped.field == "status" && unmapped.store == "erp" && unmapped.policy == "park")
        #expect(unmapped.records == 3)
        #expect(unmapped.values.map { "\($0.value) \($0.records)" } == ["vip 2", "odd 1"])
        #expect(plan.maps[0].plan?.parked.map { "\($0.code) \($0.field) \($0.records)" } == ["LS-MAP-107 status 3"])
        #expect(plan.parked == 3)
    }

    @Test func recordsOutsideTheFilterAreCounted() async throws {
        let bench = try PlanBench(
            crm: ["INSERT INTO contacts VALUES ('P', 'P', NULL, 1, 'person'), ('Q', 'Q', NULL, 1, 'company')"])
        let survey = try #require(try await bench.plan().maps[0].plan?.survey)
        #expect(survey.rightRecords == 2 && survey.rightOutside == 1 && survey.leftRecords == 0)
    }

    @Test func theConflictWithMostFieldsIsShownFirst() async throws {
        let bench = try PlanBench(
            erp: ["INSERT INTO customers VALUES ('A', 'Ann', 'a', 'hold'), ('B', 'Bob', 'b', 'hold')"],
            crm: [
                "INSERT INTO contacts VALUES ('A', 'Anna', 'a', 2, 'company'), ('B', 'Rob', 'r', 1, 'company')"
            ])
        let map = try await bench.plan().maps[0]
        #expect(map.openConflicts == 2)
        let conflicts = map.samples.filter { $0.action == "conflict" }
        #expect(conflicts.map(\.key) == ["account=B", "account=A"])
        #expect(conflicts[0].fields.count == 3)
        #expect(conflicts[1].fields == [PlanField(field: "name ~ title", first: "Ann", second: "Anna")])
        #expect(conflicts[0].note == "nobody")
    }

    @Test func whoWinsIsCountedByRule() async throws {
        let bench = try PlanBench(
            map: PlanBench.map(overlap: "crm"),
            erp: ["INSERT INTO customers VALUES ('A', 'Ann', 'a', 'hold'), ('B', 'Bob', 'b', 'hold')"],
            crm: ["INSERT INTO contacts VALUES ('A', 'Anna', 'a', 2, 'company'), ('B', 'Rob', 'b', 2, 'company')"])
        let map = try await bench.plan().maps[0]
        #expect(map.plan?.decided.map { "\($0.rule) \($0.winner) \($0.conflicts)" } == ["crm crm 2"])
        #expect(map.openConflicts == 0)
    }

    @Test func aMapThatAGuardStopsIsSaidToStopAndCountsNothing() async throws {
        let rows = (0..<40).map { "('C\($0)', 'n\($0)', NULL, 'hold')" }.joined(separator: ",")
        let bench = try PlanBench(
            map: PlanBench.map(extra: "deletes: {propagate: true, guard: 20%}"),
            erp: ["INSERT INTO customers VALUES \(rows)"])
        _ = try await bench.bench.engine().sync()
        try bench.execute("DELETE FROM customers WHERE account < 'C3'", in: "erp")
        let map = try await bench.plan().maps[0]
        #expect(map.plan?.wouldStop == true)
        #expect(map.toRight.total == 0)
        #expect(map.samples.isEmpty)
    }
}
