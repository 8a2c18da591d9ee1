import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import Testing

@Suite(.serialized) struct TypesTests {
    static let schema = """
        create type mood as enum ('sad', 'happy');
        create domain price as numeric(10,2) check (value >= 0);
        create extension if not exists citext;
        create table types (id int primary key, b bool, i2 int2, i8 int8, f4 float4, f8 float8, n numeric,
            n2 numeric(10,2), t text, v varchar(5), c char(6), y bytea, d date, ti time, ts timestamp,
            tz timestamptz, u uuid, j json, jb jsonb, m mood, p price, a int[], ip inet, iv interval, ci citext,
            r int4range, x xml, mo money);
        """
    static let fields = [
        "id", "b", "i2", "i8", "f4", "f8", "n", "n2", "t", "v", "c", "y", "d", "ti", "ts", "tz", "u", "j", "jb", "m",
        "p", "a", "ip", "iv", "ci", "r", "x", "mo",
    ]
    static let row: [Value] = [
        .int64(1), .bool(true), .int64(-32768), .int64(.min), .float64(Double(Float(0.1))), .float64(0.1),
        .decimal("-12345678901234567890.000120"), .decimal("99999999.99"), .text("naïve\n\t\\"), .text("äöüßé"),
        .text("ab"), .bytes([0, 255, 92]), .date(ISOText.firstDay), .time(86_400_000_000), .timestamp(-1),
        .instant(1_700_000_000_123_456), .uuid(Array(0..<16)), .json("{\"b\":1,  \"a\":2}"), .json("{\"a\": 2}"),
        .text("happy"), .decimal("1.50"), .text("{1,NULL,3}"), .text("10.0.0.1"), .text("1 day 02:00:00"),
        .text("Mixed"), .text("[1,5)"), .text("<a/>"), .text("$1.50"),
    ]
    static let extremes: [Value] = [
        .int64(2), .bool(false), .int64(32767), .int64(.max), .float64(.infinity), .float64(.nan), .decimal("NaN"),
        .decimal("-0.01"), .text(""), .null, .text(""), .bytes([]), .date(ISOText.lastDay), .time(0),
        .timestamp(253_402_300_799_999_999), .instant(-62_135_596_800_000_000),
        .uuid([UInt8](repeating: 255, count: 16)),
        .json("null"), .json("[]"), .text("sad"), .decimal("0.00"), .text("{}"), .text("::1"), .text("00:00:00"),
        .text(""), .text("empty"), .text("x"), .text("-$0.01"),
    ]

    @Test func everyTypeGoesInAndComesOutExactlyByInsertAndByLoad() async throws {
        let scenario = try Scenario("types_round", Self.schema)
        let wanted = [Self.row, Self.extremes]
        for isLoad in [false, true] {
            let batch = WriteBatch("types", Self.fields, isLoad: isLoad, wanted.map { (.insert, [], $0) })
            let result = try await scenario.write(batch)
            #expect(result.exceptions == [])
            #expect(result.changedCount == 2)
            let read = try await scenario.rows("types", Self.fields, order: .byKey(["id"]))
            #expect(Self.differences(read, wanted) == [])
            try scenario.execute("truncate types")
        }
        try await scenario.end()
    }

    @Test func changesCarryTheSameValuesAsSnapshots() async throws {
        let scenario = try Scenario("types_changes", Self.schema)
        let reader = try await scenario.follow(["types": Self.fields])
        try scenario.execute(
            """
            insert into types values (1, true, -32768, -9223372036854775808, 0.1, 0.1, -12345678901234567890.000120,
            99999999.99, E'naïve\\n\\t\\\\', 'äöüßé', 'ab', '\\x00ff5c', '0001-01-01', '24:00',
            '1969-12-31 23:59:59.999999', '2023-11-14 22:13:20.123456+00', '00010203-0405-0607-0809-0a0b0c0d0e0f',
            '{"b":1,  "a":2}', '{"a":2}', 'happy', 1.50, '{1,NULL,3}', '10.0.0.1', '1 day 02:00', 'Mixed', '[1,5)',
            '<a/>', 1.5)
            """)
        let changes = try await reader.allChanges()
        #expect(Self.differences(changes.map(\.after), [Self.row]) == [])
        await reader.close()
        try await scenario.end()
    }

    @Test func datesOutsideTheCalendarAreInvalidNotWrong() async throws {
        let scenario = try Scenario("types_dates", "create table t (id int primary key, d date, ts timestamptz)")
        try scenario.execute("insert into t values (1, 'infinity', '-infinity'), (2, '0044-03-15 BC', '10000-01-01')")
        let rows = try await scenario.rows("t", ["d", "ts"])
        for value in rows.flatMap({ $0 }) {
            guard case .invalid = value else {
                Issue.record("\(value) is not invalid")
                continue
            }
        }
        #expect(rows.count == 2)
        try await scenario.end()
    }

    @Test func whatPostgreSQLWouldRoundIsRefused() async throws {
        let scenario = try Scenario(
            "types_round_refused",
            """
            create table t (id int primary key, n numeric(6,2), f float4, v varchar(3), ts timestamp(3), i int2, j jsonb)
            """)
        let nothing: [Value] = [.null, .null, .null, .null, .null, .null]
        func row(_ id: Int64, _ index: Int, _ value: Value) -> (LockstepModel.Operation, [Value], [Value]) {
            var values = nothing
            values[index] = value
            return (.insert, [], [.int64(id)] + values)
        }
        let batch = WriteBatch(
            "t", ["id", "n", "f", "v", "ts", "i", "j"],
            [
                row(1, 0, .decimal("1.005")), row(2, 1, .float64(0.1)), row(3, 2, .text("abcd")),
                row(4, 3, .timestamp(1)), row(5, 4, .int64(40000)), row(6, 5, .json("{")), row(7, 2, .text("a\0")),
                row(8, 0, .decimal("1234.50")), row(9, 1, .text("x")),
            ])
        let result = try await scenario.write(batch)
        let causes = result.exceptions.map { exception -> Rejection.Cause? in
            if case .rejected(let rejection) = exception.outcome { rejection.cause } else { nil }
        }
        #expect(
            causes == [
                .outOfRange, .outOfRange, .outOfRange, .outOfRange, .outOfRange, .wrongType, .outOfRange, .wrongType,
            ])
        #expect(result.exceptions.map(\.row) == [0, 1, 2, 3, 4, 5, 6, 8])
        #expect(try scenario.execute("select id, n from t") == "8|1234.50")
        try await scenario.end()
    }

    @Test func describesTypesKeysAndReferences() async throws {
        let scenario = try Scenario(
            "types_describe",
            Self.schema + """
                create schema sales;
                create table sales.orders (id int generated always as identity primary key, customer int not null
                    references types on delete cascade, code varchar(8) unique, total numeric default 0,
                    twice numeric generated always as (total * 2) stored);
                create view open_orders as select * from sales.orders;
                """)
        let store = try await scenario.connector.describe(DescribeRequest())
        #expect(store.entities.map(\.name) == ["open_orders", "sales.orders", "types"])
        let orders = try #require(store.entity("sales.orders"))
        #expect(orders.keys.map(\.fields) == [["id"], ["code"]])
        #expect(orders.references.first?.targetEntity == "types")
        #expect(orders.references.first?.hasAction == true)
        #expect(orders.field("id")?.isGenerated == true)
        #expect(orders.field("total")?.hasDefault == true)
        #expect(orders.field("twice")?.isGenerated == true)
        #expect(orders.field("code")?.maximumLength == 8)
        let types = try #require(store.entity("types"))
        #expect(types.fields.map(\.name) == Self.fields)
        #expect(types.field("n2")?.precision == 10 && types.field("n2")?.scale == 2)
        #expect(types.field("m")?.labels == ["sad", "happy"])
        #expect(types.field("p")?.nativeType == "price" && types.field("p")?.scale == 2)
        #expect(types.field("t")?.holdsZeroCharacter == false)
        try await scenario.end()
    }

    static func differences(_ read: [[Value]], _ wanted: [[Value]]) -> [String] {
        guard read.count == wanted.count else { return ["\(read.count) rows instead of \(wanted.count)"] }
        var found: [String] = []
        for (left, right) in zip(read, wanted) {
            for (index, field) in fields.enumerated() {
                let isNaN: Bool
                if case .float64(let a) = left[index], case .float64(let b) = right[index] {
                    isNaN = a.isNaN && b.isNaN
                } else {
                    isNaN = false
                }
                if left[index] != right[index] && !isNaN {
                    found.append("\(field): \(left[index]) instead of \(right[index])")
                }
            }
        }
        return found
    }
}
