import LockstepModel
import LockstepSync
import LockstepTesting
import Testing

/// The same world, the same digest; any difference, another.
struct PlansAreKnownByADigestTests {
    private static let rows = "INSERT INTO customers VALUES ('A', 'Ann', 'a', 'hold'), ('B', 'Bob', 'b', 'active')"

    private func digest(erp: [String] = [Self.rows], map: String = PlanBench.map()) async throws -> String {
        let bench = try PlanBench(
            map: map, erp: erp, crm: ["INSERT INTO contacts VALUES ('A', 'Anna', 'a', 2, 'company')"])
        return try #require(try await bench.plan().digest)
    }

    @Test func twoPlansOfTheSameWorldHaveOneDigest() async throws {
        let bench = try PlanBench(erp: [Self.rows])
        let first = try #require(try await bench.plan().digest)
        #expect(first.count == 64)
        #expect(try await bench.plan().digest == first)
        // Another bench, another order in which the rows were made.
        #expect(
            try await digest()
                == digest(erp: [
                    "INSERT INTO customers VALUES ('B', 'Bob', 'b', 'active'), ('A', 'Ann', 'a', 'hold')"
                ]))
    }

    @Test(arguments: [
        "UPDATE customers SET name = 'Bob!' WHERE account = 'B'", "DELETE FROM customers WHERE account = 'B'",
        "INSERT INTO customers VALUES ('C', NULL, NULL, NULL)",
        "UPDATE customers SET status = 'vip' WHERE account = 'B'",
        "UPDATE customers SET name = 'Anne' WHERE account = 'A'",
    ])
    func anyChangeOfTheDataChangesTheDigest(change: String) async throws {
        #expect(try await digest() != digest(erp: [Self.rows, change]))
    }

    @Test func aChangeOfTheMapChangesTheDigest() async throws {
        #expect(try await digest() != digest(map: PlanBench.map(overlap: "erp")))
    }

    @Test func aPlanOfChangesHasAStableDigestToo() async throws {
        let bench = try PlanBench(erp: [Self.rows])
        _ = try await bench.bench.engine().sync()
        try bench.execute("UPDATE customers SET name = 'Bert' WHERE account = 'B'", in: "erp")
        let first = try #require(try await bench.plan().digest)
        #expect(try await bench.plan().digest == first)
        try bench.execute("UPDATE customers SET name = 'Berta' WHERE account = 'B'", in: "erp")
        #expect(try await bench.plan().digest != first)
    }

    @Test func aSyncByDigestRefusesAWorldThatMovedAndNamesTheMaps() async throws {
        let bench = try MemoryBench()
        try bench.erp.run([.insert("customers", ["account": .text("A"), "name": .text("Ann")])])
        let digest = try #require(PlanDigest(try await bench.bench.engine().plan()))
        try await bench.bench.engine().verify(digest)
        try bench.erp.run([.insert("groups", ["id": .int64(1), "label": .text("x")])])
        let before = (bench.erp.fingerprint, bench.crm.fingerprint)
        let error = try #require(
            await #expect(throws: SyncError.self) { try await bench.bench.engine().verify(digest) })
        #expect(error.code == .planMoved)
        #expect(error.message.contains("maps that moved: groups;"))
        #expect((bench.erp.fingerprint, bench.crm.fingerprint) == before)
    }

    @Test func digestsAreReadAsPeopleTypeThem() async throws {
        let bench = try PlanBench(erp: [Self.rows])
        let plan = try await bench.plan()
        let digest = try #require(plan.digest)
        let prefix = try #require(PlanDigest(String(digest.prefix(8)).uppercased()))
        #expect(prefix.matches(plan))
        #expect(prefix.movedMaps(in: plan) == nil)
        #expect(PlanDigest(String(digest.prefix(7))) == nil)
        #expect(PlanDigest("xyz") == nil && PlanDigest("12345678.12") == nil && PlanDigest("") == nil)
        #expect(PlanDigest(digest)?.matches(plan) == true)
        #expect(PlanDigest(plan)?.description.hasPrefix(digest.prefix(16) + ".") == true)
        #expect(PlanDigest("00000000")?.matches(plan) == false)
    }
}
