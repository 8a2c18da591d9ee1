import Foundation
import LockstepModel
import LockstepTesting
import Testing

@testable import LockstepMapping

/// Sentinels, blanks, case, digits and zones: what a pair says of the form of its values.
@Suite struct ValuesChangeTheirFormTests {
    private static let erp = Fixtures.store(
        "customers", key: ["account"],
        [
            Fixtures.field("account", .text, nullable: false), Fixtures.field("name", .text),
            Fixtures.field("born", .date), Fixtures.field("rating", .int64),
            Fixtures.field("amount", .decimal), Fixtures.field("ratio", .float64), Fixtures.field("at", .timestamp),
            Fixtures.field("state", .text),
        ])
    private static let crm = Fixtures.store(
        "accounts", key: ["number"],
        [
            Fixtures.field("number", .text, nullable: false), Fixtures.field("title", .text, length: 5),
            Fixtures.field("birth", .date), Fixtures.field("stars", .int64), Fixtures.field("total", .decimal),
            Fixtures.field("share", .float64), Fixtures.field("moment", .instant), Fixtures.field("day", .date),
            Fixtures.field("blocked", .bool),
        ])

    private func map(_ pair: String) throws -> CompiledMap {
        let text = """
            map: customers
            version: 1.0.0
            between: {erp: customers, crm: accounts}
            key: {erp: account, crm: number}
            fields:
              - \(pair)
            conflicts: {overlap: erp}
            """
        let outcome = Fixtures.compile(text, erp: Self.erp, crm: Self.crm)
        return try #require(outcome.map, "\(outcome.diagnostics)")
    }

    /// What one value of a pair becomes on the other side: its text, or the code of its failure.
    private func carried(_ value: Value, _ field: String, _ map: CompiledMap, from side: Side) throws -> String {
        let plan = try #require(map.plan(from: side))
        let target = try #require(plan.targetFields.indices.first { !plan.targetKey.contains($0) })
        let row = plan.sourceFields.map { name in
            name == field ? value : name == (side == .left ? "account" : "number") ? Value.text("a") : .null
        }
        let mapped = plan.map(records: Fixtures.rows([row]))
        return mapped.failures.first?.code ?? "\(mapped.rows.value(0, target))"
    }

    @Test func whatStandsForNullIsNullOnTheOtherSideAndComesBackAsItWas() throws {
        let map = try map("{erp: born, crm: birth, sentinel: {erp: [1900-01-01, 1753-01-01]}, direction: erp-to-crm}")
        let first = try #require(ISOText.parseDate("1900-01-01".utf8))
        let second = try #require(ISOText.parseDate("1753-01-01".utf8))
        #expect(try carried(.date(first), "born", map, from: .left) == "null")
        #expect(try carried(.date(second), "born", map, from: .left) == "null")
        #expect(try carried(.date(7), "born", map, from: .left) == "\(Value.date(7))")
        let both = try self.map("{erp: born, crm: birth, sentinel: {erp: [1900-01-01, 1753-01-01]}}")
        #expect(try carried(.null, "birth", both, from: .right) == "\(Value.date(first))")
        #expect(try carried(.date(7), "birth", both, from: .right) == "\(Value.date(7))")
        let numbers = try self.map("{erp: amount, crm: total, sentinel: {erp: 0, crm: -1}}")
        #expect(try carried(.decimal("0.00"), "amount", numbers, from: .left) == "\(Value.decimal("-1"))")
        #expect(try carried(.decimal("-1.0"), "total", numbers, from: .right) == "\(Value.decimal("0"))")
    }

    @Test func aDefaultGoesBeforeWhatStandsForNull() throws {
        let map = try map("{erp: rating, crm: stars, sentinel: {erp: 0, crm: -1}, default: 3}")
        #expect(try carried(.int64(0), "rating", map, from: .left) == "\(Value.int64(3))")
        #expect(try carried(.null, "rating", map, from: .left) == "\(Value.int64(3))")
    }

    @Test(
        arguments: [
            ("{erp: name, crm: title, trim: true}", Value.text(" \u{a0}x\t"), "\(Value.text("x"))"),
            ("{erp: name, crm: title, trim: true}", .text("   "), "\(Value.text(""))"),
            ("{erp: name, crm: title, trim: true, sentinel: {erp: ''}}", .text("   "), "null"),
            ("{erp: name, crm: title, trim: true}", .text("123456  "), "LS-MAP-104"),
            ("{erp: name, crm: title, trim: true}", .text("12345   "), "\(Value.text("12345"))"),
            ("{erp: name, crm: title, case: upper}", .text("straß"), "LS-MAP-104"),
            ("{erp: name, crm: title, case: upper}", .text("aÉß"), "\(Value.text("AÉSS"))"),
            ("{erp: name, crm: title, case: lower}", .text("İX"), "\(Value.text("i̇x"))"),
            (
                "{erp: name, crm: blocked, trim: true, case: lower, values: {yes: true, no: false}}", .text(" YES "),
                "\(Value.bool(true))"
            ),
            ("{erp: name, crm: blocked, case: lower, values: {yes: true}, unmapped: null}", .text("Maybe"), "null"),
            ("{erp: name, crm: blocked, case: lower, values: {yes: true}}", .text("Maybe"), "LS-MAP-107"),
        ])
    func textsAreBroughtIntoTheirForm(pair: String, value: Value, expected: String) throws {
        #expect(try carried(value, "name", try map(pair), from: .left) == expected)
    }

    @Test(
        arguments: [
            ("2", "10.125", "10.13"), ("2", "-10.125", "-10.13"), ("0", "0.5", "1"), ("2", "9.999", "10"),
            ("3", "1.5", "1.5"), ("2", "NaN", "NaN"),
        ])
    func numbersKeepAsManyDigitsAsTheMapSays(digits: String, value: String, expected: String) throws {
        let decimals = try map("{erp: amount, crm: total, round: \(digits)}")
        #expect(try carried(.decimal(value), "amount", decimals, from: .left) == "\(Value.decimal(expected))")
        let doubles = try map("{erp: ratio, crm: share, round: \(digits)}")
        let number = try #require(Double(value))
        let wanted = try #require(Double(expected))
        #expect(try carried(.float64(number), "ratio", doubles, from: .left) == "\(Value.float64(wanted))")
    }

    @Test(
        arguments: [
            ("Europe/Berlin", "2026-07-01 12:00:00", "2026-07-01T10:00:00Z"),
            ("Europe/Berlin", "2026-03-29 02:30:00", "LS-MAP-112"),
            ("Europe/Berlin", "2026-10-25 02:30:00", "LS-MAP-113"),
            ("{name: Europe/Berlin, overlap: earlier}", "2026-10-25 02:30:00", "2026-10-25T00:30:00Z"),
            ("{name: Europe/Berlin, overlap: later}", "2026-10-25 02:30:00", "2026-10-25T01:30:00Z"),
            ("Australia/Lord_Howe", "2026-01-01 00:00:00", "2025-12-31T13:00:00Z"),
            ("Asia/Kathmandu", "1985-12-31 23:59:59", "1985-12-31T18:29:59Z"),
            ("UTC", "0001-01-01 00:00:00", "0001-01-01T00:00:00Z"),
        ])
    func timesWithoutZoneAreThoseOfTheirZone(zone: String, local: String, expected: String) throws {
        let map = try map("{erp: at, crm: moment, zone: \(zone)}")
        let time = try #require(ISOText.parseTimestamp(local.utf8))
        let instant = ISOText.parseInstant(expected.utf8)
        #expect(
            try carried(.timestamp(time), "at", map, from: .left)
                == (instant.map { "\(Value.instant($0))" } ?? expected))
        guard let instant else { return }
        #expect(try carried(.instant(instant), "moment", map, from: .right) == "\(Value.timestamp(time))")
    }

    /// Every quarter of an hour of three years, there and back: equal, or refused because clocks showed it twice.
    @Test(arguments: ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tehran"])
    func noPointInTimeComesBackAsAnother(name: String) throws {
        let zone = try #require(LocalZone(PairDefinition.ZoneRule(name: name)))
        var refused = 0
        for quarter in 0..<(3 * 366 * 96) {
            let instant = (1_735_689_600 + Int64(quarter) * 900) * 1_000_000 + 1
            do throws(ValueProblem) {
                #expect(try zone.instant(try zone.local(instant)) == instant)
            } catch {
                #expect(error.code == .ambiguousLocalTime)
                refused += 1
            }
        }
        // An hour twice, once a year, at most four times (where a month of fasting puts clocks back as well).
        #expect(refused <= 4 * 3 * 8)
    }
}
