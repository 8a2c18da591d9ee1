import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import Testing

/// Where chunks are cut.
@Suite struct ChunkTests {
    private static let schema = "create table items (id bigint primary key)"

    @Test func aTransactionThatFillsItsLastChunkStillTellsItsPosition() async throws {
        let scenario = try Scenario("chunk_full", Self.schema)
        let reader = try await scenario.follow(["items": ["id"]], limits: BatchLimits(rows: 3, bytes: 1 << 20))
        try scenario.execute("insert into items select generate_series(1, 6)")
        try scenario.execute("insert into items select generate_series(7, 8)")
        var counts: [Int] = []
        var hasPosition: [Bool] = []
        var transactions = 0
        while let chunk = try await reader.next() {
            counts.append(chunk.changeCount)
            hasPosition.append(chunk.position != nil)
            transactions += chunk.transactionCount
        }
        #expect(counts == [3, 3, 0, 2])
        #expect(hasPosition == [false, false, true, true])
        #expect(transactions == 2)
        await reader.close()
        try await scenario.end()
    }

    @Test func aReaderWithAnEndStaysQuietBehindIt() async throws {
        let scenario = try Scenario("chunk_end", Self.schema)
        let first = try await scenario.follow(["items": ["id"]])
        try scenario.execute("insert into items values (1)")
        let start = await first.quietPosition
        let end = try #require(try await first.next()?.position)
        await first.close()
        try scenario.execute("insert into items values (2)")
        let reader = try await scenario.connector.changes(
            ChangesRequest(entities: ["items": ["id"]], after: start, upTo: end))
        #expect(try await reader.next()?.changeCount == 1)
        for number in 3...5 {
            #expect(try await reader.next() == nil)
            try scenario.execute("insert into items values (\(number))")
        }
        #expect(await reader.quietPosition == end)
        await reader.close()
        try await scenario.end()
    }
}
