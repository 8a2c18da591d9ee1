import LockstepModel
import Testing

struct KeyOrderTests {
    private func key(_ value: Value) -> [UInt8] {
        var batch = RowBatch(columnCount: 1)
        batch.append(value)
        return KeyEncoder.encode(batch, row: 0, columns: [0])
    }

    @Test func numbersAreOrderedAsNumbers() {
        let ascending: [Value] = [
            .null, .decimal("-100.5"), .int64(-100), .int64(-2), .decimal("-1.5"), .int64(-1), .decimal("-0.1"),
            .int64(0),
            .decimal("0.001"), .decimal("0.01"), .int64(1), .decimal("1.5"), .int64(2), .int64(10), .decimal("10.01"),
            .int64(99), .int64(100), .int64(.max), .decimal("1e30"),
        ]
        let keys = ascending.map(key)
        for (left, right) in zip(keys, keys.dropFirst()) { #expect(left.lexicographicallyPrecedes(right)) }
        #expect(key(.int64(1)) == key(.decimal("1.00")))
    }

    @Test func textIsOrderedByItsBytesAndColumnsDoNotRunTogether() {
        let ascending = ["", "\0", "\0\0", "\u{1}", "A", "AB", "B", "a", "é", "😀"].map { key(.text($0)) }
        for (left, right) in zip(ascending, ascending.dropFirst()) { #expect(left.lexicographicallyPrecedes(right)) }
        var batch = RowBatch(columnCount: 2)
        batch.appendRow([.text("a"), .text("bc")])
        batch.appendRow([.text("ab"), .text("c")])
        #expect(
            KeyEncoder.encode(batch, row: 0, columns: [0, 1]) != KeyEncoder.encode(batch, row: 1, columns: [0, 1]))
    }

    @Test func rowsSurviveTheirEncoding() {
        let row: [Value] = [
            .null, .unchanged, .bool(true), .int64(.min), .float64(-.infinity), .decimal("1.50"), .text("a\0é"),
            .bytes([0, 255]),
            .date(-1), .time(1), .timestamp(2), .instant(3), .uuid([UInt8](0..<16)), .json("{}"),
        ]
        var batch = RowBatch(columnCount: row.count)
        batch.appendRow(row)
        var copy = RowBatch(columnCount: row.count)
        let isWhole = copy.appendRow(encoded: batch.encodedRow(0))
        #expect(isWhole)
        #expect(copy.values(row: 0) == row)
        let isCut = copy.appendRow(encoded: Array(batch.encodedRow(0).dropLast()))
        #expect(!isCut)
        #expect(copy.rowCount == 1)
    }
}
