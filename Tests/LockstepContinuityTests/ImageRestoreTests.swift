import ConnectorKit
import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import SQLiteConnector
import Testing

@testable import LockstepContinuity

/// An increment of a SQLite file is brought back by the full's physical copy with the changes laid over it.
struct ImageRestoreTests {
    /// Tables that are hard to lay changes over.
    private static let hard = """
        CREATE TABLE pairs (a INTEGER PRIMARY KEY, b TEXT UNIQUE NOT NULL, c TEXT COLLATE NOCASE UNIQUE);
        CREATE TABLE named (rowid TEXT PRIMARY KEY, _rowid_ TEXT, v INT) ;
        CREATE TABLE taken (rowid TEXT NOT NULL, oid TEXT NOT NULL, _rowid_ TEXT, PRIMARY KEY (rowid, oid));
        CREATE TABLE keyless (x, y TEXT);
        CREATE TABLE empty (id TEXT PRIMARY KEY, v) WITHOUT ROWID;
        CREATE TABLE strict (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT CHECK (length(v) < 100)) STRICT;
        CREATE TRIGGER noisy AFTER INSERT ON pairs BEGIN INSERT INTO keyless(y) VALUES ('trigger'); END;
        CREATE TRIGGER gone AFTER DELETE ON pairs BEGIN DELETE FROM strict; END;
        INSERT INTO pairs VALUES (1, 'one', 'Uno'), (2, 'two', 'Due'), (3, 'three', NULL);
        INSERT INTO named VALUES ('r1', 'x', 1), ('r2', NULL, 2), ('r3', 'z', 3);
        INSERT INTO taken VALUES ('a', 'b', 'c'), ('a', 'c', NULL), ('ü', '', '');
        INSERT INTO strict(v) VALUES ('p'), ('q');
        """

    private static func change(_ database: SQLiteDatabase) throws {
        try database.execute(
            """
            BEGIN;
            UPDATE pairs SET b = 'swap' WHERE a = 1; UPDATE pairs SET b = 'one' WHERE a = 2;
            UPDATE pairs SET b = 'two' WHERE a = 1;
            UPDATE pairs SET c = NULL WHERE a = 1; UPDATE pairs SET c = 'UNO' WHERE a = 2;
            INSERT INTO pairs VALUES (9223372036854775807, 'last', 'x'), (-5, 'tab' || char(9), char(10) || '\');
            DELETE FROM pairs WHERE a = 3; DELETE FROM named WHERE rowid = 'r2'; UPDATE named SET v = 30 WHERE v = 3;
            INSERT INTO named VALUES ('r4', 'r1', 4);
            UPDATE taken SET oid = 'changed' WHERE oid = 'c'; DELETE FROM taken WHERE rowid = 'ü';
            INSERT INTO empty VALUES ('', 'v'), ('k', NULL);
            INSERT INTO strict(v) VALUES ('r');
            COMMIT;
            """)
    }

    @Test func swapsTriggersOddNamesAndKeylessTablesComeBack() async throws {
        let world = try await IncrementTests.World()
        try world.execute(Self.hard)
        _ = try await world.backup()
        let database = try SQLiteDatabase(path: world.shop)
        try Self.change(database)
        let increment = try await world.backup().snapshot
        try database.execute("DELETE FROM empty; DELETE FROM keyless; INSERT INTO pairs VALUES (3, 'again', NULL)")
        let last = try await world.backup().snapshot
        let dump = try BackupAndRestoreTests.dump(world.shop)
        database.close()
        for (snapshot, name) in [(increment, "first"), (last, "last")] {
            #expect(snapshot.record.kind == .increment)
            let reader = try await SnapshotReader(snapshot, in: world.repository, keyring: world.keyring, check: nil)
            let store = try #require(reader.manifest.store("shop"))
            #expect(ImageRestore(store, of: reader) != nil)
            let path = try await world.restore(snapshot, to: "\(name).db")
            let rows = try await world.restore(snapshot, to: "\(name)-rows.db", prefersRows: true)
            let modes = try [path, rows].map {
                try FileManager.default.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
            }
            #expect(modes[0] == modes[1])
            #expect(try BackupAndRestoreTests.dump(path) == (try BackupAndRestoreTests.dump(rows)))
            let restored = try SQLiteDatabase(path: path, mode: .readOnly)
            #expect(try restored.value("PRAGMA integrity_check") == .text("ok"))
            #expect(try restored.value("PRAGMA journal_mode") == .text("wal"))
            restored.close()
        }
        #expect(try BackupAndRestoreTests.dump(world.folder.path + "/last.db") == dump)
    }

    @Test func aStoreThatIsMadeInAnotherWaySinceComesBackFromRows() async throws {
        let world = try await IncrementTests.World()
        _ = try await world.backup()
        try world.execute("CREATE INDEX cities_of ON customers(city); UPDATE customers SET city = 'x' WHERE id = 1")
        let increment = try await world.backup().snapshot
        #expect(increment.record.kind == .increment)
        let reader = try await SnapshotReader(increment, in: world.repository, keyring: world.keyring, check: nil)
        let store = try #require(reader.manifest.store("shop"))
        #expect(ImageRestore(store, of: reader) == nil)
        let path = try await world.restore(increment, to: "back.db")
        #expect(try BackupAndRestoreTests.dump(path) == (try BackupAndRestoreTests.dump(world.shop)))
    }

    /// A change that was made to another full is noticed, although nobody reads all rows.
    @Test func rowsThatAreNotThoseOfTheManifestLeaveNoFile() async throws {
        let world = try await IncrementTests.World()
        _ = try await world.backup()
        try world.execute("UPDATE customers SET city = 'x' WHERE id = 1")
        let increment = try await world.backup().snapshot
        let reader = try await SnapshotReader(increment, in: world.repository, keyring: world.keyring, check: nil)
        var store = try #require(reader.manifest.store("shop"))
        let place = try #require(store.tables.firstIndex { $0.name == "customers" })
        store.tables[place].hash = String(repeating: "0", count: 32)
        let image = try #require(ImageRestore(store, of: reader))
        let path = world.folder.path + "/never.db"
        let connector = SQLiteConnector(path: path)
        let session = try await connector.restore(RestoreRequest(target: .empty))
        await #expect {
            try await image.restore(into: session) { _ in }
        } throws: {
            ($0 as? ContinuityError)?.code == .damaged
        }
        await session.abandon()
        await session.close()
        await connector.close()
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
