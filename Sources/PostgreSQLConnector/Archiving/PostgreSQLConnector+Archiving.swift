public import ConnectorKit
import LockstepModel

extension PostgreSQLConnector {
    /// Where capture is installed the snapshot is that of the position itself: a temporary slot exports it, as for a
    /// sync's first copy, so that changes after the position are exactly those that the rows do not show. The store's
    /// own slot has them as long as nobody releases beyond the position.
    public func archive(_ request: ArchiveRequest) async throws -> any ArchiveSource {
        let hasSlot = try await pool.use(PostgreSQLArchiveSource.doing) { wire in
            try CaptureNames(wire).map { try SlotFacts(wire, $0.slot) != nil } ?? false
        }
        let identity = try await identity()?.text
        let exported = request.wantsPosition && hasSlot ? try await exportSnapshot() : nil
        let source = try await PostgreSQLArchiveSource.open(
            pool, snapshot: exported?.name, position: exported?.position.text, identity: identity)
        withExtendedLifetime(exported?.holder) {}
        return source
    }

    /// `.empty` also makes the database where it does not exist. Everything happens in one transaction: others see
    /// nothing before it is finished, and a process that dies leaves nothing but an empty database.
    public func restore(_ request: RestoreRequest) async throws -> any RestoreSession {
        try await PostgreSQLRestoreSession.open(pool, target: request.target)
    }
}
