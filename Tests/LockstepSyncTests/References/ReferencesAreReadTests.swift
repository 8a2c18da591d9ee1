import ConnectorKit
import LockstepModel
import LockstepTesting
import Testing

/// Fields of referred records, read as fields of the records that refer to them.
@Suite(.serialized)
struct ReferencesAreReadTests {
    typealias Kind = ReferenceStore.Kind

    private func filled(_ kind: Kind) async throws -> ReferenceStore {
        let store = try await ReferenceStore(kind)
        try store.run(
            .insert("countries", ["id": .int64(7), "code": .text("DE")]),
            .insert("currencies", ["id": .int64(1), "code": .text("EUR"), "country_id": .int64(7)]),
            .insert("currencies", ["id": .int64(2), "code": .text("USD"), "country_id": .null]),
            .insert("currencies", ["id": .int64(3), "code": .text("ABC"), "country_id": .int64(99)]),
            .insert("groups", ["company": .text("A"), "number": .text("1"), "title": .text("large")]),
            .insert("groups", ["company": .text("B"), "number": .text("1"), "title": .text("small")]))
        func customer(_ id: Int64, _ currency: Int64?, _ company: String, _ group: String?) -> ReferenceStore.Statement
        {
            .insert(
                "customers",
                [
                    "id": .int64(id), "account": .text("C\(id)"),
                    "currency_id": currency.map { .int64($0) } ?? .null, "company": .text(company),
                    "group_no": group.map { .text($0) } ?? .null,
                ])
        }
        try store.run(
            customer(1, 1, "A", "1"), customer(2, 2, "B", "1"), customer(3, nil, "A", nil), customer(4, 42, "B", "9"),
            customer(5, 3, "A", nil))
        return store
    }

    static let fields = ["currency.code", "id", "currency.country.code", "group.title", "company"]

    private func expected(_ rows: [[Value]]) {
        #expect(rows.count == 5)
        guard rows.count == 5 else { return }
        #expect(rows[0] == [.text("EUR"), .int64(1), .text("DE"), .text("large"), .text("A")])
        #expect(rows[1] == [.text("USD"), .int64(2), .null, .text("small"), .text("B")])
        #expect(rows[2] == [.null, .int64(3), .null, .null, .text("A")])
        for column in [0, 2, 3] {
            guard case .invalid(let reason) = rows[3][column] else {
                Issue.record("a reference to nothing is \(rows[3][column])")
                continue
            }
            #expect(!reason.contains("42") && !reason.contains("9"))
        }
        #expect(rows[4][0] == .text("ABC"))
        if case .invalid = rows[4][2] {} else { Issue.record("the second step leads to \(rows[4][2])") }
    }

    @Test(arguments: Kind.allCases)
    func pathsAreFollowedWhereverFieldsAreRead(_ kind: Kind) async throws {
        let store = try await filled(kind)
        expected(
            try await ReferenceStore.rows(
                try await store.connector.query(
                    QueryRequest(entity: "customers", fields: Self.fields, orderBy: ["id"]))))
        let snapshot = try await store.connector.snapshot(SnapshotRequest(purpose: .read))
        expected(
            try await ReferenceStore.rows(
                try await snapshot.read(
                    ReadRequest(
                        entity: "customers", fields: Self.fields, order: .byKey(["id"]),
                        limits: BatchLimits(rows: 2, bytes: 1 << 20)))))
        await snapshot.close()
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func aSnapshotFollowsPathsAtItsOwnPointInTime(_ kind: Kind) async throws {
        let store = try await filled(kind)
        let snapshot = try await store.connector.snapshot(SnapshotRequest(purpose: .read))
        try store.run(.update("currencies", key: ["id": .int64(1)], set: ["code": .text("NEW")]))
        let rows = try await ReferenceStore.rows(
            try await snapshot.read(ReadRequest(entity: "customers", fields: ["currency.code", "id"])))
        #expect(rows.contains([.text("EUR"), .int64(1)]))
        await snapshot.close()
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func recordsAreOrderedAndLimitedByPaths(_ kind: Kind) async throws {
        let store = try await filled(kind)
        try store.run(.delete("customers", key: ["id": .int64(4)]))
        let request = QueryRequest(entity: "customers", fields: ["id"], orderBy: ["currency.code", "id"], limit: 3)
        let limited = try await ReferenceStore.rows(try await store.connector.query(request))
        #expect(limited == [[.int64(3)], [.int64(5)], [.int64(1)]])
        let snapshot = try await store.connector.snapshot(SnapshotRequest(purpose: .read))
        let rows = try await ReferenceStore.rows(
            try await snapshot.read(
                ReadRequest(
                    entity: "customers", fields: ["group.title", "id"], order: .byKey(["group.title", "id"]),
                    limits: BatchLimits(rows: 1, bytes: 1 << 20))))
        #expect(rows.map { $0[1] } == [.int64(3), .int64(5), .int64(1), .int64(2)])
        await snapshot.close()
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func recordsAreFoundByKeysThatArePaths(_ kind: Kind) async throws {
        let store = try await filled(kind)
        var keys = RowBatch(columnCount: 2)
        keys.appendRow([.text("USD"), .text("B")])
        keys.appendRow([.text("EUR"), .text("B")])
        keys.appendRow([.text("none"), .text("A")])
        let rows = try await ReferenceStore.rows(
            try await store.connector.query(
                QueryRequest(
                    entity: "customers", fields: ["currency.code", "id"],
                    keys: KeySelection(fields: ["currency.code", "company"], rows: keys))))
        #expect(rows == [[.text("USD"), .int64(2)]])
        await store.close()
    }

    @Test func aBatchAsksOnceForEachStep() async throws {
        let store = try await filled(.memory)
        let plan = FaultPlan()
        let connector = ReferencingConnector(FaultyConnector(store.base, plan: plan), paths: ReferenceStore.paths)
        let snapshot = try await connector.snapshot(SnapshotRequest(purpose: .read))
        _ = try await ReferenceStore.rows(
            try await snapshot.read(
                ReadRequest(
                    entity: "customers", fields: ["currency.code", "currency.country.code"],
                    limits: BatchLimits(rows: 5, bytes: 1 << 20))))
        #expect(plan.calls(of: .read) == 3)
        await snapshot.close()
        let plain = try await connector.snapshot(SnapshotRequest(purpose: .read))
        _ = try await ReferenceStore.rows(try await plain.read(ReadRequest(entity: "currencies", fields: ["id"])))
        #expect(plan.calls(of: .read) == 4)
    }
}
