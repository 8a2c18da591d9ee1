/// How large a batch may grow before it is handed on.
public struct BatchLimits: Sendable, Hashable {
    /// Rows at most.
    public var rows: Int
    /// Bytes at most, cells and heap together; one row may exceed it alone.
    public var bytes: Int

    public init(rows: Int, bytes: Int) {
        self.rows = rows
        self.bytes = bytes
    }

    /// 1,000 rows keep caches warm and make a hand-over between threads cost nothing per row (measured).
    public static let standard = BatchLimits(rows: 1024, bytes: 1 << 20)
    /// Loads: one COPY or one multi-row statement per batch wants more rows in it.
    public static let load = BatchLimits(rows: 8192, bytes: 4 << 20)
}
