import ConnectorKit
import Foundation
import LockstepModel
import LockstepSync
import LockstepTesting
import Testing

/// Circles of references on real files and a real server, whose constraints are checked at once.
@Suite(.serialized)
struct CirclesInRealStoresTests {
    private static let entities = [("accounts", "contact"), ("contacts", "account"), ("employees", "boss")]

    private static let tables = """
        CREATE TABLE employees(id INTEGER PRIMARY KEY, name TEXT, boss INTEGER REFERENCES employees(id));
        CREATE TABLE accounts(id INTEGER PRIMARY KEY, name TEXT, contact INTEGER);
        CREATE TABLE contacts(id INTEGER PRIMARY KEY, name TEXT, account INTEGER REFERENCES accounts(id));
        """

    private func open(_ kind: RealStoresTests.Kind, _ name: String, _ folder: TemporaryFolder) async throws -> RealStore
    {
        let store = try await RealStore(kind, name, folder)
        switch kind {
        case .sqlite:
            try await store.execute(
                Self.tables.replacingOccurrences(
                    of: "contact INTEGER)", with: "contact INTEGER REFERENCES contacts(id))"))
        case .postgresql:
            try await store.execute(Self.tables)
            try await store.execute("ALTER TABLE accounts ADD FOREIGN KEY (contact) REFERENCES contacts(id)")
        }
        return store
    }

    private func rows(_ store: RealStore) async throws -> [[[String]]] {
        var rows: [[[String]]] = []
        for (entity, reference) in Self.entities {
            rows.append(try await store.rows("SELECT id, name, \(reference) FROM \(entity) ORDER BY id"))
        }
        return rows
    }

    private func circle(_ id: Int) -> String {
        """
        INSERT INTO accounts VALUES (\(id), 'a', NULL); INSERT INTO contacts VALUES (\(id), 'c', \(id));
        UPDATE accounts SET contact = \(id) WHERE id = \(id);
        """
    }

    /// A tree in an order that its references do not ask for: parents have larger keys than their children.
    private func tree(_ count: Int, from first: Int = 0) -> String {
        var random = SeededGenerator(seed: 7)
        let ids = (1...count).shuffled(using: &random)
        let inserts = ids.map { "(\(first + $0), 'e', NULL)" }.joined(separator: ", ")
        return """
            INSERT INTO employees VALUES \(inserts);
            UPDATE employees SET boss = \(first) + (id - \(first) + \(count) + 1) / 2
                WHERE id > \(first) AND id < \(first) + \(count);
            """
    }

    @Test(arguments: RealStoresTests.pairs)
    func circlesAreCopiedAndFollowed(left: RealStoresTests.Kind, right: RealStoresTests.Kind) async throws {
        let folder = try TemporaryFolder("circles")
        let erp = try await open(left, "erp", folder)
        let crm = try await open(right, "crm", folder)
        let conflicts = "{overlap: erp, delete: update-wins}"
        let bench = try Bench(
            [erp.connector, crm.connector],
            maps: Self.entities.map { CircleBench.map($0.0, reference: $0.1, conflicts) })
        try await erp.execute("BEGIN; \(tree(5000)) COMMIT")
        try await erp.execute("BEGIN; \((1...50).map(circle).joined()) COMMIT")
        let first = try await bench.engine().sync()
        #expect(first.parked == 0)
        #expect(first.maps.map(\.toRight.inserts) == [50, 50, 5000])
        #expect(try await rows(erp) == (try await rows(crm)))
        #expect(try await crm.rows("SELECT count(*) FROM employees WHERE boss IS NULL") == [["1"]])
        #expect(try await bench.engine().sync().changes == 0)
        for (store, id) in [(erp, 1000), (crm, 2000)] {
            try await store.execute(
                """
                BEGIN; \(circle(id)) \(tree(500, from: 10 * id))
                UPDATE accounts SET contact = NULL WHERE id = \(id / 100); DELETE FROM contacts WHERE id = \(id / 100);
                DELETE FROM accounts WHERE id = \(id / 100); COMMIT
                """)
            let report = try await bench.engine().sync()
            #expect(report.parked == 0)
            #expect(try await rows(erp) == (try await rows(crm)))
        }
        #expect(try await crm.rows("SELECT count(*) FROM employees") == [["6000"]])
        #expect(try await crm.rows("SELECT count(*) FROM accounts") == [["50"]])
        #expect(try await bench.engine().sync().changes == 0)
        await erp.close()
        await crm.close()
    }
}
