import LockstepModel
import Testing

@testable import LockstepMapping

@Suite struct ValuesAreConvertedTests {
    private func convert(
        _ value: Value, to field: FieldDescription, loss: PairDefinition.Loss? = nil, utc: Bool = false
    ) -> String {
        do throws(ValueProblem) {
            let options = ConversionOptions(
                loss: loss, zone: utc ? LocalZone(PairDefinition.ZoneRule(name: "UTC")) : nil)
            return "\(try ValueConversion.convert(value, to: field, options))"
        } catch {
            return error.code.rawValue
        }
    }

    @Test(
        arguments: [
            (.int64(1), .bool, "\(Value.bool(true))"), (.int64(2), .bool, "LS-MAP-102"),
            (.text("true"), .bool, "\(Value.bool(true))"), (.text("True"), .bool, "LS-MAP-109"),
            (.bool(false), .int64, "\(Value.int64(0))"), (.decimal("12.00"), .int64, "\(Value.int64(12))"),
            (.decimal("12.5"), .int64, "LS-MAP-103"), (.decimal("9223372036854775807"), .int64, "\(Value.int64(.max))"),
            (.decimal("9223372036854775808"), .int64, "LS-MAP-102"),
            (.decimal("-9223372036854775808"), .int64, "\(Value.int64(.min))"),
            (.decimal("1e400"), .int64, "LS-MAP-102"), (.decimal("NaN"), .int64, "LS-MAP-102"),
            (.text("-5"), .int64, "\(Value.int64(-5))"), (.text("007"), .int64, "LS-MAP-109"),
            (.text("+7"), .int64, "LS-MAP-109"),
            (.int64(1 << 53), .float64, "\(Value.float64(9_007_199_254_740_992))"),
            (.int64((1 << 53) + 1), .float64, "LS-MAP-103"), (.decimal("0.1"), .float64, "\(Value.float64(0.1))"),
            (.decimal("0.1000000000000000055"), .float64, "LS-MAP-103"), (.decimal("1e999"), .float64, "LS-MAP-102"),
            (.decimal("NaN"), .float64, "\(Value.float64(.nan))"), (.text("1.5"), .float64, "\(Value.float64(1.5))"),
            (.text("0x10"), .float64, "LS-MAP-109"),
            (.int64(.min), .decimal, "\(Value.decimal("-9223372036854775808"))"),
            (.float64(0.1), .decimal, "\(Value.decimal("0.1"))"),
            (.float64(1e21), .decimal, "\(Value.decimal("1000000000000000000000"))"),
            (.text("1.50"), .decimal, "\(Value.decimal("1.50"))"), (.text("01"), .decimal, "LS-MAP-109"),
            (.text("0.5"), .decimal, "\(Value.decimal("0.5"))"), (.text("abc"), .decimal, "LS-MAP-109"),
            (.bool(true), .text, "\(Value.text("true"))"), (.decimal("1.50"), .text, "\(Value.text("1.5"))"),
            (.date(0), .text, "\(Value.text("1970-01-01"))"),
            (.instant(0), .text, "\(Value.text("1970-01-01 00:00:00Z"))"),
            (.bytes([1]), .text, "LS-MAP-111"), (.text("x"), .bytes, "LS-MAP-111"),
            (.text("1970-01-02"), .date, "\(Value.date(1))"), (.text("1970-13-02"), .date, "LS-MAP-109"),
            (.timestamp(86_400_000_000), .date, "\(Value.date(1))"), (.timestamp(1), .date, "LS-MAP-103"),
            (.date(-1), .timestamp, "\(Value.timestamp(-86_400_000_000))"), (.date(.max), .timestamp, "LS-MAP-102"),
            (.text("24:00:00"), .time, "\(Value.time(86_400_000_000))"), (.instant(0), .timestamp, "LS-MAP-111"),
            (.timestamp(0), .instant, "LS-MAP-111"),
            (.text("1970-01-01T00:00:00+01:00"), .instant, "\(Value.instant(-3_600_000_000))"),
            (.text("1970-01-01 00:00:00"), .instant, "LS-MAP-109"),
            (
                .text("00000000-0000-0000-0000-000000000001"), .uuid,
                "\(Value.uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]))"
            ),
            (.text("{\"a\": 1}"), .json, "\(Value.json("{\"a\": 1}"))"), (.text("{"), .json, "LS-MAP-109"),
            (.null, .int64, "null"), (.unchanged, .int64, "unchanged"),
        ] as [(Value, ValueType, String)])
    func betweenTypes(value: Value, type: ValueType, expected: String) {
        #expect(convert(value, to: Fixtures.field("f", type)) == expected)
    }

    @Test(
        arguments: [
            ("1.25", 10, 1, .round, "1.3"), ("1.24", 10, 1, .round, "1.2"), ("-1.25", 10, 1, .round, "-1.3"),
            ("1.29", 10, 1, .truncate, "1.2"), ("9.99", 10, 1, .round, "10"), ("0.05", 10, 1, .round, "0.1"),
            ("0.04", 10, 1, .round, "0"), ("-0.04", 10, 1, .round, "0"), ("1.25", 10, 1, nil, "LS-MAP-103"),
            ("1.20", 10, 1, nil, "1.20"), ("99.9", 3, 1, nil, "99.9"), ("100", 3, 1, nil, "LS-MAP-102"),
            ("99.96", 3, 1, .round, "LS-MAP-102"), ("0.001", 2, 4, nil, "0.001"), ("0.01", 2, 4, nil, "LS-MAP-102"),
            ("1500", 2, -2, nil, "1500"), ("1550", 2, -2, nil, "LS-MAP-103"), ("1550", 2, -2, .round, "1600"),
            ("NaN", 5, 2, nil, "NaN"), ("Infinity", 5, 2, nil, "LS-MAP-102"), ("1e3", 5, 0, nil, "1e3"),
        ] as [(String, Int, Int, PairDefinition.Loss?, String)])
    func decimalsFitTheirDigits(
        text: String, precision: Int, scale: Int, loss: PairDefinition.Loss?, expected: String
    ) {
        let field = Fixtures.field("f", .decimal, precision: precision, scale: scale)
        let result = convert(.decimal(text), to: field, loss: loss)
        #expect(result == (expected.hasPrefix("LS-") ? expected : "\(Value.decimal(expected))"))
    }

    @Test func digitsThatADoubleKeepsAreCounted() {
        var field = Fixtures.field("f", .decimal)
        field.exactDigits = 15
        #expect(convert(.decimal("123456789012345"), to: field) == "\(Value.decimal("123456789012345"))")
        #expect(convert(.decimal("1234567890.123456"), to: field) == "LS-MAP-103")
        #expect(
            convert(.decimal("1234567890.123456"), to: field, loss: .round) == "\(Value.decimal("1234567890.12346"))")
        #expect(convert(.decimal("1e305"), to: field) == "LS-MAP-102")
    }

    @Test func floatsFitTheirBits() {
        var field = Fixtures.field("f", .float64)
        field.floatBits = 32
        field.holdsNaN = false
        #expect(convert(.float64(0.5), to: field) == "\(Value.float64(0.5))")
        #expect(convert(.float64(0.1), to: field) == "LS-MAP-103")
        #expect(convert(.float64(0.1), to: field, loss: .round) == "\(Value.float64(Double(Float(0.1))))")
        #expect(convert(.float64(1e300), to: field, loss: .round) == "LS-MAP-102")
        #expect(convert(.float64(.nan), to: field) == "LS-MAP-102")
        #expect(convert(.float64(.infinity), to: field) == "\(Value.float64(.infinity))")
    }

    @Test func textsFitTheirField() {
        var field = Fixtures.field("f", .text, length: 3)
        field.holdsZeroCharacter = false
        #expect(convert(.text("e\u{301}x"), to: field) == "\(Value.text("e\u{301}x"))")
        #expect(convert(.text("e\u{301}xy"), to: field) == "LS-MAP-104")
        #expect(convert(.text("abcd"), to: field, loss: .truncate) == "\(Value.text("abc"))")
        #expect(convert(.text("abcd"), to: field, loss: .round) == "LS-MAP-104")
        #expect(convert(.text("a\u{0}"), to: field) == "LS-MAP-105")
        let labelled = Fixtures.field("f", .text, labels: ["new", "old"])
        #expect(convert(.text("new"), to: labelled) == "\(Value.text("new"))")
        #expect(convert(.text("New"), to: labelled) == "LS-MAP-106")
    }

    @Test func lossIsOnlyWhatTheMapAllows() {
        let integer = Fixtures.field("f", .int64)
        #expect(convert(.float64(2.5), to: integer) == "LS-MAP-111")
        #expect(convert(.float64(2.5), to: integer, loss: .round) == "\(Value.int64(3))")
        #expect(convert(.float64(-2.5), to: integer, loss: .truncate) == "\(Value.int64(-2))")
        #expect(convert(.float64(1e19), to: integer, loss: .round) == "LS-MAP-102")
        #expect(convert(.decimal("2.5"), to: integer, loss: .round) == "\(Value.int64(3))")
        #expect(convert(.timestamp(-1), to: Fixtures.field("f", .date), loss: .truncate) == "\(Value.date(-1))")
        #expect(convert(.timestamp(-1), to: Fixtures.field("f", .date), loss: .round) == "LS-MAP-103")
        #expect(convert(.timestamp(5), to: Fixtures.field("f", .instant), utc: true) == "\(Value.instant(5))")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func whatGoesThereExactlyComesBackTheSame(seed: UInt64) throws {
        var generator = Generator(state: seed)
        let fields = ValueType.allCases.map { Fixtures.field("f", $0) }
        for _ in 0..<2_000 {
            let source = fields[generator.next(fields.count)]
            let target = fields[generator.next(fields.count)]
            let options = ConversionOptions(zone: LocalZone(PairDefinition.ZoneRule(name: "UTC")))
            guard case let value = sample(source.type, &generator),
                let there = try? ValueConversion.convert(value, to: target, options)
            else { continue }
            if case .refused = ConversionRule.between(source, target, options) {
                Issue.record("\(source.type) to \(target.type) is refused, but \(value) converts")
            }
            if case .refused = ConversionRule.between(target, source, options) { continue }
            let back = try ValueConversion.convert(there, to: source, options)
            let rows = Fixtures.rows([[value, back]])
            // The form of a text is not kept, what it stands for is.
            let isSame = RowBatch.areEqual(rows[0, 0], in: rows, rows[0, 1], in: rows)
            #expect(isSame || source.type == .text, "\(value) became \(there), then \(back)")
        }
    }

    private func sample(_ type: ValueType, _ generator: inout Generator) -> Value {
        let integer = Int64(bitPattern: generator.next()) >> Int64(generator.next(64))
        let day = Int64(generator.next(3_000_000)) - 700_000
        return switch type {
        case .bool: .bool(generator.next(2) == 0)
        case .int64: .int64(integer)
        case .float64: .float64(Double(integer) / 1000)
        case .decimal: .decimal("\(integer).\(generator.next(1000))")
        case .text: .text(["1", "0.5", "true", "1999-01-01", "{}", "x", "12:00:00"][generator.next(7)])
        case .bytes: .bytes([1, 2])
        case .date: .date(day)
        case .time: .time(Int64(generator.next(86_400_000)) * 1000)
        case .timestamp: .timestamp(day * ISOText.microsecondsPerDay + Int64(generator.next(2)))
        case .instant: .instant(day * ISOText.microsecondsPerDay)
        case .uuid: .uuid((0..<16).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
        case .json: .json("{\"a\":\(integer)}")
        }
    }
}
