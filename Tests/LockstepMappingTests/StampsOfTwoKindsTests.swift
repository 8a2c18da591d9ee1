import LockstepMapping
import LockstepModel
import Testing

/// `newest` between a point in time and a time without zone, whose zone a pair says.
struct StampsOfTwoKindsTests {
    private func map(_ zone: String) throws -> CompiledMap {
        let outcome = Fixtures.compile(
            Fixtures.map(
                ["{erp: modified_at, crm: at, zone: \(zone)}"], rest: ["conflicts: {overlap: newest(modified_at, at)}"])
        )
        return try #require(outcome.map, "\(outcome.diagnostics)")
    }

    private func local(_ text: String) throws -> Value {
        .timestamp(try #require(ISOText.parseTimestamp(text.utf8)))
    }

    private func instant(_ text: String) throws -> Value { .instant(try #require(ISOText.parseInstant(text.utf8))) }

    @Test(arguments: [
        ("Europe/Berlin", "2026-07-01T12:00:00", "2026-07-01T10:00:00Z"),
        ("Europe/Berlin", "2026-01-01T12:00:00", "2026-01-01T11:00:00Z"),
        ("UTC", "2026-07-01T12:00:00", "2026-07-01T12:00:00Z"),
        // Shown twice: the earlier, unless the rule says the later.
        ("Europe/Berlin", "2025-10-26T02:30:00", "2025-10-26T00:30:00Z"),
        ("{name: Europe/Berlin, overlap: later}", "2025-10-26T02:30:00", "2025-10-26T01:30:00Z"),
        // Never shown: the point in time that it would have been.
        ("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
    ])
    func aTimeWithoutZoneIsComparedInTheZoneOfItsPair(zone: String, time: String, expected: String) throws {
        let map = try map(zone)
        #expect(map.comparableStamp(try local(time)) == (try instant(expected)))
        #expect(map.comparableStamp(try instant(expected)) == (try instant(expected)))
    }

    @Test func nothingIsComparedAsNull() throws {
        let map = try map("UTC")
        #expect(map.comparableStamp(nil) == .null)
        #expect(map.comparableStamp(.null) == .null)
    }
}
