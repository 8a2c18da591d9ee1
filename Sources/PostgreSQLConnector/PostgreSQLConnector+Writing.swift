public import ConnectorKit
public import LockstepModel

extension PostgreSQLConnector {
    public func write(_ request: WriteSessionRequest) async throws -> any WriteSession {
        let session = PostgreSQLWriteSession(try await pool.take(), pool: pool, capture: capture, request: request)
        try await session.prepare()
        return session
    }

    public func checkpoints() async throws -> [String: Position] {
        try await pool.use("reading checkpoints") { wire in
            guard wire.hasCheckpointTable() else { return [:] }
            let rows = try wire.query("select lane, position from lockstep.checkpoint where position is not null")
            var checkpoints: [String: Position] = [:]
            for row in 0..<rows.rowCount { checkpoints[rows.string(row, 0)] = Position(text: rows.string(row, 1)) }
            return checkpoints
        }
    }

    public func forgetCheckpoints(lanes: [String]) async throws {
        try await pool.use("forgetting checkpoints") { wire in
            guard wire.hasCheckpointTable() else { return }
            try wire.query("delete from lockstep.checkpoint where lane = any ($1::text[])", [ArrayText.format(lanes)])
        }
    }
}
