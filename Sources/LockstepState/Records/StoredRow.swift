public import LockstepModel

/// A record's image as the state database keeps it: named fields with exact values.
public struct StoredRow: Sendable, Hashable {
    public var fields: [String]
    public var values: [Value]

    public init(fields: [String], values: [Value]) {
        precondition(fields.count == values.count, "each field of a stored row has a value")
        self.fields = fields
        self.values = values
    }

    public func value(_ field: String) -> Value? { fields.firstIndex(of: field).map { values[$0] } }

    /// Names and values in one blob: names joined by U+001F, a zero byte, then the row as ``RowBatch`` encodes it.
    func encoded() -> [UInt8] {
        var bytes = Array(fields.joined(separator: "\u{1F}").utf8)
        bytes.append(0)
        guard !fields.isEmpty else { return bytes }
        var batch = RowBatch(columnCount: fields.count)
        batch.appendRow(values)
        return bytes + batch.encodedRow(0)
    }

    /// Nil when the bytes are none that ``encoded()`` made.
    init?(encoded bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: 0) else { return nil }
        let names = String(decoding: bytes[..<end], as: UTF8.self)
        fields =
            names.isEmpty ? [] : names.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        guard !fields.isEmpty else {
            values = []
            return
        }
        var batch = RowBatch(columnCount: fields.count)
        guard batch.appendRow(encoded: Array(bytes[(end + 1)...])) else { return nil }
        values = batch.values(row: 0)
    }
}
