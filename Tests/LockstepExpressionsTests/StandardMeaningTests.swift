import LockstepExpressions
import LockstepModel
import Testing

/// Functions and operators of OData 4.01 beyond what filters mostly have.
@Suite struct StandardMeaningTests {
    private static let cases: [(String, Value)] = [
        ("7.5 mod 2", .decimal("1.5")), ("-7.5 mod 2", .decimal("-1.5")), ("7.5 mod -2", .decimal("1.5")),
        ("1e30 mod 7", .float64(5.0)), ("0.3 mod 0.1", .decimal("0")),
        ("123456789012345678901234567890.5 mod 0.7", .decimal("0.5")), ("2 mod 100.25", .decimal("2")),
        ("substring('abc',-2)", .text("bc")), ("substring('日本語',-2,1)", .text("本")),
        ("substring('ab',-5)", .text("ab")),
        ("substring('ab',-5,1)", .text("a")), ("substring('ab',-9223372036854775808)", .text("ab")),
        ("substring('ab',9223372036854775807)", .text("")), ("substring('ab',1,9223372036854775807)", .text("b")),
        ("totalseconds(2026-01-02 sub 2026-01-01)", .decimal("86400")),
        ("totalseconds(2026-01-01T00:00:01.5Z sub 2026-01-01T00:00:00Z)", .decimal("1.5")),
        ("totalseconds(duration'P1D' sub duration'PT1H')", .decimal("82800")),
        ("totalseconds(- duration'PT0.000001S')", .decimal("-0.000001")),
        ("totalseconds(duration'PT1S' mul 2.5)", .decimal("2.5")),
        ("totalseconds(3 mul duration'PT1S')", .decimal("3")),
        ("totalseconds(duration'PT1S' div 3)", .decimal("0.333333")),
        ("totalseconds(duration'PT2S' divby 3e0)", .decimal("0.666667")),
        ("totalseconds(duration'PT0.000001S' div 2)", .decimal("0.000001")),
        ("duration'PT60M' eq duration'PT1H'", .bool(true)), ("duration'PT1H' in (duration'P1D',null)", .bool(false)),
        ("duration'P1D' gt duration'PT23H59M'", .bool(true)),
        ("2026-01-31 sub 2026-01-01 ge duration'P30D'", .bool(true)),
        ("2026-01-31 add duration'PT1H'", .date(20484)), ("2026-01-31 sub duration'PT1H'", .date(20483)),
        ("2026-01-31T00:00:00 sub duration'PT1H'", .timestamp(1_769_814_000_000_000)),
        ("case(true:duration'P1D') add 2026-01-31", .date(20485)), ("totalseconds(null)", .null),
        ("2026-01-31 sub null", .null), ("null mul duration'P1D' eq null", .bool(true)),
        ("cast(300,Edm.Byte)", .null), ("cast(255,Edm.Byte)", .int64(255)), ("cast('-129',Edm.SByte)", .null),
        ("cast(40000.0,Edm.Int16)", .null), ("cast(3e9,Edm.Int32)", .null),
        ("cast(0.1e0,Edm.Single)", .float64(Double(Float(0.1)))),
        ("cast(1e300,Edm.Single)", .null), ("cast(INF,Edm.Single)", .float64(.infinity)),
        ("cast('PT90M',Edm.Duration) eq duration'PT1H30M'", .bool(true)),
        ("cast('1 day',Edm.Duration) eq null", .bool(true)),
        ("cast(2026-01-02 sub 2026-01-01,Edm.String)", .text("P1D")),
        ("cast('2026-01-31T01:00:00+01:00',EDM.DATETIMEOFFSET)", .instant(1_769_817_600_000_000)),
        ("cast('2026-01-31T00:00:00',Edm.DateTimeOffset)", .instant(1_769_817_600_000_000)),
        ("cast('2026-01-31',Edm.DateTimeOffset)", .null), ("cast(null,Edm.Duration) eq null", .bool(true)),
        ("isof('12',Edm.Int64)", .bool(true)), ("isof('twelve',Edm.Int64)", .bool(false)),
        ("isof(null,Edm.Int64)", .null),
        ("isof(1.5,Edm.Int32)", .bool(false)), ("isof('x',Edm.String)", .bool(true)),
        ("matchesPattern(null,'a')", .null), ("matchesPattern('a',null)", .null),
        ("not matchesPattern('Alfreds',  '^A.*s$')", .bool(false)),
    ]

    @Test(arguments: cases)
    func theRestOfTheStandardHasItsMeaning(text: String, expected: Value) throws {
        let value = try evaluate(text)
        #expect(value == expected, "\(text) is \(value)")
    }
}
