import ConnectorKit
import Foundation
import LockstepModel
import SQLiteAccess
import SQLiteConnector
import Testing

@Suite(.serialized) struct CaptureTests {
    private static let schema = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT);
        CREATE TABLE u(id TEXT PRIMARY KEY, n INT);
        """
    private static let fields = ["t": ["id", "code", "name"]]

    private func store(_ schema: String = schema, _ entities: [String] = ["t", "u"]) async throws -> StoreInAFolder {
        let store = try StoreInAFolder(schema)
        try await store.connector.installCapture(CaptureRequest(entities: entities))
        return store
    }

    @Test(
        arguments: [
            (
                "INSERT INTO t VALUES (2,'b','B'); UPDATE t SET name='x' WHERE id=2; DELETE FROM t WHERE id=2",
                ["insert t: null|null|null -> 2|b|B", "update t: 2|b|B -> 2|b|x", "delete t: 2|b|x -> null|null|null"]
            ),
            (
                "INSERT INTO t VALUES (2,'b','B'),(3,'c','C')",
                ["insert t: null|null|null -> 2|b|B", "insert t: null|null|null -> 3|c|C"]
            ),
            ("REPLACE INTO t VALUES (1,'a','new')", ["update t: 1|a|A -> 1|a|new"]),
            (
                "REPLACE INTO t VALUES (2,'a','new')",
                ["delete t: 1|a|A -> null|null|null", "insert t: null|null|null -> 2|a|new"]
            ),
            ("REPLACE INTO t VALUES (9,'z','plain')", ["insert t: null|null|null -> 9|z|plain"]),
            (
                "INSERT INTO t VALUES (2,'b','B'); REPLACE INTO t VALUES (1,'b','both')",
                [
                    "insert t: null|null|null -> 2|b|B", "delete t: 2|b|B -> null|null|null",
                    "update t: 1|a|A -> 1|b|both",
                ]
            ),
            (
                "PRAGMA recursive_triggers=ON; REPLACE INTO t VALUES (2,'a','new'); PRAGMA recursive_triggers=OFF",
                ["delete t: 1|a|A -> null|null|null", "insert t: null|null|null -> 2|a|new"]
            ),
            ("INSERT OR IGNORE INTO t VALUES (1,'q','no')", []),
            (
                "INSERT OR IGNORE INTO t VALUES (1,'q','no'); INSERT INTO t VALUES (5,'e','E')",
                ["insert t: null|null|null -> 5|e|E"]
            ),
            (
                "INSERT OR IGNORE INTO t VALUES (1,'q','no'); DELETE FROM t WHERE id=1; INSERT INTO t VALUES (5,'e','E')",
                ["delete t: 1|a|A -> null|null|null", "insert t: null|null|null -> 5|e|E"]
            ),
            (
                "INSERT OR IGNORE INTO t VALUES (1,'q','no'); UPDATE t SET id=7 WHERE id=1; INSERT INTO t VALUES (5,'e','E')",
                ["update t: 1|a|A -> 7|a|A", "insert t: null|null|null -> 5|e|E"]
            ),
            (
                "INSERT INTO t VALUES (1,'a','up') ON CONFLICT(id) DO UPDATE SET name=excluded.name",
                ["update t: 1|a|A -> 1|a|up"]
            ),
            ("INSERT INTO t VALUES (1,'a','up') ON CONFLICT(id) DO UPDATE SET id=8", ["update t: 1|a|A -> 8|a|A"]),
            (
                "INSERT INTO t VALUES (2,'b','B'); UPDATE OR REPLACE t SET code='a' WHERE id=2",
                ["insert t: null|null|null -> 2|b|B", "delete t: 1|a|A -> null|null|null", "update t: 2|b|B -> 2|a|B"]
            ),
            (
                "INSERT INTO t VALUES (2,'b','B'); UPDATE OR REPLACE t SET id=1 WHERE id=2",
                ["insert t: null|null|null -> 2|b|B", "delete t: 1|a|A -> null|null|null", "update t: 2|b|B -> 1|b|B"]
            ),
            ("UPDATE t SET id=4 WHERE id=1", ["update t: 1|a|A -> 4|a|A"]),
            ("UPDATE t SET name=name", []),
            ("BEGIN; INSERT INTO t VALUES (2,'b','B'); ROLLBACK", []),
            (
                "BEGIN; SAVEPOINT s; INSERT INTO t VALUES (2,'b','B'); ROLLBACK TO s; INSERT INTO t VALUES (3,'c','C'); COMMIT",
                ["insert t: null|null|null -> 3|c|C"]
            ),
            ("DELETE FROM t", ["delete t: 1|a|A -> null|null|null"]),
        ] as [(String, [String])])
    func whatApplicationsDoIsSeenAsWhatHappened(_ sql: String, _ expected: [String]) async throws {
        let store = try await store()
        try store.application.execute("INSERT INTO t VALUES (1,'a','A')")
        let start = try await store.connector.snapshot(SnapshotRequest(purpose: .follow))
        await start.close()
        try store.application.execute(sql)
        #expect(try await store.changes(Self.fields, after: start.position) == expected)
    }

    @Test func changesOfTwoEntitiesComeInCommitOrder() async throws {
        let store = try await store()
        try store.application.execute(
            "INSERT INTO u VALUES ('x',1); INSERT INTO t VALUES (1,'a','A'); UPDATE u SET n=2; DELETE FROM t")
        let lines = try await store.changes(["t": ["id"], "u": ["id", "n"]])
        #expect(
            lines == [
                "insert u: null|null -> x|1", "insert t: null -> 1", "update u: x|1 -> x|2", "delete t: 1 -> null",
            ])
    }

    @Test func partialAndCaseInsensitiveUniqueIndexesReplaceTheRightRecords() async throws {
        let store = try await store(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT, live INT);
            CREATE UNIQUE INDEX one ON t(code COLLATE NOCASE) WHERE live = 1;
            INSERT INTO t VALUES (1,'a',0),(2,'A',1);
            """, ["t"])
        try store.application.execute("REPLACE INTO t VALUES (3,'a',1)")
        #expect(
            try await store.changes(["t": ["id"]]) == ["delete t: 2 -> null", "insert t: null -> 3"])
    }

    @Test func replacedParentsTakeTheirCascadedChildrenAlong() async throws {
        let store = try await store(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY, n TEXT);
            CREATE TABLE c(id INTEGER PRIMARY KEY, p INT REFERENCES p(id) ON DELETE CASCADE);
            INSERT INTO p VALUES (1,'a'); INSERT INTO c VALUES (10,1);
            """, ["p", "c"])
        try store.application.execute("REPLACE INTO p VALUES (1,'b')")
        let lines = try await store.changes(["p": ["id", "n"], "c": ["id"]])
        #expect(Set(lines) == ["update p: 1|a -> 1|b", "delete c: 10 -> null"])
    }

    @Test func userTriggersThatAreNewerAreReportedAndInstallingMendsTheOrder() async throws {
        let store = try await store()
        try store.application.execute(
            "CREATE TRIGGER mine AFTER INSERT ON t BEGIN UPDATE t SET name = 'T' WHERE id = NEW.id; END")
        let request = AccessRequest(entities: ["t"], purposes: [.capture])
        #expect(try await store.connector.checkAccess(request).map(\.code) == ["LS-STORE-TRIGGER-ORDER"])
        try await store.connector.installCapture(CaptureRequest(entities: ["t", "u"]))
        #expect(try await store.connector.checkAccess(request).isEmpty)
        try store.application.execute("INSERT INTO t VALUES (1,'a','A')")
        #expect(
            try await store.changes(Self.fields) == [
                "insert t: null|null|null -> 1|a|A", "update t: 1|a|A -> 1|a|T",
            ])
    }

    @Test func installingAgainChangesNothingAndRemovingLeavesTheSchemaAsFound() async throws {
        let store = try StoreInAFolder(Self.schema)
        let dump = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
        let before = try store.application.query(dump)
        try await store.connector.installCapture(CaptureRequest(entities: ["t", "u"]))
        let installed = try store.application.query(dump)
        try await store.connector.installCapture(CaptureRequest(entities: ["u", "t"]))
        #expect(try store.application.query(dump) == installed)
        try await store.connector.removeCapture()
        try await store.connector.removeCapture()
        #expect(try store.application.query(dump) == before)
        #expect(try await store.connector.identity() == nil)
    }

    @Test func aTableWithoutAKeyIsRefused() async throws {
        let store = try StoreInAFolder("CREATE TABLE n(a TEXT)")
        await #expect { try await store.connector.installCapture(CaptureRequest(entities: ["n"])) } throws: {
            ($0 as? ConnectorError)?.code == .unsupported
        }
        let request = AccessRequest(entities: ["n"], purposes: [.capture])
        #expect(try await store.connector.checkAccess(request).map(\.code) == ["LS-STORE-NO-KEY"])
    }

    @Test func anAddedColumnStopsTheReaderUntilCaptureIsInstalledAgain() async throws {
        let store = try await store()
        try store.application.execute("INSERT INTO t VALUES (1,'a','A'); ALTER TABLE t ADD COLUMN extra TEXT")
        let wanted = ["t": ["id", "extra"]]
        await #expect { try await store.changes(wanted) } throws: { ($0 as? ConnectorError)?.code == .schema }
        try await store.connector.installCapture(CaptureRequest(entities: ["t", "u"]))
        try store.application.execute("UPDATE t SET extra='e'")
        #expect(
            try await store.changes(wanted) == [
                "insert t: null|null -> 1|(unchanged)", "update t: 1|null -> 1|e",
            ])
    }

    @Test func aTableMadeAnewIsNotTakenForCaptured() async throws {
        let store = try await store()
        try store.application.execute("DROP TABLE t; CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT, name TEXT)")
        await #expect { try await store.changes(Self.fields) } throws: {
            ($0 as? ConnectorError)?.code == .notInstalled
        }
    }

    @Test func aReaderGoesOnWithWhatCameSince() async throws {
        let store = try await store()
        let reader = try await store.connector.changes(ChangesRequest(entities: ["t": ["id"]], after: .start))
        #expect(try await StoreInAFolder.lines(reader).isEmpty)
        try store.application.execute("INSERT INTO t VALUES (1,'a','A')")
        #expect(try await StoreInAFolder.lines(reader) == ["insert t: null -> 1"])
        try store.application.execute("INSERT INTO u VALUES ('x',1)")
        #expect(try await StoreInAFolder.lines(reader).isEmpty)
        #expect(await reader.quietPosition.order == 2)
        await reader.close()
    }
}

@Suite(.serialized) struct HistoryTests {
    private func store() async throws -> StoreInAFolder {
        let store = try StoreInAFolder("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)")
        try await store.connector.installCapture(CaptureRequest(entities: ["t"]))
        return store
    }

    private func position(_ store: StoreInAFolder) async throws -> Position {
        let snapshot = try await store.connector.snapshot(SnapshotRequest(purpose: .follow))
        await snapshot.close()
        return snapshot.position
    }

    @Test func theSameQuestionHasTheSameAnswerUntilReleased() async throws {
        let store = try await store()
        try store.application.execute("INSERT INTO t VALUES (1,'a'); INSERT INTO t VALUES (2,'b')")
        let wanted = ["t": ["id"]]
        let first = try await store.changes(wanted)
        #expect(try await store.changes(wanted) == first)
        let position = try await position(store)
        try await store.connector.release(position)
        await #expect { try await store.changes(wanted) } throws: { ($0 as? ConnectorError)?.code == .historyLost }
        #expect(try await store.changes(wanted, after: position).isEmpty)
        try store.application.execute("INSERT INTO t VALUES (3,'c')")
        #expect(try await store.changes(wanted, after: position) == ["insert t: null -> 3"])
    }

    @Test func anOlderCopyOfTheFileIsRecognised() async throws {
        let store = try await store()
        try store.application.execute("INSERT INTO t VALUES (1,'a')")
        let copy = store.folder.appendingPathComponent("old.db").path
        try store.application.query("VACUUM INTO ?1", [.text(copy)])
        try store.application.execute("INSERT INTO t VALUES (2,'b')")
        let position = try await position(store)
        let old = SQLiteConnector(path: copy)
        await #expect {
            _ = try await old.changes(ChangesRequest(entities: ["t": ["id"]], after: position))
        } throws: { ($0 as? ConnectorError)?.message.contains("back in time") == true }
    }

    @Test func aPositionOfAnEarlierInstallationIsLostHistory() async throws {
        let store = try await store()
        let position = try await position(store)
        try await store.connector.removeCapture()
        try await store.connector.installCapture(CaptureRequest(entities: ["t"]))
        await #expect { try await store.changes(["t": ["id"]], after: position) } throws: {
            ($0 as? ConnectorError)?.code == .historyLost
        }
    }

    @Test func aLargeTransactionComesInBoundedChunksAndOnlyTheLastHasAPosition() async throws {
        let store = try await store()
        try store.application.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
            INSERT INTO t SELECT i, 'name ' || i FROM n
            """)
        let reader = try await store.connector.changes(ChangesRequest(entities: ["t": ["id", "name"]], after: .start))
        var (count, positions, largest) = (0, 0, 0)
        while let chunk = try await reader.next() {
            count += chunk.changeCount
            largest = max(largest, chunk.changeCount)
            #expect(positions == 0)
            if chunk.position != nil { positions += 1 }
        }
        #expect(count == 200_000)
        #expect(positions == 1)
        #expect(largest <= BatchLimits.load.rows)
    }
}
