public import LockstepModel

/// Which transaction of which stream a record belongs to.
public struct PendingMark: Sendable, Hashable {
    public var lane: String

    public init(lane: String) { self.lane = lane }
}

/// What is left to do of a parked insert that was applied without some fields.
public struct ParkedRest: Sendable, Hashable {
    public var id: Int64
    /// The source's record without these fields.
    public var before: StoredRow
    /// The fields, for people.
    public var field: String

    public init(id: Int64, before: StoredRow, field: String) {
        self.id = id
        self.before = before
        self.field = field
    }
}

extension StateDatabase {
    /// The position of pending records whose transaction has not ended yet.
    static let openPosition = Int64.max

    /// The code of a record that is there but for a reference, whose referred record is not.
    public static let deferredCode = "LS-PARK-DEFERRED"
    /// Why, for people.
    public static let deferredMessage = "the record is there without this field: what it refers to is not there yet"

    /// Stamps the lane's pending records with the position that the target is about to commit.
    public func stampPending(lane: String, position: Position) throws {
        try inTransaction {
            for table in ["parked", "conflict"] {
                try run(
                    "UPDATE \(table) SET position = ?2 WHERE lane = ?1 AND confirmed = 0 AND position = ?3",
                    [.text(lane), .int64(Int64(clamping: position.order)), .int64(Self.openPosition)])
            }
            try run(
                "UPDATE parked SET healed_position = ?2 WHERE healed_lane = ?1 AND healed_position = ?3",
                [.text(lane), .int64(Int64(clamping: position.order)), .int64(Self.openPosition)])
        }
    }

    /// A parked insert was applied but for fields that wait for other records: once the lane's transaction has committed,
    /// the record is parked as an update of these.
    public func markRests(_ rests: [ParkedRest], lane: String) throws {
        guard !rests.isEmpty else { return }
        try inTransaction {
            for rest in rests {
                try run(
                    """
                    UPDATE parked SET healed_lane = ?2, healed_position = ?3, rest_before = ?4, rest_field = ?5
                    WHERE id = ?1
                    """,
                    [
                        .int64(rest.id), .text(lane), .int64(Self.openPosition), .optional(rest.before),
                        .text(rest.field),
                    ])
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
                    """
                    UPDATE parked SET healed_lane = ?2, healed_position = ?3, rest_before = NULL, rest_field = NULL
                    WHERE id = ?1
                    """,
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
                """
                DELETE FROM parked WHERE healed_lane = ?1 AND healed_position <= ?2 AND rest_before IS NULL
                """, [.text(lane), .int64(position)])
            try run(
                """
                UPDATE parked SET operation = ?3, before = rest_before, code = ?4, field = rest_field, message = ?5
                WHERE healed_lane = ?1 AND healed_position <= ?2
                """,
                [
                    .text(lane), .int64(position), .int64(Int64(LockstepModel.Operation.update.rawValue)),
                    .text(Self.deferredCode), .text(Self.deferredMessage),
                ])
            try run(
                """
                UPDATE parked SET healed_lane = NULL, healed_position = NULL, rest_before = NULL, rest_field = NULL
                WHERE healed_lane = ?1
                """, [.text(lane)])
        }
    }
}
