import ConnectorKit
import LockstepModel
import LockstepTesting
import Testing

/// Each check notices a connector that breaks its promise: a check that cannot fail would promise nothing.
@Suite struct BrokenConnectorTests {
    @Test(arguments: BrokenPromise.all)
    func aBrokenPromiseIsNoticedByItsCheck(_ broken: BrokenPromise) async throws {
        let check = try #require(ConformanceCheck.all.first { $0.name == broken.check })
        let subject = MemoryConformance.subject { connector in
            var bent = BentConnector(connector)
            broken.bend(&bent)
            return bent
        }
        #expect(await check.run(subject) != .passed)
    }

    @Test func rolledBackWorkThatIsShownIsNoticed() async throws {
        let check = try #require(ConformanceCheck.all.first { $0.name == "rolled-back-work-is-not-seen" })
        var subject = MemoryConformance.subject()
        let foreign = subject.foreign
        subject.foreign = { statements, _ in try await foreign(statements, .commit) }
        #expect(await check.run(subject) != .passed)
    }

    @Test func everyCheckIsSeenToFail() {
        let noticed = Set(BrokenPromise.all.map(\.check) + ["rolled-back-work-is-not-seen"])
        #expect(noticed == Set(ConformanceCheck.all.map(\.name)))
    }

    @Test(arguments: ConformanceCheck.all)
    func aConnectorThatIsNotBentKeepsEveryPromise(_ check: ConformanceCheck) async {
        #expect(await check.run(MemoryConformance.subject { BentConnector($0) }) == .passed)
    }
}
