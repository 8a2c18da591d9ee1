import ConnectorKit
import Foundation
import LockstepModel
import LockstepTesting
import SQLiteAccess
import SQLiteConnector
import Testing

@testable import LockstepContinuity

/// A SQLite store there and back, through a repository in a folder.
struct BackupAndRestoreTests {
    static let schema = """
        CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, credit DECIMAL(10,2), photo BLOB,
          score REAL, since DATE, length INT GENERATED ALWAYS AS (length(name)) VIRTUAL);
        CREATE UNIQUE INDEX customer_names ON customers(name);
        CREATE TABLE orders (customer INTEGER NOT NULL REFERENCES customers(id), number TEXT NOT NULL, note,
          PRIMARY KEY (customer, number)) WITHOUT ROWID;
        CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT);
        CREATE VIEW cities AS SELECT city, count(*) AS count FROM customers GROUP BY city;
        CREATE TRIGGER logged AFTER INSERT ON orders BEGIN INSERT INTO log(text) VALUES (new.number); END;
        CREATE TABLE "odd ""name"" %/.." (x TEXT);
        PRAGMA user_version = 7;
        """

    /// Every kind of cell, in a file of its own.
    static func makeStore(_ path: String, customers: Int = 2000) throws {
        let database = try SQLiteDatabase(path: path, mode: .create)
        defer { database.close() }
        try database.execute("PRAGMA journal_mode = WAL")
        try database.execute(schema)
        try database.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(customers))
            INSERT INTO customers(id, name, city, credit, photo, score, since)
            SELECT i, 'name ' || i, CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'Zürich' || char(9) || '\\N'
              WHEN 3 THEN '東京' || char(10) ELSE '\\' END, i * 1.25, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN x''
              ELSE randomblob(20) END, CASE i % 4 WHEN 0 THEN 1e300 WHEN 1 THEN -0.1 WHEN 2 THEN 5e-324 ELSE 3 END,
              '2024-02-29' FROM n;
            INSERT INTO orders SELECT id, 'o' || id, 'n' || id FROM customers WHERE id % 2 = 0;
            INSERT INTO "odd ""name"" %/.." VALUES ('..');
            DELETE FROM log WHERE id > 900;
            """)
    }

    /// All rows of all tables, as SQLite itself writes them.
    static func dump(_ path: String) throws -> [String] {
        let database = try SQLiteDatabase(path: path, mode: .readOnly)
        defer { database.close() }
        var lines: [String] = []
        for row in try database.query(
            "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name")
        {
            lines.append("\(row)")
            guard row[0] == .text("table"), case .text(let name) = row[1] else { continue }
            let quoted = "\"" + name.replacingOccurrences(of: "\"", with: "\"\"") + "\""
            for record in try database.query("SELECT * FROM \(quoted) ORDER BY 1") { lines.append("\(record)") }
        }
        lines.append("\(try database.query("SELECT * FROM sqlite_sequence"))")
        lines.append("\(try database.query("PRAGMA user_version"))")
        return lines
    }

    private struct World {
        let folder: TemporaryFolder
        let repository: Repository
        let key = SigningKey.generate(comment: "backup")
        let identity = AgeIdentity.generate()
        var keyring: Keyring { Keyring(identities: [identity]) }
        var check: RecordCheck {
            let trusted = TrustedKeys(key: key.verifyingKey)
            return { record, signature in
                guard let signature else {
                    throw ContinuityError(.signature, doing: "checking", message: "not signed", hint: "")
                }
                _ = try trusted.verify(
                    signature: String(decoding: signature, as: UTF8.self), over: record,
                    namespace: TrustedKeys.snapshotNamespace, at: 0)
            }
        }

        init(customers: Int = 2000) async throws {
            folder = try TemporaryFolder()
            repository = try await Repository.create(at: FileObjectStore(path: folder.path + "/repository"))
            try makeStore(folder.path + "/shop.db", customers: customers)
        }

        func backup() async throws -> StoredSnapshot {
            let connector = SQLiteConnector(path: folder.path + "/shop.db")
            var run = try BackupRun(
                BackupRequest(
                    stores: [.init(name: "shop", connector: connector)], statePath: nil,
                    sealing: .age([identity.recipient]), signingKey: key, check: check, level: 3, label: nil,
                    writer: "test", now: S3ObjectStore.systemClock, progress: { _ in }), repository: repository)
            let snapshot = try await run.run()
            await connector.close()
            return snapshot
        }

        func restore(
            _ snapshot: StoredSnapshot, to name: String, tables: [String]? = nil,
            target: RestoreRequest.Target = .empty, prefersRows: Bool = false
        ) async throws -> RestoreOutcome {
            let reader = try await SnapshotReader(snapshot, in: repository, keyring: keyring, check: nil)
            let connector = SQLiteConnector(path: folder.path + "/" + name)
            let outcome = try await RestoreRun(
                RestoreTask(
                    store: "shop", tables: tables, target: target, prefersRows: prefersRows, connector: connector,
                    progress: { _ in }), from: reader
            ).run()
            await connector.close()
            return outcome
        }
    }

    @Test(arguments: [false, true])
    func aStoreComesBackAsItWas(prefersRows: Bool) async throws {
        let world = try await World()
        let snapshot = try await world.backup()
        let outcome = try await world.restore(snapshot, to: "back.db", prefersRows: prefersRows)
        #expect(outcome.problems == [])
        #expect(try Self.dump(world.folder.path + "/back.db") == Self.dump(world.folder.path + "/shop.db"))
        #expect(outcome.tables.first { $0.name == "customers" }?.rows == 2000)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: world.folder.path).allSatisfy {
                !$0.contains("restoring")
            })
    }

    /// A column may be called what SQLite calls its row numbers by.
    @Test func aColumnThatIsCalledRowIDHidesNoRows() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/store.db"
        let database = try SQLiteDatabase(path: path, mode: .create)
        try database.execute(
            """
            CREATE TABLE t (id TEXT, rowid TEXT, oid INT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
            INSERT INTO t SELECT 'id ' || i, CASE i % 3 WHEN 0 THEN NULL ELSE 'row ' || i END, i % 7 FROM n
            """)
        database.close()
        let connector = SQLiteConnector(path: path)
        let source = try await connector.archive(ArchiveRequest())
        let pieces = try await source.pieces(of: "t", bytes: 10_000)
        #expect(pieces.count > 1)
        var rows = 0
        for piece in pieces {
            let reader = try await source.rows(of: "t", piece: piece)
            while let block = try await reader.next() { rows += block.rowCount }
        }
        #expect(rows == 5000)
        await source.close()
        await connector.close()
    }

    /// A number in a column without a type is a text when it comes back from rows; nobody is left to find that out.
    @Test func cellsThatRowsDoNotBringBackAreNamed() async throws {
        let world = try await World(customers: 10)
        let live = try SQLiteDatabase(path: world.folder.path + "/shop.db")
        try live.execute(
            "UPDATE orders SET note = 5 WHERE customer <= 4; UPDATE customers SET city = x'00' WHERE id = 1")
        live.close()
        let snapshot = try await world.backup()
        let reader = try await SnapshotReader(snapshot, in: world.repository, keyring: world.keyring, check: nil)
        let notes = reader.manifest.stores[0].notes
        #expect(notes.map(\.table) == ["customers", "orders"])
        #expect(notes.map { $0.message.prefix(8) } == ["1 cells ", "2 cells "])
        _ = try await world.restore(snapshot, to: "back.db")
        let dump = try Self.dump(world.folder.path + "/shop.db")
        #expect(try Self.dump(world.folder.path + "/back.db") == dump)
        let task = RestoreTask(
            store: "shop", tables: ["orders"], target: .replacing(keepsOthers: false),
            connector: SQLiteConnector(path: world.folder.path + "/shop.db")
        ) { _ in }
        let error = await #expect(throws: ContinuityError.self) { _ = try await RestoreRun(task, from: reader).run() }
        #expect(error?.object == "shop.orders")
        #expect(try Self.dump(world.folder.path + "/shop.db") == dump)
    }

    @Test(arguments: ["WAL", "DELETE"]) func whatIsWrittenMeanwhileIsNotSeenAndNotHeldUp(mode: String) async throws {
        let world = try await World()
        let database = try SQLiteDatabase(path: world.folder.path + "/shop.db")
        try database.execute("PRAGMA journal_mode = \(mode)")
        database.close()
        let connector = SQLiteConnector(path: world.folder.path + "/shop.db")
        let before = try Self.dump(world.folder.path + "/shop.db")
        let source = try await connector.archive(ArchiveRequest())
        let writer = try SQLiteDatabase(path: world.folder.path + "/shop.db")
        try writer.execute("DELETE FROM customers WHERE id % 2 = 1; CREATE TABLE late (x)")
        writer.close()
        let image = world.folder.path + "/image.db"
        try await source.writeImage(to: image) { _, _ in }
        #expect(try Self.dump(image) == before)
        var rows = 0
        for piece in try await source.pieces(of: "customers", bytes: 1000) {
            let reader = try await source.rows(of: "customers", piece: piece)
            while let block = try await reader.next() { rows += block.rowCount }
        }
        #expect(rows == 2000)
        await source.close()
        await connector.close()
    }

    @Test func aFileThatIsThereIsNotTouched() async throws {
        let world = try await World()
        let snapshot = try await world.backup()
        try Self.makeStore(world.folder.path + "/live.db", customers: 3)
        let before = try Self.dump(world.folder.path + "/live.db")
        await #expect(throws: ConnectorError.self) { try await world.restore(snapshot, to: "live.db") }
        #expect(try Self.dump(world.folder.path + "/live.db") == before)
    }

    @Test func oneTableComesBackBesideTheLiveOneOrInItsPlace() async throws {
        let world = try await World()
        let snapshot = try await world.backup()
        let path = world.folder.path + "/shop.db"
        let live = try SQLiteDatabase(path: path)
        try live.execute("DELETE FROM orders; UPDATE customers SET city = 'lost'")
        let beside = try await world.restore(
            snapshot, to: "shop.db", tables: ["customers"], target: .beside(suffix: "_restored"))
        #expect(beside.tables.map(\.rows) == [2000])
        #expect(try live.integer("SELECT count(*) FROM customers_restored WHERE city IS 'lost'") == 0)
        #expect(try live.integer("SELECT count(*) FROM customers WHERE city IS 'lost'") == 2000)
        let logged = try live.integer("SELECT count(*) FROM log")
        _ = try await world.restore(snapshot, to: "shop.db", tables: ["orders"], target: .replacing(keepsOthers: false))
        #expect(try live.integer("SELECT count(*) FROM orders") == 1000)
        #expect(try live.integer("SELECT count(*) FROM log") == logged, "triggers do not run while rows come back")
        live.close()
    }

    @Test func damageIsFoundAndNothingLooksRestored() async throws {
        let world = try await World()
        let snapshot = try await world.backup()
        let verifier = RepositoryVerifier(world.repository, keyring: world.keyring, check: world.check)
        let whole = try await verifier.verify(nil, .data(share: 1))
        #expect(whole.isProved && whole.signed == 1, "\(whole.findings)")
        let part = world.folder.path + "/repository/" + snapshot.record.parts[0].name
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: part)
        var bytes = try Data(contentsOf: URL(filePath: part))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: part))
        let fast = try await verifier.verify(nil, .fast)
        #expect(fast.findings.isEmpty && !fast.isProved && fast.unreadBytes == fast.bytes)
        let read = try await verifier.verify(nil, .data(share: 1))
        #expect(read.findings.map(\.code) == ["LS-ARCHIVE-DAMAGED"])
        await #expect(throws: ContinuityError.self) {
            try await world.restore(snapshot, to: "back.db", prefersRows: true)
        }
        #expect(!FileManager.default.fileExists(atPath: world.folder.path + "/back.db"))
        try FileManager.default.removeItem(atPath: part)
        #expect(try await verifier.verify(nil, .fast).findings.map(\.code) == ["LS-ARCHIVE-MISSING"])
    }

    @Test func aWrongKeyIsToldAndNothingIsWritten() async throws {
        let world = try await World(customers: 5)
        let snapshot = try await world.backup()
        let other = Keyring(identities: [AgeIdentity.generate()])
        let error = await #expect(throws: ContinuityError.self) {
            try await SnapshotReader(snapshot, in: world.repository, keyring: other, check: nil)
        }
        #expect(error?.code == .wrongKey)
    }

    @Test func anEmptyStoreIsBackedUpToo() async throws {
        let folder = try TemporaryFolder()
        let repository = try await Repository.create(at: FileObjectStore(path: folder.path + "/repository"))
        try SQLiteDatabase(path: folder.path + "/empty.db", mode: .create).execute("PRAGMA user_version = 1")
        let connector = SQLiteConnector(path: folder.path + "/empty.db")
        var run = try BackupRun(
            BackupRequest(
                stores: [.init(name: "empty", connector: connector)], statePath: nil, sealing: .none, signingKey: nil,
                check: nil, level: 1, label: "x", writer: "test", now: S3ObjectStore.systemClock, progress: { _ in }),
            repository: repository)
        let snapshot = try await run.run()
        #expect(snapshot.record.label == "x" && snapshot.record.previous == nil)
        await connector.close()
    }
}
