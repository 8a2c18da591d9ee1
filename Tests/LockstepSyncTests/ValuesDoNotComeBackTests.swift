import ConnectorKit
import LockstepModel
import LockstepSync
import LockstepTesting
import Testing

/// What a store keeps in its own way (padded, rounded, spelled anew) is no change of it.
@Suite(.serialized)
struct ValuesDoNotComeBackTests {
    private static let map = """
        map: customers
        version: 1.0.0
        between: {erp: customers, crm: accounts}
        key: [{erp: id, crm: number}]
        fields:
          - {erp: name, crm: title, trim: true}
          - {erp: code, crm: symbol, case: upper}
          - {erp: amount, crm: total, round: true}
          - {erp: ratio, crm: share, round: true}
          - {erp: document, crm: content}
          - {erp: seen_at, crm: moment, zone: {name: Europe/Berlin, overlap: earlier}}
          - {erp: born, crm: birth, sentinel: {erp: 1900-01-01}}
          - {erp: state, crm: blocked, values: {active: false, blocked: true}}
        conflicts: {overlap: manual}
        """

    @Test(arguments: RealStoresTests.pairs)
    func aSecondRunAndANewComparisonWriteNothing(left: RealStoresTests.Kind, right: RealStoresTests.Kind) async throws {
        let folder = try TemporaryFolder("forms")
        let erp = try await RealStore(left, "erp", folder)
        let crm = try await RealStore(right, "crm", folder)
        let json = { (store: RealStore) in store.kind == .sqlite ? "json" : "jsonb" }
        try await erp.execute(
            """
            CREATE TABLE customers(id TEXT PRIMARY KEY, name char(12), code TEXT, amount numeric(12,4), ratio double precision,
                document \(json(erp)), seen_at timestamp, born date NOT NULL, state TEXT NOT NULL);
            INSERT INTO customers VALUES
                ('a', 'Ann', 'x1', 1.2345, 0.1, '{"b":  1, "a": [1,2]}', '2026-10-25 02:30:00', '1900-01-01', 'active'),
                ('b', '  Bob', 'Y', -1.0050, 1e-7, NULL, '2026-07-01 00:00:00.123456', '2000-02-29', 'blocked'),
                ('c', NULL, NULL, NULL, NULL, '1', NULL, '1900-01-01', 'active')
            """)
        try await crm.execute(
            """
            CREATE TABLE accounts(number TEXT PRIMARY KEY, title char(20), symbol TEXT, total numeric(10,2), share real,
                content \(json(crm)), moment timestamptz, birth date, blocked boolean NOT NULL);
            INSERT INTO accounts VALUES
                ('d', 'Dora  ', 'd', 0.10, 0.25, '[]', '2026-10-25 01:30:00Z', NULL, true)
            """)
        let bench = try Bench([erp.connector, crm.connector], maps: [Self.map])
        let first = try await bench.engine().sync()
        #expect(first.maps[0].parked == 0 && first.maps[0].toRight.inserts == 3 && first.maps[0].toLeft.inserts == 1)
        #expect(try await erp.rows("SELECT born FROM customers WHERE id = 'd'") == [["1900-01-01"]])
        #expect(try await bench.engine().sync().changes == 0)
        let again = try await bench.engine().sync(permissions: SyncPermissions(isResync: true))
        #expect(again.changes == 0 && again.maps[0].equal == 4)
        #expect(again.maps[0].openConflicts == 0 && again.maps[0].decidedConflicts == 0 && again.maps[0].parked == 0)
        // A change of one field carries that field, and what the others are kept as stays out of it.
        try await erp.execute("UPDATE customers SET code = 'z' WHERE id = 'b'")
        try await crm.execute("UPDATE accounts SET title = 'Anna' WHERE number = 'a'")
        let changes = try await bench.engine().sync()
        #expect(changes.changes == 2 && changes.maps[0].openConflicts == 0)
        #expect(try await crm.rows("SELECT symbol FROM accounts WHERE number = 'b'") == [["Z"]])
        #expect(try await bench.engine().sync().changes == 0)
        await erp.close()
        await crm.close()
    }
}
