import ConnectorKit
import Foundation
import LockstepModel
import SQLiteAccess
import SQLiteConnector
import Testing

@Suite(.serialized) struct WritingTests {
    private static let schema = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT NOT NULL CHECK (name <> 'bad'),
                       parent INT REFERENCES t(id));
        INSERT INTO t VALUES (1,'a','A',NULL);
        """
    private let fields = ["id", "code", "name", "parent"]

    private func row(_ id: Int64, _ code: String, _ name: Value, _ parent: Value = .null) -> [Value] {
        [.int64(id), .text(code), name, parent]
    }

    private func store(_ schema: String = schema, _ entities: [String] = ["t"]) async throws -> StoreInAFolder {
        let store = try StoreInAFolder(schema)
        try await store.connector.installCapture(CaptureRequest(entities: entities))
        return store
    }

    @Test(arguments: [false, true])
    func outcomesOfEachOperationAreTold(isLoad: Bool) async throws {
        let store = try await store()
        let a = row(1, "a", .text("A"))
        let result = try await store.apply(
            writeBatch(
                "t", fields, load: isLoad,
                [
                    change(.insert, nil, row(2, "b", .text("B"))),
                    change(.insert, nil, a),
                    change(.insert, nil, row(1, "z", .text("other"))),
                    change(.update, row(9, "q", .text("Q")), row(9, "q", .text("R"))),
                    change(.update, row(2, "b", .text("third")), row(2, "b", .text("x"))),
                    change(.update, row(2, "zzz", .text("B")), row(2, "zzz", .text("B2"))),
                    change(.delete, row(7, "none", .text("N")), nil),
                    change(.delete, row(1, "a", .text("old")), nil),
                    change(.delete, a, nil),
                ]))
        #expect(
            result.exceptions == [
                WriteException(row: 2, outcome: .exists(current: 0)), WriteException(row: 3, outcome: .missing),
                WriteException(row: 4, outcome: .differs(current: 1)),
                WriteException(row: 7, outcome: .differs(current: 2)),
            ])
        #expect(result.current.rowCount == 3)
        #expect(result.current.values(row: 0) == a)
        #expect(result.current.values(row: 1) == row(2, "b", .text("B")))
        #expect(result.changedCount == 3)
        #expect(try store.application.query("SELECT * FROM t") == [row(2, "b", .text("B2"))])
        #expect(try await store.changes(["t": fields]).isEmpty)
    }

    @Test func refusedRecordsAreNamedWithTheirCauseAndTheOthersAreApplied() async throws {
        let store = try await store()
        let result = try await store.apply(
            writeBatch(
                "t", fields,
                [
                    change(.insert, nil, row(2, "a", .text("same code"))),
                    change(.insert, nil, row(3, "c", .null)),
                    change(.insert, nil, row(4, "d", .text("bad"))),
                    change(.insert, nil, row(5, "e", .text("E"), .int64(99))),
                    change(.insert, nil, row(6, "f", .int64(1))),
                    change(.insert, nil, row(7, "g", .text("G"))),
                ]))
        let causes = result.exceptions.map { exception -> Rejection.Cause? in
            if case .rejected(let rejection) = exception.outcome { rejection.cause } else { nil }
        }
        #expect(causes == [.uniqueKey, .notNull, .check, .reference, .wrongType])
        #expect(try store.application.query("SELECT id FROM t") == [[.int64(1)], [.int64(7)]])
    }

    @Test func whatAColumnCannotHoldExactlyIsRefusedBeforeItIsWritten() async throws {
        let store = try await store(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, f REAL, d DECIMAL(30,10), j JSON, s STRING)")
        func refused(_ field: String, _ value: Value) async throws -> Bool {
            let result = try await store.apply(
                writeBatch("t", ["id", field], [change(.insert, nil, [.int64(1), value])]))
            guard case .rejected(let rejection)? = result.exceptions.first?.outcome else { return false }
            return rejection.cause == .outOfRange
        }
        #expect(try await refused("f", .float64(.nan)))
        #expect(try await refused("d", .decimal("1234567890.12345678")))
        #expect(try await refused("d", .decimal("99999999999999999999")))
        #expect(try await refused("d", .decimal("NaN")))
        #expect(try await refused("j", .json("12345678901234567890123")))
        #expect(try await refused("s", .text("007")))
        #expect(try await refused("s", .text(" 12e3 ")))
        #expect(try store.application.query("SELECT * FROM t").isEmpty)
    }

    @Test func whatTriggersAndDefaultsMakeOfOurWritesComesBack() async throws {
        let store = try await store(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, state TEXT DEFAULT 'new', upper TEXT AS (upper(name)));
            CREATE TABLE log(id INTEGER PRIMARY KEY, what TEXT);
            CREATE TRIGGER audit AFTER UPDATE ON t BEGIN INSERT INTO log(what) VALUES (NEW.name); END;
            CREATE TRIGGER shout AFTER INSERT ON t WHEN NEW.name = 'x' BEGIN UPDATE t SET name='X!' WHERE id=NEW.id; END;
            """, ["t", "log"])
        let fields = ["id", "name"]
        try await store.apply(
            writeBatch(
                "t", fields,
                [
                    change(.insert, nil, [.int64(1), .text("a")]),
                    change(.insert, nil, [.int64(2), .text("x")]),
                    change(.update, [.int64(1), .text("a")], [.int64(1), .text("b")]),
                    change(.delete, [.int64(1), .text("b")], nil),
                ]))
        let lines = try await store.changes(["t": ["id", "name", "state", "upper"], "log": ["id", "what"]])
        #expect(
            lines == [
                "update t: 1|a|null|null -> 1|a|new|A", "update t: 2|x|null|null -> 2|x|new|X",
                "update t: 2|x|new|X -> 2|X!|new|X!", "insert log: null|null -> 1|X!",
                "update t: 1|b|new|A -> 1|b|new|B", "insert log: null|null -> 2|b",
            ])
    }

    @Test func whatTheStoreFillsIsToldToThoseWhoReadItOnly() async throws {
        let store = try await store("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, state TEXT DEFAULT 'new')")
        func insert(_ name: String, observed: [String: Set<String>]?) async throws {
            let session = try await store.connector.write(WriteSessionRequest(lane: "lane", observed: observed))
            _ = try await session.apply(writeBatch("t", ["name"], [change(.insert, nil, [.text(name)])]))
            try await session.commit(nil)
            await session.close()
        }
        try await insert("nobody", observed: [:])
        try await insert("another entity", observed: ["s": ["state"]])
        try await insert("name", observed: ["t": ["name"]])
        #expect(try await store.changes(["t": ["name", "state"]]).isEmpty)
        try await insert("state", observed: ["t": ["name", "state"]])
        try await insert("key", observed: ["t": ["id"]])
        try await insert("everybody", observed: nil)
        #expect(
            try await store.changes(["t": ["id", "name", "state"]]) == [
                "update t: null|state|null -> 4|state|new", "update t: null|key|null -> 5|key|new",
                "update t: null|everybody|null -> 6|everybody|new",
            ])
    }

    @Test func cascadesOfOurDeletesComeBackAndTheDeletesThemselvesDoNot() async throws {
        let store = try await store(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY);
            CREATE TABLE c(id INTEGER PRIMARY KEY, p INT REFERENCES p(id) ON DELETE CASCADE);
            INSERT INTO p VALUES (1),(2); INSERT INTO c VALUES (10,1),(11,2);
            """, ["p", "c"])
        try await store.apply(writeBatch("p", ["id"], [change(.delete, [.int64(1)], nil)]))
        #expect(try await store.changes(["p": ["id"], "c": ["id"]]) == ["delete c: 10 -> null"])
    }

    @Test func cascadesFromAnEntityThatIsNotCapturedComeBackToo() async throws {
        let store = try await store(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY);
            CREATE TABLE c(id INTEGER PRIMARY KEY, p INT REFERENCES p(id) ON DELETE CASCADE);
            INSERT INTO p VALUES (1); INSERT INTO c VALUES (10,1);
            """, ["c"])
        try await store.apply(writeBatch("p", ["id"], [change(.delete, [.int64(1)], nil)]))
        #expect(try await store.changes(["c": ["id"]]) == ["delete c: 10 -> null"])
    }

    @Test func anApplicationsWritesAreSeenAgainAfterOurs() async throws {
        let store = try await store()
        try await store.apply(writeBatch("t", fields, [change(.insert, nil, row(2, "b", .text("B")))]))
        try store.application.execute("UPDATE t SET name='N' WHERE id=2")
        #expect(try await store.changes(["t": ["id", "name"]]) == ["update t: 2|B -> 2|N"])
    }

    @Test func aMarkIsGoneBackTo() async throws {
        let store = try await store()
        let session = try await store.connector.write(WriteSessionRequest(lane: "lane"))
        _ = try await session.apply(writeBatch("t", fields, [change(.insert, nil, row(2, "b", .text("B")))]))
        try await session.mark()
        _ = try await session.apply(writeBatch("t", fields, [change(.insert, nil, row(3, "c", .text("C")))]))
        try await session.revert()
        _ = try await session.apply(writeBatch("t", fields, [change(.insert, nil, row(4, "d", .text("D")))]))
        try await session.commit(nil)
        await session.close()
        #expect(try store.application.query("SELECT id FROM t") == [[.int64(1)], [.int64(2)], [.int64(4)]])
        #expect(try await store.changes(["t": fields]).isEmpty)
    }

    @Test func checkpointsCommitAndRollBackWithTheData() async throws {
        let store = try await store()
        let first = Position(order: 5, token: "abc")
        try await store.apply(
            writeBatch("t", fields, [change(.insert, nil, row(2, "b", .text("B")))]), checkpoint: first)
        let session = try await store.connector.write(WriteSessionRequest(lane: "lane"))
        _ = try await session.apply(writeBatch("t", fields, [change(.insert, nil, row(3, "c", .text("C")))]))
        await session.rollback()
        await session.close()
        let read = try await store.connector.checkpoints()
        #expect(read == ["lane": first])
        #expect(read["lane"]?.token == "abc")
        #expect(try store.application.query("SELECT id FROM t") == [[.int64(1)], [.int64(2)]])
        try await store.connector.forgetCheckpoints(lanes: ["lane"])
        #expect(try await store.connector.checkpoints().isEmpty)
    }

    @Test func recordsAreFoundByTheirKeyWhateverItsSpelling() async throws {
        let store = try StoreInAFolder(
            """
            CREATE TABLE t(at DATETIME PRIMARY KEY, n INT); INSERT INTO t VALUES ('2024-01-31T10:00:00.500', 1);
            CREATE TABLE g(id UUID PRIMARY KEY, n INT); INSERT INTO g VALUES ('00112233-4455-6677-8899-AABBCCDDEEFF', 1);
            """)
        let at = Value.timestamp(1_706_695_200_500_000)
        let updated = try await store.apply(
            writeBatch("t", ["at", "n"], [change(.update, [at, .int64(1)], [at, .int64(2)])]))
        #expect(updated.exceptions.isEmpty)
        #expect(try store.application.query("SELECT n FROM t") == [[.int64(2)]])
        let id = Value.uuid([0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255])
        let inserted = try await store.apply(
            writeBatch("g", ["id", "n"], [change(.insert, nil, [id, .int64(5)])]))
        #expect(inserted.exceptions == [WriteException(row: 0, outcome: .exists(current: 0))])
    }

    @Test func aKeyThatSeveralRecordsHaveIsRefused() async throws {
        let store = try StoreInAFolder("CREATE TABLE t(a TEXT, n INT); INSERT INTO t VALUES ('x',1),('x',2)")
        let result = try await store.apply(
            writeBatch(
                "t", ["a", "n"], [change(.update, [.text("x"), .int64(1)], [.text("x"), .int64(5)])]))
        guard case .rejected(let rejection)? = result.exceptions.first?.outcome else {
            Issue.record("the update was not refused")
            return
        }
        #expect(rejection.cause == .uniqueKey)
        #expect(try store.application.query("SELECT n FROM t") == [[.int64(1)], [.int64(2)]])
    }

    @Test func aDeferredForeignKeyFailsTheCommitWithItsName() async throws {
        let store = try await store(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY);
            CREATE TABLE c(id INTEGER PRIMARY KEY, p INT REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED);
            """, ["p", "c"])
        await #expect {
            try await store.apply(writeBatch("c", ["id", "p"], [change(.insert, nil, [.int64(1), .int64(9)])]))
        } throws: { error in
            let error = error as? ConnectorError
            return error?.code == .unsupported && error?.entity == "c"
        }
        #expect(try store.application.query("SELECT * FROM c").isEmpty)
    }

    @Test func aLockedStoreIsBusyAndAMissingOneIsAbsent() async throws {
        let store = try StoreInAFolder("CREATE TABLE t(id INTEGER PRIMARY KEY)", busyTimeout: .milliseconds(20))
        try store.application.execute("BEGIN IMMEDIATE")
        await #expect {
            try await store.apply(writeBatch("t", ["id"], [change(.insert, nil, [.int64(1)])]))
        } throws: { ($0 as? ConnectorError)?.code == .busy }
        try store.application.execute("ROLLBACK")
        let missing = SQLiteConnector(path: store.path + ".none")
        await #expect { _ = try await missing.describe(DescribeRequest()) } throws: {
            ($0 as? ConnectorError)?.code == .absent
        }
        let readOnly = SQLiteConnector(path: store.path, access: .readOnly)
        await #expect { try await readOnly.installCapture(CaptureRequest(entities: ["t"])) } throws: {
            ($0 as? ConnectorError)?.code == .readOnly
        }
        #expect(
            try await readOnly.checkAccess(AccessRequest(entities: ["t"], purposes: [.write])).map(\.code)
                == ["LS-STORE-READ-ONLY"])
    }

    @Test func whatIsNoDatabaseIsCorrupt() async throws {
        let store = try StoreInAFolder("CREATE TABLE t(id INTEGER PRIMARY KEY)")
        let path = store.path + ".text"
        let text = String(repeating: "this is no database\n", count: 200)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        await #expect { _ = try await SQLiteConnector(path: path).describe(DescribeRequest()) } throws: {
            ($0 as? ConnectorError)?.code == .corrupt
        }
    }
}
