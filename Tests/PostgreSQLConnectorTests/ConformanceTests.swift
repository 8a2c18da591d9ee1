import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import Testing

/// The one list of checks over the PostgreSQL connector, one after another in one database: each makes its scratch
/// entity anew and removes the capture.
@Suite(.serialized) struct ConformanceTests {
    private static let store = Result { try PostgreSQLConformance("conformance") }

    @Test(arguments: ConformanceCheck.all)
    func theConnectorKeepsEveryPromise(_ check: ConformanceCheck) async throws {
        let result = await check.run(try await Self.store.get().subject())
        #expect(result == .passed)
    }

    @Test(arguments: ConformanceCheck.all)
    func aRetryingConnectorKeepsEveryPromise(_ check: ConformanceCheck) async throws {
        let subject = try await Self.store.get().subject { RetryingConnector($0, sleep: { _ in }) }
        let result = await check.run(subject)
        #expect(result == .passed)
    }
}
