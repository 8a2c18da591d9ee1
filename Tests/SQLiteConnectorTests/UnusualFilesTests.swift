import ConnectorKit
import Foundation
import LockstepModel
import SQLiteAccess
import SQLiteConnector
import Testing

/// Files and tables that most applications do not have.
@Suite struct UnusualFilesTests {
    @Test func aTypeThatAStrictTableRefusesIsARejectionOfThatRecordOnly() async throws {
        let store = try StoreInAFolder(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, s TEXT) STRICT;
            CREATE TABLE seen(n INT) STRICT;
            CREATE TRIGGER t_seen AFTER INSERT ON t BEGIN INSERT INTO seen VALUES (NEW.s); END
            """)
        let result = try await store.apply(
            writeBatch(
                "t", ["id", "n", "s"],
                [
                    change(.insert, nil, [.int64(1), .int64(1), .text("1")]),
                    change(.insert, nil, [.int64(2), .text("words"), .text("2")]),
                    change(.insert, nil, [.int64(3), .int64(3), .text("words")]),
                    change(.insert, nil, [.int64(4), .int64(4), .text("4")]),
                ]))
        #expect(result.exceptions.map(\.row) == [1, 2])
        for exception in result.exceptions {
            guard case .rejected(let rejection) = exception.outcome else {
                Issue.record("\(exception) is no rejection")
                continue
            }
            #expect(rejection.cause == .wrongType)
            #expect(!rejection.message.contains("words"))
        }
        #expect(result.changedCount == 2)
        #expect(try await store.rows("t", ["id"]) == [[.int64(1)], [.int64(4)]])
        #expect(try store.application.query("SELECT n FROM seen") == [[.int64(1)], [.int64(4)]])
    }

    @Test func replacedRecordsOfATableWithoutRowidAreCaptured() async throws {
        let store = try StoreInAFolder(
            "CREATE TABLE t(a TEXT, b BIGINT, c TEXT UNIQUE, PRIMARY KEY(a, b)) WITHOUT ROWID")
        try await store.connector.installCapture(CaptureRequest(entities: ["t"]))
        try store.application.execute(
            """
            INSERT INTO t VALUES ('x', 1, 'one'), ('x', 2, 'two');
            REPLACE INTO t VALUES ('x', 1, 'two');
            UPDATE t SET b = 7;
            DELETE FROM t
            """)
        let changes = try await store.changes(["t": ["a", "b", "c"]])
        #expect(
            changes == [
                "insert t: null|null|null -> x|1|one", "insert t: null|null|null -> x|2|two",
                "delete t: x|2|two -> null|null|null", "update t: x|1|one -> x|1|two",
                "update t: x|1|two -> x|7|two", "delete t: x|7|two -> null|null|null",
            ])
    }

    /// The largest file that SQLite allows, of which the file system keeps only what was written.
    @Test(arguments: [false, true])
    func aStoreThatCannotGrowIsFullAndKeepsWhatItHas(_ walMode: Bool) async throws {
        let store = try StoreInAFolder(
            "PRAGMA page_size=512; CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'a')",
            walMode: false)
        let most = try #require(try store.application.integer("PRAGMA max_page_count"))
        if walMode { try store.application.execute("PRAGMA journal_mode=WAL") }
        store.application.close()
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: store.path))
        try file.truncate(atOffset: UInt64(most) * 512)
        // The header says how many pages there are (https://www.sqlite.org/fileformat2.html section 1.3.8).
        try file.seek(toOffset: 28)
        try file.write(contentsOf: withUnsafeBytes(of: UInt32(most).bigEndian) { Data($0) })
        try file.close()
        let session = try await store.connector.write(WriteSessionRequest(lane: "lane"))
        do {
            let long = Value.text(String(repeating: "x", count: 5000))
            _ = try await session.apply(
                writeBatch("t", ["id", "s"], [change(.insert, nil, [.int64(2), long])]))
            try await session.commit(nil)
            Issue.record("a full store took a record")
        } catch let error as ConnectorError {
            #expect(error.code == .full)
        }
        await session.close()
        // Not through a snapshot: without WAL that is a copy, of a file that says it has two terabytes.
        let rows = try SQLiteDatabase(path: store.path, mode: .readOnly).query("SELECT id, s FROM t")
        #expect(rows == [[.int64(1), .text("a")]])
    }

    @Test func whatADeadProgramLeftInTheMiddleOfATransactionIsRolledBackAndRead() async throws {
        let store = try StoreInAFolder(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'kept')", walMode: false)
        // A transaction larger than the cache is partly in the file already, with its journal beside it.
        try store.application.execute(
            """
            PRAGMA cache_size=2; BEGIN; UPDATE t SET s = 'lost';
            WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO t SELECT i, hex(randomblob(200)) FROM n
            """)
        let place = store.path + "-after-the-crash"
        for part in ["", "-journal"] {
            try FileManager.default.copyItem(atPath: store.path + part, toPath: place + part)
        }
        try store.application.execute("ROLLBACK")
        #expect(throws: SQLiteError.self) {
            try SQLiteDatabase(path: place, mode: .readOnly).query("SELECT s FROM t")
        }
        #expect(try await SQLiteConnector(path: place).count(CountRequest(entity: "t")) == 1)
        #expect(try SQLiteDatabase(path: place, mode: .readOnly).query("SELECT s FROM t") == [[.text("kept")]])
    }

    @Test(arguments: ["UTF-16le", "UTF-16be"])
    func aStoreInUTF16IsRefusedByAllThatWouldOrderItsText(_ encoding: String) async throws {
        let store = try StoreInAFolder(
            "PRAGMA encoding='\(encoding)'; CREATE TABLE t(s TEXT PRIMARY KEY)", walMode: false)
        let calls: [@Sendable (SQLiteConnector) async throws -> Void] = [
            { _ = try await $0.snapshot(SnapshotRequest(purpose: .read)) },
            { _ = try await $0.query(QueryRequest(entity: "t", fields: ["s"])) },
            { _ = try await $0.count(CountRequest(entity: "t")) },
            { try await $0.installCapture(CaptureRequest(entities: ["t"])) },
            { _ = try await $0.write(WriteSessionRequest(lane: "lane")) },
        ]
        for call in calls {
            let error = await #expect(throws: ConnectorError.self) { try await call(store.connector) }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains("UTF-16") == true)
        }
        let findings = try await store.connector.checkAccess(AccessRequest(entities: ["t"], purposes: [.read]))
        #expect(findings.contains { $0.severity == .error && $0.code == "LS-STORE-UNSUPPORTED" })
    }
}
