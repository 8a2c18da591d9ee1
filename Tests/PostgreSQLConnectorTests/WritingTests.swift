import ConnectorKit
import LockstepModel
import LockstepTesting
import PostgreSQLConnector
import Testing

@Suite(.serialized) struct WritingTests {
    static let schema = """
        create table parents (id int primary key, parent int references parents, code text unique, n numeric,
            j jsonb, note text check (note <> 'bad'));
        """
    static let fields = ["id", "parent", "code", "n"]

    static func row(_ id: Int64, _ parent: Int64?, _ code: String?, _ n: String?) -> [Value] {
        [.int64(id), parent.map(Value.int64) ?? .null, code.map(Value.text) ?? .null, n.map(Value.decimal) ?? .null]
    }

    @Test(arguments: [false, true])
    func insertsFindWhatExistsAndWhatDiffers(isLoad: Bool) async throws {
        let scenario = try Scenario("write_insert", Self.schema)
        try scenario.execute("insert into parents values (1, null, 'a', 1.5), (2, null, 'b', 2)")
        let batch = WriteBatch(
            "parents", Self.fields, isLoad: isLoad,
            [
                (.insert, [], Self.row(1, nil, "a", "1.50")), (.insert, [], Self.row(2, nil, "b", "3")),
                (.insert, [], Self.row(3, 4, "c", nil)), (.insert, [], Self.row(4, nil, "d", nil)),
                (.insert, [], Self.row(5, nil, "a", nil)), (.insert, [], Self.row(6, 99, "f", nil)),
            ])
        let result = try await scenario.write(batch)
        #expect(result.changedCount == 2)
        #expect(result.exceptions.map(\.row) == [1, 4, 5])
        #expect(result.exceptions.first?.outcome == .exists(current: 0))
        #expect(result.current.values(row: 0) == Self.row(2, nil, "b", "2"))
        let causes = result.exceptions.compactMap { exception -> Rejection? in
            if case .rejected(let rejection) = exception.outcome { rejection } else { nil }
        }
        #expect(causes.map(\.cause) == [.uniqueKey, .reference])
        #expect(causes.first?.constraint == "parents_code_key")
        #expect(try scenario.execute("select string_agg(id::text, ',' order by id) from parents") == "1,2,3,4")
        try await scenario.end()
    }

    @Test func updatesAndDeletesCompareTheImageBefore() async throws {
        let scenario = try Scenario("write_update", Self.schema)
        try scenario.execute("insert into parents select g, null, 'c' || g, g from generate_series(1, 8) g")
        func row(_ id: Int64, _ code: String, _ n: Int) -> [Value] { Self.row(id, nil, code, "\(n)") }
        let batch = WriteBatch(
            "parents", Self.fields,
            [
                (.update, row(1, "c1", 1), row(1, "new", 1)),  // plain
                (.update, row(2, "old", 2), row(2, "new2", 2)),  // a third value
                (.update, row(3, "c3", 0), row(3, "c3", 3)),  // already so
                (.update, row(4, "c4", 99), row(4, "new4", 99)),  // another field differs: merged
                (.update, row(50, "c50", 1), row(50, "x", 1)),  // not there
                (.update, row(5, "c5", 5), row(55, "c5", 5)),  // the key changes
                (.delete, row(6, "c6", 6), []), (.delete, row(7, "c7", 0), []), (.delete, row(77, "x", 0), []),
            ])
        let result = try await scenario.write(batch)
        #expect(result.changedCount == 4)
        #expect(result.exceptions.map(\.row) == [1, 4, 7])
        guard case .differs(let updated) = result.exceptions[0].outcome,
            case .differs(let deleted) = result.exceptions[2].outcome
        else {
            Issue.record("conflicts expected")
            return
        }
        #expect(result.exceptions[1].outcome == .missing)
        #expect(result.current.values(row: updated) == row(2, "c2", 2))
        #expect(result.current.values(row: deleted) == row(7, "c7", 7))
        #expect(
            try scenario.execute("select id || code from parents order by id").split(separator: "\n")
                == ["1new", "2c2", "3c3", "4new4", "7c7", "8c8", "55c5"])
        try await scenario.end()
    }

    @Test func oneBadRecordInALargeBatchIsTheOnlyOneLeftOut() async throws {
        let scenario = try Scenario("write_bisect", Self.schema)
        var changes: [(LockstepModel.Operation, [Value], [Value])] = []
        for id in 1...3000 {
            let note: Value = id == 777 || id == 2500 ? .text("bad") : .text("good")
            changes.append((.insert, [], [.int64(Int64(id)), note]))
        }
        for isLoad in [true, false] {
            let result = try await scenario.write(WriteBatch("parents", ["id", "note"], isLoad: isLoad, changes))
            #expect(result.exceptions.map(\.row) == [776, 2499])
            #expect(result.changedCount == 2998)
            #expect("\(result.exceptions)".contains("bad") == false)
            try scenario.execute("truncate parents")
        }
        try await scenario.end()
    }

    @Test func checkpointsCommitWithTheRecordsOrNotAtAll() async throws {
        let scenario = try Scenario("write_checkpoint", Self.schema)
        let session = try await scenario.connector.write(WriteSessionRequest(lane: "a->b"))
        let batch = WriteBatch("parents", ["id"], [(.insert, [], [.int64(1)])])
        _ = try await session.apply(batch)
        await session.rollback()
        #expect(try await scenario.connector.checkpoints() == [:])
        _ = try await session.apply(batch)
        try await session.mark()
        _ = try await session.apply(WriteBatch("parents", ["id"], [(.insert, [], [.int64(2)])]))
        try await session.revert()
        _ = try await session.apply(WriteBatch("parents", ["id"], [(.insert, [], [.int64(3)])]))
        try await session.commit(Position(order: 42, token: "t"))
        try await session.commit(nil)
        await session.close()
        await session.close()
        #expect(try await scenario.connector.checkpoints() == ["a->b": Position(order: 42, token: "t")])
        #expect(try await scenario.connector.checkpoints()["a->b"]?.token == "t")
        #expect(try scenario.execute("select string_agg(id::text, ',') from parents") == "1,3")
        try await scenario.connector.forgetCheckpoints(lanes: ["a->b"])
        #expect(try await scenario.connector.checkpoints() == [:])
        try await scenario.end()
    }

    @Test func aDeferredConstraintParksItsRecordOnTheSecondTry() async throws {
        let scenario = try Scenario(
            "write_deferred",
            "create table p (id int primary key); create table c (id int primary key, p int references p "
                + "deferrable initially deferred)")
        let batch = WriteBatch(
            "c", ["id", "p"], [(.insert, [], [.int64(1), .null]), (.insert, [], [.int64(2), .int64(9)])])
        let error = await #expect(throws: ConnectorError.self) {
            try await scenario.write(batch, checkpoint: Position(order: 1))
        }
        #expect(error?.code == .busy)
        #expect(try scenario.execute("select count(*) from c") == "0")
        let result = try await scenario.write(batch, checkpoint: Position(order: 1))
        #expect(result.exceptions.map(\.row) == [1])
        #expect(try scenario.execute("select id from c") == "1")
        try await scenario.end()
    }

    @Test func typesWithoutEqualityAreComparedToo() async throws {
        let scenario = try Scenario(
            "write_types",
            "create table t (id int primary key, j json, x xml, p point, c char(5), f float8)")
        let fields = ["id", "j", "x", "p", "c", "f"]
        let before: [Value] = [
            .int64(1), .json("{\"a\":1}"), .text("<a/>"), .text("(1,2)"), .text("ab"), .float64(.nan),
        ]
        let after: [Value] = [
            .int64(1), .json("{\"a\":2}"), .text("<b/>"), .text("(3,4)"), .text("cd"), .float64(1),
        ]
        try scenario.execute("insert into t values (1, '{ \"a\": 1 }', '<a/>', '(1,2)', 'ab', 'NaN')")
        let result = try await scenario.write(WriteBatch("t", fields, [(.update, before, after)]))
        #expect(result.exceptions == [] && result.changedCount == 1)
        #expect(try await scenario.rows("t", fields) == [after])
        let deleted = try await scenario.write(WriteBatch("t", fields, [(.delete, after, [])]))
        #expect(deleted.changedCount == 1)
        try await scenario.end()
    }

    @Test func queriesByKeyAndConditionWithBoundValues() async throws {
        let scenario = try Scenario("write_query", Self.schema)
        try scenario.execute("insert into parents select g, null, chr(96 + g), g from generate_series(1, 9) g")
        var keys = RowBatch(columnCount: 1)
        for code in ["b", "d", "zz"] { keys.append(Value.text(code)) }
        let predicate = Predicate(text: "n < $1", bindings: [.decimal("4")])
        let query = QueryRequest(
            entity: "parents", fields: ["id"], predicate: predicate,
            keys: KeySelection(fields: ["code"], rows: keys), orderBy: ["code"])
        #expect(try await scenario.connector.query(query).allRows() == [[.int64(2)]])
        #expect(
            try await scenario.connector.query(
                QueryRequest(entity: "parents", fields: ["id"], orderBy: ["id"], limit: 2)
            ).allRows() == [[.int64(1)], [.int64(2)]])
        #expect(try await scenario.connector.count(CountRequest(entity: "parents", predicate: predicate)) == 3)
        try await scenario.end()
    }

    @Test func keyOrderIsThatOfTheKeyEncoder() async throws {
        let scenario = try Scenario(
            "write_order",
            "create type m as enum ('z', 'a'); create table t (id serial, k text, e m, n numeric, f float8)")
        try scenario.execute(
            """
            insert into t (k, e, n, f) values ('b', 'z', 1.5, 'NaN'), ('B', 'a', 'NaN', '-Infinity'), ('ä', null, -3, 0),
            (null, 'a', 100, 1e300), ('', 'z', null, -1e-300), ('b a', 'a', 1.45, null), ('b''', 'z', 1e20, 5)
            """)
        for field in ["k", "e", "n", "f"] {
            let snapshot = try await scenario.connector.snapshot(SnapshotRequest(purpose: .read))
            let reader = try await snapshot.read(
                ReadRequest(entity: "t", fields: [field], order: .byKey([field])))
            let batch = try #require(try await reader.next())
            let keys = (0..<batch.rowCount).map { KeyEncoder.encode(batch, row: $0, columns: [0]) }
            #expect(keys.count == 7)
            for (left, right) in zip(keys, keys.dropFirst()) {
                #expect(!right.lexicographicallyPrecedes(left), "\(field)")
            }
            await snapshot.close()
        }
        try await scenario.end()
    }
}
