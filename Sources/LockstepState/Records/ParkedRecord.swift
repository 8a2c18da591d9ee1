public import LockstepModel

/// A record that could not be applied and waits, with the net effect of all later changes of its key.
public struct ParkedRecord: Sendable, Hashable {
    public var id: Int64
    public var link: String
    public var map: String
    /// The side that the change comes from: 0 or 1.
    public var source: Int
    /// The record's key as the engine compares it (``KeyEncoder``), of the key fields on the source side.
    public var key: [UInt8]
    /// The key for people: `account=C-17, company=DE`.
    public var keyText: String
    /// The net effect that waits.
    public var operation: LockstepModel.Operation
    /// Images of the source record; before is nil for inserts, after for deletes.
    public var before: StoredRow?
    public var after: StoredRow?
    /// Stable: `LS-MAP-…` or `LS-PARK-…`.
    public var code: String
    /// The field or constraint, where there is one.
    public var field: String
    /// For people; no field values.
    public var message: String
    public var attempts: Int
    /// ISO 8601, UTC.
    public var firstSeen: String
    public var lastSeen: String

    public init(
        id: Int64 = 0, link: String, map: String, source: Int, key: [UInt8], keyText: String,
        operation: LockstepModel.Operation, before: StoredRow?, after: StoredRow?, code: String, field: String,
        message: String, attempts: Int = 1, firstSeen: String = "", lastSeen: String = ""
    ) {
        self.id = id
        self.link = link
        self.map = map
        self.source = source
        self.key = key
        self.keyText = keyText
        self.operation = operation
        self.before = before
        self.after = after
        self.code = code
        self.field = field
        self.message = message
        self.attempts = attempts
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }
}
