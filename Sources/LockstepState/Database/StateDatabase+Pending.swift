public import LockstepModel

/// Which transaction of which stream a record belongs to.
public struct PendingMark: Sendable, Hashable {
    public var lane: String

    public init(lane: String) { self.lane = lane }
}

extension StateDatabase {
    /// The position of pending records whose transaction has not ended yet.
    static let openPosition = Int64.max

    /// Stamps the lane's pending records with the position that the target is about to commit.
    public func stampPending(lane: String, position: Position) throws {
        try inTransaction {
            for table in ["parked", "conflict"] {
                try run(
                    "UPDATE \(table) SET position = ?2 WHERE lane = ?1 AND confirmed = 0 AND position = ?3",
                    [.text(lane), .int64(Int64(clamping: position.order)), .int64(Self.openPosition)])
            }
        }
    }

    /// Marks parked records as applied by the transaction that the target is about to commit under this position: gone
    /// once it has.
    public func markHealed(ids: [Int64], lane: String, position: Position) throws {
        guard !ids.isEmpty else { return }
        try inTransaction {
            for id in ids {
                try run(
                    "UPDATE parked SET healed_lane = ?2, healed_position = ?3 WHERE id = ?1",
                    [.int64(id), .text(lane), .int64(Int64(clamping: position.order))])
            }
        }
    }

    /// After the target's commit, and at the start of a run: what the checkpoint covers happened, the rest did not.
    ///
    /// - Parameter checkpoint: the lane's checkpoint as the target has it; nil when it has none.
    public func settlePending(lane: String, checkpoint: Position?) throws {
        let position = checkpoint.map { Int64(clamping: $0.order) } ?? -1
        try inTransaction {
            for table in ["parked", "conflict"] {
                try run(
                    "UPDATE \(table) SET confirmed = 1 WHERE lane = ?1 AND confirmed = 0 AND position <= ?2",
                    [.text(lane), .int64(position)])
                try run("DELETE FROM \(table) WHERE lane = ?1 AND confirmed = 0", [.text(lane)])
            }
            try run(
                "DELETE FROM parked WHERE healed_lane = ?1 AND healed_position <= ?2", [.text(lane), .int64(position)])
            try run(
                "UPDATE parked SET healed_lane = NULL, healed_position = NULL WHERE healed_lane = ?1", [.text(lane)])
        }
    }
}
