import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import SQLiteAccess
import SQLiteConnector
import Testing

/// References whose two ends do not look alike.
@Suite(.serialized)
struct ReferencesOfUnusualTypesTests {
    private static let hop = FieldPath.Hop(fields: ["parent"], entity: "parents", targetFields: ["id"])
    private static let paths = ["children": [FieldPath(name: "parent.name", hops: [hop], field: "name")]]

    private func names(_ connector: any Connector) async throws -> [Value] {
        let reader = try await ReferencingConnector(connector, paths: Self.paths).query(
            QueryRequest(entity: "children", fields: ["parent.name"], orderBy: ["id"]))
        return try await ReferenceStore.rows(reader).map { $0[0] }
    }

    @Test func aStoreThatTakesTextsForEqualIsAskedWhichItMeans() async throws {
        let folder = try TemporaryFolder("references")
        let file = try SQLiteDatabase(path: folder.path + "/store.db", mode: .create)
        try file.execute(
            """
            CREATE TABLE parents(id TEXT COLLATE NOCASE PRIMARY KEY, name TEXT);
            CREATE TABLE children(id INTEGER PRIMARY KEY, parent TEXT REFERENCES parents(id));
            INSERT INTO parents VALUES ('EUR', 'euro'), ('usd', 'dollar');
            INSERT INTO children VALUES (1, 'EUR'), (2, 'eur'), (3, 'USD')
            """)
        file.close()
        let connector = SQLiteConnector(path: folder.path + "/store.db")
        #expect(try await names(connector) == [.text("euro"), .text("euro"), .text("dollar")])
        await connector.close()
    }

    @Test func numbersOfTwoTypesThatAreEqualReferToEachOther() async throws {
        func entity(_ name: String, _ fields: [(String, ValueType)]) -> MemoryEntity {
            MemoryEntity(
                EntityDescription(
                    name: name,
                    fields: fields.map { FieldDescription(name: $0.0, type: $0.1, nativeType: $0.1.name) },
                    keys: [KeyDescription(name: "key", fields: ["id"], isPrimary: true)]))
        }
        let store = MemoryStore(entities: [
            entity("parents", [("id", .int64), ("name", .text)]),
            entity("children", [("id", .int64), ("parent", .decimal)]),
        ])
        try store.run([
            .insert("parents", ["id": .int64(10), "name": .text("ten")]),
            .insert("children", ["id": .int64(1), "parent": .decimal("10.0")]),
            .insert("children", ["id": .int64(2), "parent": .decimal("1e1")]),
        ])
        #expect(try await names(MemoryConnector(store)) == [.text("ten"), .text("ten")])
    }

    @Test func aNumberThatTheOtherEndCannotHoldLeadsNowhere() async throws {
        let name = "unusual_\(UInt32.random(in: 0 ... .max))"
        let server = try PostgreSQLServer.shared()
        let url = try server.createDatabase(name)
        _ = try server.execute(
            """
            CREATE TABLE parents(id smallint PRIMARY KEY, name text);
            CREATE TABLE children(id int PRIMARY KEY, parent bigint);
            INSERT INTO parents VALUES (1, 'one');
            INSERT INTO children VALUES (1, 1), (2, 5000000000)
            """, database: name)
        let connector = try PostgreSQLConnector(url: url)
        let found = try await names(connector)
        #expect(found.first == .text("one"))
        if case .invalid? = found.last {
        } else {
            Issue.record("a reference to nothing is \(String(describing: found.last))")
        }
        await connector.close()
    }
}
