import Foundation
import LockstepMapping
import LockstepTesting
import SQLiteAccess
import Testing

@testable import LockstepContinuity

@Suite struct DrillsStayAwayFromProductionTests {
    private static let name = "lockstep_drill_0123456789ab"

    private static func server(
        _ store: String, _ endpoints: [String], _ database: String, _ identities: [String] = []
    ) -> StorePlace {
        StorePlace(
            store: store, engine: "PostgreSQL", endpoints: endpoints, container: database, identities: identities)
    }

    private static func proof(_ scratch: StorePlace, _ stores: [StorePlace], exists: Bool = false) -> IsolationProof {
        IsolationProof(scratch: scratch, name: name, stores: stores, exists: exists)
    }

    private static let production = server("erp", ["10.0.0.1:5432", "[::1]:5432"], "erp", ["72:16384"])

    @Test func anotherServerIsIsolated() {
        let proof = Self.proof(Self.server("s", ["10.0.0.2:5432"], Self.name), [Self.production])
        #expect(proof.holds && proof.weaknesses.isEmpty)
        #expect(proof.evidence == ["endpoint-differs:erp", "name-is-the-drills-own", "nothing-was-there-before"])
    }

    @Test func anotherDatabaseOnTheSameServerIsWeaker() {
        let proof = Self.proof(Self.server("s", ["[::1]:5432"], Self.name), [Self.production])
        #expect(proof.holds && proof.weaknesses == ["it shares the server with store `erp`"])
    }

    @Test(
        arguments: [
            // The same cluster and database under another name of the server.
            (server("s", ["10.9.9.9:6432"], name, ["72:16384"]), true),
            // Something is there already.
            (server("s", ["10.0.0.2:5432"], name, ["99:1"]), false),
            // Not the name that the drill gave.
            (server("s", ["10.0.0.2:5432"], "erp"), false),
            (StorePlace(store: "s", engine: "SQLite", endpoints: [], container: "/data/erp.db", identities: []), false),
        ])
    func whatIsNotProvedIsRefused(scratch: StorePlace, exists: Bool) {
        let file = StorePlace(
            store: "crm", engine: "SQLite", endpoints: [], container: "/data/erp.db", identities: ["1:2"])
        #expect(!Self.proof(scratch, [Self.production, file], exists: exists).holds)
    }

    @Test func theSameDatabaseIsRefusedWhateverItsName() {
        let store = Self.server("erp", ["10.0.0.1:5432"], Self.name)
        let proof = Self.proof(Self.server("s", ["10.0.0.1:5432"], Self.name), [store])
        #expect(proof.violations == ["it is the database of store `erp`, on the same server"])
    }

    @Test(arguments: [
        "erp", "lockstep_drill_", "lockstep_drill_short", "lockstep_drill_zzzzzzzzzzzz", "x_0123456789ab",
    ])
    func otherNamesAreNotTheDrillsOwn(name: String) {
        let scratch = Self.server("s", ["10.0.0.2:5432"], name)
        #expect(!IsolationProof(scratch: scratch, name: name, stores: [Self.production], exists: false).holds)
    }

    @Test func withoutKnowingTheStoresNothingIsProved() {
        #expect(!Self.proof(Self.server("s", ["10.0.0.2:5432"], Self.name), []).holds)
    }

    // MARK: In a drill

    private func contents(_ world: DrillRehearsal, _ store: String) throws -> Int64? {
        let database = try SQLiteDatabase(path: world.path(store), mode: .readOnly)
        defer { database.close() }
        return try database.integer("select count(*) from accounts")
    }

    @Test func aPlaceThatIsALiveStoreIsRefusedBeforeAnythingIsRestored() async throws {
        let world = try DrillRehearsal(mischief: .init(misplaced: "crm"))
        try world.takeSnapshot()
        let report = try await world.run(try DrillRehearsal.plan(["restore: [erp]"])).report
        let check = try #require(report.checks.first { $0.id == "isolation.erp" })
        #expect(check.result == .fail && check.reason?.contains("it is store `crm` itself") == true)
        #expect(!report.checks.contains { $0.level == .restore } && report.outcome == .fail)
        #expect(world.leftovers == [] && report.cleanup.items.isEmpty)
        #expect(try contents(world, "crm") == 3)
    }

    @Test func aScratchStoreThatTurnsOutToBeLiveIsNotDropped() async throws {
        let world = try DrillRehearsal(mischief: .init(swapped: "crm"))
        try world.takeSnapshot()
        let report = try await world.run(try DrillRehearsal.plan(["restore: [erp]", "{command: exit 0}"])).report
        #expect(report.checks.first { $0.id == "isolation.erp/after" }?.result == .fail)
        #expect(report.cleanup.items.first?.dropped == false && !report.cleanup.verified)
        #expect(report.cleanup.items.first?.reason?.contains("not to be isolated") == true)
        #expect(report.steps.map(\.result) == [.failed, .skipped] && report.outcome == .fail)
        #expect(world.leftovers.count == 1)
    }

    @Test func whereNobodyKnowsTheStoresNothingIsRestored() async throws {
        let world = try DrillRehearsal(mischief: .init(placesUnknown: true))
        try world.takeSnapshot()
        let report = try await world.run(try DrillRehearsal.plan(["restore: all"])).report
        #expect(report.outcome == .fail && report.targets.isEmpty && world.leftovers == [])
    }

    @Test(arguments: [("quiet", DrillOutcome.fail), ("busy", .passWithFindings)])
    func aLiveStoreThatWasWrittenToIsSeen(production: String, outcome: DrillOutcome) async throws {
        let world = try DrillRehearsal()
        try world.takeSnapshot()
        let plan = try DrillRehearsal.plan(
            ["restore: all", "{command: echo >> erp.db}"], head: ["production: \(production)"])
        let report = try await world.run(plan).report
        let touched = try #require(report.checks.first { $0.id == "isolation.production/erp" })
        #expect(touched.result == (production == "quiet" ? .fail : .skipped))
        #expect(report.checks.first { $0.id == "isolation.production/crm" }?.result == .pass)
        #expect(report.outcome == outcome)
    }

    @Test func aLiveStoreThatCannotBeAskedLeavesAFinding() async throws {
        let world = try DrillRehearsal()
        try world.takeSnapshot()
        try FileManager.default.removeItem(atPath: world.path("crm"))
        let report = try await world.run(try DrillRehearsal.plan(["restore: all"])).report
        let check = try #require(report.checks.first { $0.id == "isolation.production/crm" })
        #expect(check.result == .skipped && !check.required && check.reason == "it is gone")
        #expect(report.outcome == .passWithFindings)
    }
}
