import ConnectorKit
import LockstepModel
import LockstepTesting
import SQLiteConnector
import Testing

/// The one list of checks over the SQLite connector, on real files of each kind.
@Suite struct ConformanceTests {
    /// With a rollback journal, SQLite lets nobody write while a snapshot is open. These checks write then.
    private static let needWriteAheadLog: Set<String> = ["snapshot-stands-still", "no-gap-no-overlap"]

    @Test(arguments: SQLiteConformance.Kind.allCases, ConformanceCheck.all)
    func theConnectorKeepsEveryPromise(_ kind: SQLiteConformance.Kind, _ check: ConformanceCheck) async throws {
        let store = try SQLiteConformance(kind)
        let result = await check.run(try await store.subject())
        guard kind == .rollbackJournal, Self.needWriteAheadLog.contains(check.name) else {
            #expect(result == .passed)
            return
        }
        guard case .failed(let reason) = result else {
            Issue.record("an application can write beside a snapshot: the warning of the access check is wrong")
            return
        }
        #expect(reason.contains("database is locked"))
    }

    @Test(arguments: ConformanceCheck.all)
    func aRetryingConnectorKeepsEveryPromise(_ check: ConformanceCheck) async throws {
        let store = try SQLiteConformance(.writeAheadLog)
        let subject = try await store.subject { RetryingConnector($0, sleep: { _ in }) }
        let result = await check.run(subject)
        #expect(result == .passed)
    }
}
