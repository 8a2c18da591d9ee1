import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import Testing

/// The one list of checks over the PostgreSQL connector, each in a database of its own.
@Suite(.serialized) struct ConformanceTests {
    @Test(arguments: ConformanceCheck.all)
    func theConnectorKeepsEveryPromise(_ check: ConformanceCheck) async throws {
        let store = try PostgreSQLConformance("conformance")
        let result = await check.run(try await store.subject())
        #expect(result == .passed)
        try store.end()
    }

    @Test(arguments: ConformanceCheck.all)
    func aRetryingConnectorKeepsEveryPromise(_ check: ConformanceCheck) async throws {
        let store = try PostgreSQLConformance("conformance")
        let subject = try await store.subject { RetryingConnector($0, sleep: { _ in }) }
        let result = await check.run(subject)
        #expect(result == .passed)
        try store.end()
    }
}
