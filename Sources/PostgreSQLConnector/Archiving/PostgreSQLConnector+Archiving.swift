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

    /// `.empty` also makes the database where it does not exist. Others see nothing before everything is there: it happens
    /// in one transaction, or, where the restore can go on after an interruption, in a database with `.restoring` behind
    /// its name. A process that dies leaves an empty database, or that one.
    public func restore(_ request: RestoreRequest) async throws -> any RestoreSession {
        try await PostgreSQLRestoreSession.open(pool.settings, request)
    }
}
