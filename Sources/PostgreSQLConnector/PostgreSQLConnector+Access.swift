public import ConnectorKit

extension PostgreSQLConnector {
    public func checkAccess(_ request: AccessRequest) async throws -> [AccessFinding] {
        try await pool.use("checking access") { try AccessCheck(wire: $0, request: request).findings() }
    }
}
