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

    @Test func integersHaveTheKeysOfTheirDecimals() {
        var integers: [Int64] = [0, .min, .max, .min + 1, .max - 1]
        var power: Int64 = 1
        for _ in 0..<19 {
            integers += [power - 1, power, power + 1, -power, -power + 1, -power - 1, power &* 7]
            power &*= 10
        }
        var generator: UInt64 = 42
        for _ in 0..<20_000 {
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            integers.append(Int64(bitPattern: generator) >> Int64(generator >> 58))
        }
        let different = integers.filter { key(.int64($0)) != key(.decimal(String($0))) }
        #expect(different.isEmpty)
    }

    @Test func rowsAreCopiedWithTheirBytesAlsoOutOfOrder() {
        let values: [Value] = [.text("first"), .int64(7), .null, .text(""), .decimal("1.50"), .bytes([1, 2])]
        var source = RowBatch(columnCount: values.count)
        source.appendRow([.text("row before"), .null, .null, .null, .null, .text("end")])
        source.appendRow(values)
        var copy = RowBatch(columnCount: values.count)
        copy.appendRow(0, from: source)
        copy.appendRow(1, from: source)
        copy.appendRow(0, from: source)
        #expect(copy.values(row: 1) == values)
        #expect(copy.values(row: 2) == source.values(row: 0))
        // Cells that share a heap stand in any order in it.
        var shuffled = RowBatch(columnCount: values.count, reservingRows: 1, sharingHeapOf: source)
        for column in values.indices.reversed() { shuffled.append(source[1, column]) }
        copy.appendRow(0, from: shuffled)
        #expect(copy.values(row: 3) == values.reversed())
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
