/// How far a backup, a restore or a check has come.
public struct ContinuityProgress: Sendable, Hashable {
    /// What is being worked on: a store and a table.
    public var place: String
    /// Bytes of row text and images so far.
    public var bytes: Int64
    public var rows: Int64
    /// As many there will be, as far as anybody knows; nil where nobody does.
    public var expectedRows: Int64?

    public init(place: String = "", bytes: Int64 = 0, rows: Int64 = 0, expectedRows: Int64? = nil) {
        self.place = place
        self.bytes = bytes
        self.rows = rows
        self.expectedRows = expectedRows
    }
}
