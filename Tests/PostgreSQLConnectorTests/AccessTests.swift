import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import Testing

@Suite(.serialized) struct AccessTests {
    static let all = AccessRequest(entities: ["t", "gone"], purposes: [.read, .capture, .write])

    private func failure(_ url: String, password: String? = nil) async throws -> ConnectorError? {
        let connector = try PostgreSQLConnector(url: url, password: password)
        return await #expect(throws: ConnectorError.self) { try await connector.checkAccess(Self.all) }
    }

    @Test func aWrongPasswordIsCredentialsAndNotShown() async throws {
        let server = try PostgreSQLServer.shared()
        let url = server.url(database: "postgres", role: PostgreSQLServer.securedRole)
        let wrong = try await failure(url, password: "hunter2")
        #expect(wrong?.code == .credentials)
        #expect(wrong?.description.contains("hunter2") == false)
        #expect(try await failure(url)?.code == .credentials)
        let right = try PostgreSQLConnector(url: url, password: PostgreSQLServer.securedPassword)
        #expect(try await right.describe(DescribeRequest(entities: [])).entities.isEmpty)
        await right.close()
        await right.close()
    }

    @Test func aMissingServerOrDatabaseOrABadURLIsSaid() async throws {
        let server = try PostgreSQLServer.shared()
        #expect(try await failure("postgresql://postgres@127.0.0.1:1/x")?.code == .unreachable)
        #expect(try await failure(server.url(database: "not_there"))?.code == .absent)
        for url in ["mysql://u:secret@h/x", "postgresql://u:secret@[::1/x"] {
            let error = #expect(throws: ConnectorError.self) { try PostgreSQLConnector(url: url) }
            #expect(error?.code == .configuration && error?.description.contains("secret") == false)
        }
    }

    @Test func everythingThatIsMissingIsSaidAtOnce() async throws {
        let scenario = try Scenario("access_rights", "create table t (id int)")
        try scenario.server.execute("drop role if exists poor; create role poor login")
        let poor = try PostgreSQLConnector(url: scenario.server.url(database: "access_rights", role: "poor"))
        let findings = try await poor.checkAccess(Self.all)
        let hints = findings.filter { $0.severity == .error }.map(\.hint).joined(separator: "\n")
        for remedy in [
            "ALTER ROLE \"poor\" REPLICATION", "GRANT CREATE ON DATABASE \"access_rights\" TO \"poor\"",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON public.t TO \"poor\"", "ALTER TABLE public.t OWNER TO \"poor\"",
            "Add a primary key", "Check the name in the map",
        ] {
            #expect(hints.contains(remedy), "\(remedy)")
        }
        await poor.close()
        let rich = try await scenario.connector.checkAccess(
            AccessRequest(entities: [], purposes: [.read, .capture, .write]))
        #expect(rich.filter { $0.severity == .error } == [])
        try await scenario.end()
        try scenario.server.execute("drop role poor")
    }

    /// The search path leads with the schema of the role's own name, which the engine makes for itself.
    @Test func aRoleNamedAsTheEnginesSchemaFindsItsTables() async throws {
        let scenario = try Scenario("access_namesake", "create table t (id int primary key)")
        try scenario.server.execute("drop role if exists lockstep; create role lockstep superuser login")
        let url = scenario.server.url(database: "access_namesake", role: "lockstep")
        for _ in 0..<2 {
            let connector = try PostgreSQLConnector(url: url)
            try await connector.installCapture(CaptureRequest(entities: ["t"]))
            #expect(try await connector.describe(DescribeRequest()).entities.map(\.name) == ["t"])
            #expect(try await connector.count(CountRequest(entity: "t")) == 0)
            await connector.close()
        }
        try await scenario.end()
        try scenario.server.execute("drop role lockstep")
    }

    @Test func aServerWithoutLogicalDecodingIsRefusedWithTheSettingToChange() async throws {
        let server = try PostgreSQLServer(settings: ["wal_level": "replica"])
        let connector = try PostgreSQLConnector(url: try server.createDatabase("plain"))
        try server.execute("create table t (id int primary key)", database: "plain")
        let findings = try await connector.checkAccess(AccessRequest(entities: ["t"], purposes: [.capture]))
        #expect(findings.contains { $0.code == "LS-STORE-UNSUPPORTED" && $0.hint.contains("wal_level = logical") })
        let error = await #expect(throws: ConnectorError.self) {
            try await connector.installCapture(CaptureRequest(entities: ["t"]))
        }
        #expect(error?.code == .unsupported)
        let snapshot = try await connector.snapshot(SnapshotRequest(purpose: .read))
        #expect(snapshot.position == .start)
        await snapshot.close()
        server.stop()
        let gone = await #expect(throws: ConnectorError.self) { try await connector.count(CountRequest(entity: "t")) }
        #expect(gone?.code == .unreachable)
        await connector.close()
    }
}
