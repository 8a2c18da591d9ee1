import ConnectorKit
import LockstepModel
import LockstepTesting
import Testing

/// The list of checks over connectors that keep the contract.
@Suite struct ConformanceTests {
    @Test(arguments: ConformanceCheck.all)
    func theMemoryConnectorKeepsEveryPromise(_ check: ConformanceCheck) async {
        #expect(await check.run(MemoryConformance.subject()) == .passed)
    }

    @Test(arguments: ConformanceCheck.all)
    func aRetryingConnectorKeepsEveryPromise(_ check: ConformanceCheck) async {
        let subject = MemoryConformance.subject { RetryingConnector($0, sleep: { _ in }) }
        #expect(await check.run(subject) == .passed)
    }

    @Test(arguments: ConformanceCheck.all)
    func aFaultyConnectorWithoutFaultsKeepsEveryPromise(_ check: ConformanceCheck) async {
        let subject = MemoryConformance.subject { FaultyConnector($0, plan: FaultPlan()) }
        #expect(await check.run(subject) == .passed)
    }

    @Test func aStoreWhoseCaptureIsInUseIsRefusedAndKeepsIt() async throws {
        let store = MemoryStore()
        let subject = MemoryConformance.subject(store)
        try await subject.prepare()
        let connector = MemoryConnector(store)
        try await connector.installCapture(CaptureRequest(entities: [subject.entity]))
        let check = try #require(ConformanceCheck.all.first)
        #expect(await check.run(subject) != .passed)
        #expect(try await connector.identity() != nil)
    }

    @Test func namesOfChecksAreUnique() {
        let names = ConformanceCheck.all.map(\.name)
        #expect(Set(names).count == names.count)
    }
}
