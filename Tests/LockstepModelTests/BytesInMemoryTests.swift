import LockstepModel
import Testing

/// The forms that take raw memory agree with those that take any collection.
struct BytesInMemoryTests {
    @Test func timestampsAreReadAlike() {
        let texts = [
            "2024-02-29 23:59:59", "2023-02-29 00:00:00", "2024-01-31 10:00:00.5", "2024-01-31 10:00:00.123456",
            "2024-01-31 10:00:00.1234567", "2024-01-31 10:00:00.1234560", "2024-01-31 10:00:00.",
            "2024-01-31T10:00:00", "2024-01-31 10:00", "2024-01-31", "2024-01-31 24:00:00", "2024-01-31 10:60:00",
            "2024-01-31 10:00:60", "0000-01-01 00:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999",
            "2024-13-01 00:00:00", "2024-00-01 00:00:00", "2024-01-32 00:00:00", "2024-01-00 00:00:00",
            "2024-01-31 10:00:00Z", "2024-01-31 10:00:00+02:00", "2024-01-31 1a:00:00", "2024-01-31 10:00:00.12x",
            "2024/01/31 10:00:00", "", "2", "2024-04-31 00:00:00", "1900-02-29 00:00:00", "2000-02-29 00:00:00",
        ]
        for text in texts {
            let bytes = Array(text.utf8)
            let expected = ISOText.parseDateTime(bytes)
            let found = bytes.withUnsafeBytes { ISOText.parseDateTime($0) }
            #expect(found?.microseconds == expected?.microseconds && found?.offset == expected?.offset, "\(text)")
            let date = Array(bytes.prefix(10))
            #expect(date.withUnsafeBytes { ISOText.parseDate($0) } == ISOText.parseDate(date), "\(text)")
        }
    }

    @Test func timesAreWrittenAlike() {
        let day = ISOText.microsecondsPerDay
        let first = ISOText.firstDay * day
        let last = (ISOText.lastDay + 1) * day - 1
        var moments: [Int64] = [0, -1, 1, first, last, day, -day, 100_000, 120_000, 999_999, 1_000_000, -day - 10]
        var generator: UInt64 = 7
        for _ in 0..<5000 {
            generator = generator &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            moments.append(first + Int64(generator >> 1) % (last - first))
        }
        for moment in moments {
            #expect(written { ISOText.writeTimestamp(moment, to: $0) } == ISOText.formatTimestamp(moment))
            let days = ISOText.floorDivide(moment, day)
            #expect(written { ISOText.writeDate(days, to: $0) } == ISOText.formatDate(days))
            let time = moment - days * day
            #expect(written { ISOText.writeTime(time, to: $0) } == ISOText.formatTime(time))
        }
        #expect(written { ISOText.writeTime(day, to: $0) } == "24:00:00")
    }

    @Test func decimalsAreTheSameDecimals() {
        for text in [
            "", "-", "+", ".", "5.", ".5", "-.5", "+1.50", "1..2", "1-2", "1e5", "1e", "NaN", "inf", "12a", " 1",
        ] {
            let bytes = Array(text.utf8)
            #expect(bytes.withUnsafeBytes { DecimalText.isValid($0) } == DecimalText.isValid(bytes), "\(text)")
            #expect(bytes.withUnsafeBytes { DecimalText.parts($0) } == DecimalText.parts(bytes), "\(text)")
        }
    }

    @Test func memoryIsComparedToTheLastByte() {
        for count in 0..<40 {
            let left = (0..<count).map { UInt8($0) }
            #expect(areEqual(left, left))
            #expect(!areEqual(left, left + [0]))
            for index in left.indices {
                var right = left
                right[index] ^= 0x80
                #expect(!areEqual(left, right))
            }
        }
    }

    private func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { ByteText.areEqual(left, $0) } }
    }

    private func written(_ write: (UnsafeMutableRawBufferPointer) -> Int) -> String {
        withUnsafeTemporaryAllocation(byteCount: 40, alignment: 1) { memory in
            let count = write(memory)
            return String(decoding: memory[..<count], as: UTF8.self)
        }
    }
}
