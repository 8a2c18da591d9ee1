import ConnectorKit
import LockstepModel
import SQLiteAccess
import Testing

struct DecimalTests {
    /// Decimals of up to 15 digits take a short way; longer ones and those of other spellings the general way.
    @Test func decimalsInNumericColumnsComeBackExactly() async throws {
        let store = try StoreInAFolder("CREATE TABLE t(id INTEGER PRIMARY KEY, d DECIMAL(15,6), r DECIMAL REAL)")
        var texts = [
            "0", "0.1", "-0.1", "0.05", "1.5", "-12.25", "123456789012345", "-123456789012345", "99999999999.9999",
            "0.00000000000001", "1234567.1234567", "0.000001", "999999999999999", "1000000.000001", "3.3", "100.01",
        ]
        var generator: UInt64 = 11
        for _ in 0..<400 {
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let mantissa = Int64(generator >> 20) % 1_000_000_000_000_000 >> Int64(generator % 40)
            let digits = String(mantissa)
            let scale = Int(generator >> 40) % 12
            let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
            let text = padded.dropLast(scale) + "." + padded.suffix(scale)
            if let plain = DecimalText.normalized(Array(text.utf8)) { texts.append(plain) }
        }
        let rows = texts.enumerated().map { index, text in [Value.int64(Int64(index)), .decimal(text)] }
        let result = try await store.apply(writeBatch("t", ["id", "d"], rows.map { change(.insert, nil, $0) }))
        #expect(result.exceptions.isEmpty)
        let read = try await store.rows("t", ["id", "d"], order: .byKey(["id"]))
        #expect(read == rows)
        let again = try await store.apply(writeBatch("t", ["id", "d"], rows.map { change(.insert, nil, $0) }))
        #expect(again.exceptions.isEmpty && again.changedCount == 0)
    }

    @Test func doublesOfOtherWritersAreReadAsTheirShortestDecimal() async throws {
        let store = try StoreInAFolder("CREATE TABLE t(id INTEGER PRIMARY KEY, d DECIMAL)")
        let doubles: [Double] = [
            0.1, -0.0, 0.1 + 0.2, 1.0 / 3, 1e-7, 1.5e300, 123456.789, 2.5, 1e15, 999_999_999_999_999.9, 4.35, 1e22,
            .leastNonzeroMagnitude, -7.25, 0.000001, 0.0000015,
        ]
        for (index, double) in doubles.enumerated() {
            try store.application.query("INSERT INTO t VALUES (?1, ?2)", [.int64(Int64(index)), .float64(double)])
        }
        let read = try await store.rows("t", ["d"], order: .byKey(["id"]))
        let expected = doubles.map { Value.decimal(DecimalText.normalized(Array($0.description.utf8)) ?? "") }
        #expect(read.map { $0[0] } == expected)
    }
}
