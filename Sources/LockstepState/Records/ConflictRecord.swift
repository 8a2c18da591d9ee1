/// Both sides changed the same thing. Nothing of it is lost: base, both rows, the rule, the winner and the time stay.
public struct ConflictRecord: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, Codable {
        /// Both changed the same field.
        case overlap
        /// One deleted what the other changed.
        case deleted
        /// The records met for the first time and differ: there is no base.
        case firstMeeting = "first-meeting"
    }

    public enum Status: String, Sendable, Hashable, Codable {
        /// Waits for a person; both sides keep what they have.
        case open
        /// A rule decided it.
        case automatic
        /// A person decided it.
        case resolved
        /// A person let it be: both sides keep what they have.
        case dismissed
    }

    public var id: Int64
    /// See ``digest(of:)``.
    public var digest: String
    public var link: String
    public var map: String
    public var kind: Kind
    public var key: [UInt8]
    public var keyText: String
    /// The fields in conflict, as people name them: `credit_limit`, or `credit_limit ~ creditlimit` where names differ.
    public var fields: [String]
    /// The numbers of the map's pairs in conflict; empty when the whole record is.
    public var pairs: [Int]
    /// The common ancestor, in the fields of side `baseSide`; nil where there is none.
    public var base: StoredRow?
    public var baseSide: Int
    /// The rows as they were when the conflict was found, in each side's own fields; nil where the record was deleted.
    public var left: StoredRow?
    public var right: StoredRow?
    /// The rule that decided or asks: `erp`, `newest`, `owner`, `direction`, `manual`, `update-wins`, …
    public var rule: String
    /// 0 or 1; nil while open or dismissed.
    public var winner: Int?
    public var status: Status
    /// Who decided: `engine` or a person's name; empty while open.
    public var decidedBy: String
    /// ISO 8601, UTC.
    public var detectedAt: String
    public var decidedAt: String

    public init(
        id: Int64 = 0, digest: String, link: String, map: String, kind: Kind, key: [UInt8], keyText: String,
        fields: [String],
        pairs: [Int], base: StoredRow?, baseSide: Int, left: StoredRow?, right: StoredRow?, rule: String, winner: Int?,
        status: Status, decidedBy: String = "", detectedAt: String = "", decidedAt: String = ""
    ) {
        self.id = id
        self.digest = digest
        self.link = link
        self.map = map
        self.kind = kind
        self.key = key
        self.keyText = keyText
        self.fields = fields
        self.pairs = pairs
        self.base = base
        self.baseSide = baseSide
        self.left = left
        self.right = right
        self.rule = rule
        self.winner = winner
        self.status = status
        self.decidedBy = decidedBy
        self.detectedAt = detectedAt
        self.decidedAt = decidedAt
    }
}
