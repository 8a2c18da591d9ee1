import SQLiteAccess
import Testing

/// SQL that a plan asks of a SQLite file cannot hold a drill up for ever.
struct DrillTimeLimitTests {
    @Test func aStatementEndsAtItsTime() throws {
        let database = try SQLiteDatabase(path: ":memory:", mode: .create)
        defer { database.close() }
        database.stop(at: .now + .milliseconds(50))
        #expect {
            try database.query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
        } throws: {
            ($0 as? SQLiteError)?.code == SQLiteError.interrupted
        }
        database.stop(at: .now + .seconds(60))
        #expect(try database.integer("SELECT 1") == 1)
    }
}
