import LockstepTesting
import Testing

@Suite struct ServerLauncherTests {
    @Test func startsAServerThatAnswers() throws {
        let server = try PostgreSQLServer.shared()
        _ = try server.createDatabase("launcher")
        #expect(try server.execute("show wal_level", database: "launcher") == "logical")
    }
}
