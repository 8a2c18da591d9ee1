import ConnectorKit
import LockstepModel
import SQLiteAccess
import SQLiteConnector
import Testing

@Suite(.serialized) struct TypesTests {
    private static let columns: [(String, String, ValueType)] = [
        ("flag", "BOOLEAN", .bool), ("n", "BIGINT", .int64), ("f", "DOUBLE", .float64),
        ("d", "DECIMAL(12,2)", .decimal),
        ("exact", "DECIMAL_TEXT", .decimal), ("s", "VARCHAR(3)", .text), ("plain", "", .text), ("b", "BLOB", .bytes),
        ("day", "DATE", .date), ("clock", "TIME", .time), ("ts", "DATETIME", .timestamp),
        ("at", "TIMESTAMPTZ", .instant), ("u", "UUID", .uuid), ("ub", "UUID_BLOB", .uuid), ("j", "JSON", .json),
    ]
    private static let schema =
        "CREATE TABLE t(id INTEGER PRIMARY KEY, "
        + columns.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + ")"

    @Test func declaredTypesAreDescribed() async throws {
        let store = try StoreInAFolder(Self.schema)
        let entity = try #require(try await store.connector.describe(DescribeRequest()).entity("t"))
        #expect(entity.fields.dropFirst().map(\.type) == Self.columns.map(\.2))
        #expect(entity.keys == [KeyDescription(name: "PRIMARY KEY", fields: ["id"], isPrimary: true)])
        #expect(entity.field("d")?.exactDigits == 15)
        #expect(entity.field("exact")?.exactDigits == nil)
        #expect(entity.field("f")?.holdsNaN == false)
        #expect(entity.field("s")?.maximumLength == nil)
    }

    private static let extremes: [(String, [Value])] = [
        ("flag", [.bool(false), .bool(true), .null]),
        ("n", [.int64(.min), .int64(.max), .int64(0)]),
        (
            "f",
            [
                .float64(.infinity), .float64(-.infinity), .float64(Double.leastNonzeroMagnitude),
                .float64(1.7976931348623157e308),
                .float64(0.1),
            ]
        ),
        ("d", [.decimal("0.01"), .decimal("9223372036854775807"), .decimal("-123456789012.345"), .decimal("7")]),
        (
            "exact",
            [.decimal("123456789012345678901234567890.12345678901234567890"), .decimal("1.50"), .decimal("NaN")]
        ),
        ("s", [.text(""), .text("a\u{0}b"), .text("longer than three 🦊"), .text("12e3"), .text("007")]),
        ("plain", [.text("1"), .text(""), .text("x")]),
        ("b", [.bytes([]), .bytes([0, 255, 0])]),
        ("day", [.date(ISOText.firstDay), .date(ISOText.lastDay), .date(0)]),
        ("clock", [.time(0), .time(86_399_999_999), .time(86_400_000_000)]),
        ("ts", [.timestamp(-1), .timestamp(1), .timestamp(ISOText.firstDay * ISOText.microsecondsPerDay)]),
        ("at", [.instant(-1), .instant(1_700_000_000_123_450)]),
        ("u", [.uuid([UInt8](repeating: 0xAB, count: 16))]),
        ("ub", [.uuid([UInt8](0..<16))]),
        ("j", [.json("{\"a\": [1, null]}"), .json("12"), .json("1.5"), .json("\"é\"")]),
    ]

    @Test(arguments: extremes.indices)
    func valuesSurviveWritingReadingAndCapture(_ index: Int) async throws {
        let (field, values) = Self.extremes[index]
        let store = try StoreInAFolder(Self.schema)
        try await store.connector.installCapture(CaptureRequest(entities: ["t"]))
        let result = try await store.apply(
            writeBatch(
                "t", ["id", field],
                values.enumerated().map { change(.insert, nil, [.int64(Int64($0)), $1]) }))
        #expect(result.exceptions.isEmpty)
        #expect(try await store.rows("t", [field], order: .byKey(["id"])).map { $0[0] } == values)
        // The same again finds nothing to do: what was written reads back as equal.
        let again = try await store.apply(
            writeBatch(
                "t", ["id", field],
                values.enumerated().map { change(.insert, nil, [.int64(Int64($0)), $1]) }))
        #expect(again.exceptions.isEmpty && again.changedCount == 0)
        try store.application.execute("DELETE FROM t")
        let reader = try await store.connector.changes(ChangesRequest(entities: ["t": [field]], after: .start))
        let chunk = try #require(try await reader.next())
        #expect((0..<values.count).map { chunk.entities[0].rows.value($0, 0) } == values)
        await reader.close()
    }

    @Test func whatTheTypeDoesNotExplainIsInvalidAndHoldsNoValue() async throws {
        let store = try StoreInAFolder(Self.schema)
        try store.application.execute(
            """
            INSERT INTO t(id, n, flag, day, ts, u, b, s, d) VALUES
            (1, 1.5, 7, 'soon', '2024-01-01 10:00:00Z', 'no', 'text', CAST(x'FF' AS TEXT), 'many')
            """)
        let row = try await store.rows("t", ["n", "flag", "day", "ts", "u", "b", "s", "d"])[0]
        #expect(
            row == [
                .invalid("int64 field holds REAL"), .invalid("bool field holds INTEGER"),
                .invalid("date field holds TEXT that is no date"),
                .invalid("timestamp field holds TEXT that is no timestamp"),
                .invalid("uuid field holds TEXT that is no uuid"), .invalid("bytes field holds TEXT that is no bytes"),
                .invalid("text field holds TEXT that is not UTF-8"),
                .invalid("decimal field holds TEXT that is no decimal"),
            ])
    }

    @Test func otherSpellingsAreUnderstood() async throws {
        let store = try StoreInAFolder(Self.schema)
        try store.application.execute(
            """
            INSERT INTO t(id, flag, ts, at, u, d) VALUES
            (1, 'TRUE', '1970-01-01T00:00:01', '1970-01-01 02:00:00+02:00', '{ABABABAB-ABAB-ABAB-ABAB-ABABABABABAB}', 0.1),
            (2, 0, '1970-01-01', '1970-01-01 00:00:00', x'ABABABABABABABABABABABABABABABAB', '12')
            """)
        let uuid = Value.uuid([UInt8](repeating: 0xAB, count: 16))
        #expect(
            try await store.rows("t", ["flag", "ts", "at", "u", "d"]) == [
                [.bool(true), .timestamp(1_000_000), .instant(0), uuid, .decimal("0.1")],
                [.bool(false), .timestamp(0), .instant(0), uuid, .decimal("12")],
            ])
    }

    @Test func keyOrderIsTheOrderOfTheKeyEncoder() async throws {
        let store = try StoreInAFolder(Self.schema)
        try store.application.execute(
            """
            INSERT INTO t(id, s, at, ts, exact, plain, n) VALUES
            (1, 'b', '2024-01-01 00:00:00Z', '2024-01-01T00:00:00.5', '10', 10, -5),
            (2, 'B', '2024-01-01 00:00:00.5Z', '2024-01-01 00:00:00.25', '9.5', 'a', 3),
            (3, 'é', '2024-01-01 01:00:00+02:00', '2024-01-01 00:00:00', '-1', '9', NULL)
            """)
        for field in ["s", "at", "ts", "exact", "plain", "n"] {
            let snapshot = try await store.connector.snapshot(SnapshotRequest(purpose: .read))
            let reader = try await snapshot.read(
                ReadRequest(entity: "t", fields: [field], order: .byKey([field])))
            let batch = try #require(try await reader.next())
            let keys = (0..<batch.rowCount).map { KeyEncoder.encode(batch, row: $0, columns: [0]) }
            #expect(zip(keys, keys.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) }, "\(field)")
            await snapshot.close()
        }
    }

    @Test func aSnapshotShowsOnePointInTimeAndItsPositionLeavesNoGap() async throws {
        let store = try StoreInAFolder("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
        try await store.connector.installCapture(CaptureRequest(entities: ["t"]))
        try store.application.execute("INSERT INTO t VALUES (2)")
        let snapshot = try await store.connector.snapshot(SnapshotRequest(purpose: .follow))
        try store.application.execute("INSERT INTO t VALUES (3)")
        let request = ReadRequest(entity: "t", fields: ["id"], limits: BatchLimits(rows: 1, bytes: 1 << 20))
        let first = try await snapshot.read(request)
        let second = try await snapshot.read(request)
        #expect(try await first.next()?.values(row: 0) == [.int64(1)])
        #expect(try await StoreInAFolder.all(second) == [[.int64(1)], [.int64(2)]])
        #expect(try await StoreInAFolder.all(first) == [[.int64(2)]])
        await snapshot.close()
        #expect(try await store.changes(["t": ["id"]], after: snapshot.position) == ["insert t: null -> 3"])
    }

    @Test func queriesFilterByPredicateAndKeys() async throws {
        let store = try StoreInAFolder(
            "CREATE TABLE t(a INT, b TEXT, n INT, PRIMARY KEY(a,b)); INSERT INTO t VALUES (1,'x',1),(1,'y',2),(2,'x',3)"
        )
        var keys = RowBatch(columnCount: 2)
        keys.appendRow([.text("x"), .int64(2)])
        keys.appendRow([.text("y"), .int64(1)])
        keys.appendRow([.text("y"), .int64(1)])
        let byKey = try await store.connector.query(
            QueryRequest(
                entity: "t", fields: ["n"], keys: KeySelection(fields: ["b", "a"], rows: keys), orderBy: ["n"]))
        #expect(try await StoreInAFolder.all(byKey) == [[.int64(2)], [.int64(3)]])
        let predicate = Predicate(text: "n >= ?1 AND b = ?2", bindings: [.int64(1), .text("x")])
        let filtered = try await store.connector.query(
            QueryRequest(entity: "t", fields: ["a"], predicate: predicate, orderBy: ["a"], limit: 1))
        #expect(try await StoreInAFolder.all(filtered) == [[.int64(1)]])
        #expect(try await store.connector.count(CountRequest(entity: "t", predicate: predicate)) == 2)
    }

    @Test func keysThatIgnoreCaseAreNoKeysAndAreReported() async throws {
        let store = try StoreInAFolder("CREATE TABLE t(id TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID")
        #expect(try await store.connector.describe(DescribeRequest()).entity("t")?.keys == [])
        let request = AccessRequest(entities: ["t", "none"], purposes: [.read])
        #expect(
            try await store.connector.checkAccess(request).map(\.code)
                == ["LS-STORE-KEY-COLLATION", "LS-STORE-ENTITY-MISSING"])
    }

    @Test func uniqueIndexesThatDoNotTellAllRecordsApartAreNoKeys() async throws {
        let store = try StoreInAFolder(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT, name TEXT, mail TEXT, sound TEXT UNIQUE);
            CREATE UNIQUE INDEX some ON t(code) WHERE code > '';
            CREATE UNIQUE INDEX cases ON t(name COLLATE NOCASE);
            CREATE UNIQUE INDEX computed ON t(lower(mail));
            """)
        let entity = try #require(try await store.connector.describe(DescribeRequest()).entity("t"))
        #expect(entity.hasKey(["id"]) && entity.hasKey(["sound"]))
        for field in ["code", "name", "mail"] { #expect(!entity.hasKey([field]), "\(field)") }
    }
}
