import ConnectorKit
import LockstepModel
import LockstepTesting
import SQLiteAccess
import SQLiteConnector
import Testing

/// Live tables become what an archive says.
struct ReplacingTests {
    private static let schema = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT UNIQUE, data BLOB, twice AS (id * 2) STORED);
        CREATE TABLE names(name TEXT PRIMARY KEY COLLATE NOCASE, n REAL) WITHOUT ROWID;
        CREATE TABLE texts(id TEXT PRIMARY KEY, n TEXT);
        CREATE TABLE loose(a INTEGER, b TEXT);
        CREATE TABLE child(id INTEGER PRIMARY KEY, t INTEGER REFERENCES t ON DELETE CASCADE);
        CREATE TRIGGER shout AFTER UPDATE ON t BEGIN UPDATE t SET data = x'00' WHERE id = new.id; END;
        INSERT INTO t(id, code, data) VALUES (1, 'a', x'00ff'), (2, 'b', x''), (3, NULL, NULL), (4, 'd', x'31');
        INSERT INTO names VALUES ('Ada', 1.5), ('Bo', NULL);
        INSERT INTO loose VALUES (1, 'x'), (1, 'x'), (NULL, '2.5'), (1, '1'), (2, '1'), (2, '1');
        INSERT INTO texts VALUES ('a', '1'), ('b', NULL), ('c', 'é');
        INSERT INTO child VALUES (1, 4), (2, 1);
        """

    private static let damage = """
        DELETE FROM t WHERE id = 4; INSERT INTO t(id, code) VALUES (9, 'd');
        UPDATE t SET code = NULL WHERE id = 1; UPDATE t SET code = 'a' WHERE id = 2; UPDATE t SET code = 'b' WHERE id = 1;
        UPDATE names SET name = 'ADA' WHERE name = 'ada';
        UPDATE texts SET id = 'x' WHERE id = 'b'; DELETE FROM texts WHERE id = 'c'; DELETE FROM loose WHERE rowid = 1;
        UPDATE loose SET a = NULL WHERE rowid = 4; DELETE FROM loose WHERE rowid = 6; INSERT INTO loose VALUES (7, '7'); INSERT INTO child VALUES (3, 9);
        """

    private static func state(_ store: StoreInAFolder) throws -> [String] {
        try ["t", "names", "texts", "loose", "child", "sqlite_schema"].flatMap { table in
            try store.application.query("SELECT * FROM \(table) ORDER BY 1, 2").map { "\(table) \($0)" }
        }
    }

    @Test func everyKindOfTableComesBack() async throws {
        let store = try StoreInAFolder(Self.schema)
        let before = try Self.state(store)
        let archived = try await ArchivedRows(store.connector)
        try store.application.execute(Self.damage)
        #expect(try Self.state(store) != before)
        #expect(try await archived.replace(["t", "names", "texts", "loose", "child"], in: store.connector) == [])
        let differences = try Self.state(store).difference(from: before)
        #expect(differences.isEmpty, "\(differences)")
        await store.connector.close()
    }

    @Test func captureTellsOfTheDifferencesOnly() async throws {
        let store = try StoreInAFolder(Self.schema)
        try await store.connector.installCapture(CaptureRequest(entities: ["names", "child"]))
        let archived = try await ArchivedRows(store.connector)
        try store.application.execute("UPDATE names SET n = 2 WHERE name = 'Bo'; DELETE FROM child WHERE id = 2")
        #expect(try await archived.replace(["names", "child"], in: store.connector) == [])
        let told = try await store.changes(["names": ["name", "n"], "child": ["id"]])
        #expect(
            told.suffix(2).sorted() == ["insert child: null -> 2", "update names: Bo|2.0 -> Bo|null"], "\(told)")
        await store.connector.close()
    }

    @Test func whatStillRefersToARecordThatWouldGoStopsTheRestore() async throws {
        let store = try StoreInAFolder(Self.schema)
        let archived = try await ArchivedRows(store.connector)
        try store.application.execute(Self.damage)
        let damaged = try Self.state(store)
        let error = await #expect(throws: ConnectorError.self) {
            _ = try await archived.replace(["t"], in: store.connector)
        }
        #expect(error?.entity == "child")
        #expect(try Self.state(store) == damaged)
        await store.connector.close()
    }

    @Test func aTableThatWasDroppedIsMadeAnew() async throws {
        let store = try StoreInAFolder(Self.schema)
        let before = try store.application.query("SELECT * FROM names")
        let archived = try await ArchivedRows(store.connector)
        try store.application.execute("DROP TABLE names")
        #expect(try await archived.replace(["names"], in: store.connector) == [])
        #expect(try store.application.query("SELECT * FROM names") == before)
        await store.connector.close()
    }
}
