import ConnectorKit
import LockstepModel
import LockstepTesting
import SQLiteConnector
import Testing

/// The one list of checks over the SQLite connector, on real files of each kind.
@Suite struct ConformanceTests {
    @Test(arguments: SQLiteConformance.Kind.allCases, ConformanceCheck.all)
    func theConnectorKeepsEveryPromise(_ kind: SQLiteConformance.Kind, _ check: ConformanceCheck) async throws {
        let store = try SQLiteConformance(kind)
        let result = await check.run(try await store.subject())
        #expect(result == .passed)
    }

    @Test(arguments: ConformanceCheck.all)
    func aRetryingConnectorKeepsEveryPromise(_ check: ConformanceCheck) async throws {
        let store = try SQLiteConformance(.writeAheadLog)
        let subject = try await store.subject { RetryingConnector($0, sleep: { _ in }) }
        let result = await check.run(subject)
        #expect(result == .passed)
    }

    @Test(arguments: ConformanceCheck.all)
    func aFileWhosePathsAreShownKeepsEveryPromise(_ check: ConformanceCheck) async throws {
        let store = try SQLiteConformance(.writeAheadLog)
        let hop = FieldPath.Hop(
            fields: [ConformanceScratch.code], entity: SQLiteConformance.entity, targetFields: [ConformanceScratch.code]
        )
        let path = FieldPath(name: "self.note", hops: [hop], field: ConformanceScratch.note)
        let subject = try await store.subject {
            ReferencingConnector($0, paths: [SQLiteConformance.entity: [path]])
        }
        #expect(await check.run(subject) == .passed)
    }
}
