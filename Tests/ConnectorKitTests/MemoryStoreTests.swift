import ConnectorKit
import LockstepModel
import LockstepTesting
import Testing

/// The rules that a store in memory keeps: what a real database does, so that what is tested on it holds there.
@Suite struct MemoryStoreTests {
    private static let customers = MemoryEntity(
        EntityDescription(
            name: "customers",
            fields: [
                FieldDescription(name: "id", type: .int64, nativeType: "serial", isNullable: false),
                FieldDescription(
                    name: "account", type: .text, nativeType: "varchar(8)", isNullable: false, maximumLength: 8),
                FieldDescription(
                    name: "limit", type: .decimal, nativeType: "numeric(8,2)", precision: 8, scale: 2),
                FieldDescription(name: "rank", type: .text, nativeType: "text"),
            ],
            keys: [
                KeyDescription(name: "pk", fields: ["id"], isPrimary: true),
                KeyDescription(name: "account", fields: ["account"], isPrimary: false),
            ]),
        defaults: ["id": .counter, "rank": .value(.text("new"))],
        checks: [.init(name: "rank_known") { $0["rank"] != .text("bad") }])

    private static func orders(_ action: MemoryEntity.DeleteAction = .refuse) -> MemoryEntity {
        MemoryEntity(
            EntityDescription(
                name: "orders",
                fields: [
                    FieldDescription(name: "number", type: .int64, nativeType: "bigint", isNullable: false),
                    FieldDescription(name: "account", type: .text, nativeType: "text"),
                ],
                keys: [KeyDescription(name: "pk", fields: ["number"], isPrimary: true)],
                references: [
                    ReferenceDescription(
                        fields: ["account"], targetEntity: "customers", targetFields: ["account"], hasAction: false)
                ]),
            deleteActions: [0: action])
    }

    private static let fields = ["account", "limit", "rank"]

    private func insert(_ connector: MemoryConnector, _ row: [Value]) async throws -> WriteResult {
        let session = try await connector.write(WriteSessionRequest(lane: "lane"))
        var rows = RowBatch(columnCount: 6)
        rows.appendRow([.null, .null, .null] + row)
        let result = try await session.apply(
            WriteBatch(
                entity: "customers", fields: Self.fields, key: [0], operations: [.insert], rows: rows,
                readFields: Self.fields))
        try await session.commit(nil)
        await session.close()
        return result
    }

    private func seen(_ connector: MemoryConnector, after position: Position) async throws -> [[Value]] {
        let reader = try await connector.changes(
            ChangesRequest(entities: ["customers": Self.fields], after: position))
        var rows: [[Value]] = []
        while let chunk = try await reader.next() {
            for part in chunk.entities { rows += (0..<part.rows.rowCount).map { part.rows.values(row: $0) } }
        }
        return rows
    }

    private func captured(_ triggers: [MemoryTrigger] = []) async throws -> (MemoryStore, MemoryConnector) {
        let store = MemoryStore(entities: [Self.customers, Self.orders()], triggers: triggers)
        let connector = MemoryConnector(store)
        try await connector.installCapture(CaptureRequest(entities: ["customers"]))
        return (store, connector)
    }

    @Test func whatADefaultFilledComesBackAsAChange() async throws {
        let (_, connector) = try await captured()
        _ = try await insert(connector, [.text("a"), .decimal("1"), .unchanged])
        #expect(
            try await seen(connector, after: .start) == [
                [.text("a"), .decimal("1"), .null, .text("a"), .decimal("1"), .text("new")]
            ])
    }

    @Test func aSurrogateKeyThatNobodyAsksForDoesNotComeBack() async throws {
        let (store, connector) = try await captured()
        _ = try await insert(connector, [.text("a"), .decimal("1"), .text("x")])
        #expect(store.records("customers").first?["id"] == .int64(1))
        #expect(try await seen(connector, after: .start).isEmpty)
    }

    @Test func whatAFieldRoundsDoesNotComeBackAndAgrees() async throws {
        let (store, connector) = try await captured()
        _ = try await insert(connector, [.text("a"), .decimal("1.995"), .text("x")])
        #expect(store.records("customers").first?["limit"] == .decimal("2"))
        #expect(try await seen(connector, after: .start).isEmpty)
        let again = try await insert(connector, [.text("a"), .decimal("1.995"), .text("x")])
        #expect(again.exceptions.isEmpty)
        #expect(again.changedCount == 0)
    }

    @Test func whatTriggersDoComesBackThoughTheEngineSetThemOff() async throws {
        let upper = MemoryTrigger("upper", on: "customers", .before, [.insert]) { scope in
            scope.new?["rank"] = .text("forced")
        }
        let twin = MemoryTrigger("twin", on: "customers", .after, [.insert]) { scope in
            guard scope.new?["account"] == .text("a") else { return }
            scope.followUps.append(.insert("customers", ["account": .text("twin"), "rank": .text("t")]))
        }
        let (_, connector) = try await captured([upper, twin])
        _ = try await insert(connector, [.text("a"), .null, .text("x")])
        #expect(
            try await seen(connector, after: .start) == [
                [.text("a"), .null, .text("x"), .text("a"), .null, .text("forced")],
                [.null, .null, .null, .text("twin"), .null, .text("forced")],
            ])
    }

    @Test func eachRuleRefusesWithItsCause() throws {
        let store = MemoryStore(entities: [Self.customers, Self.orders()])
        try store.transaction { transaction in
            try transaction.insert("customers", ["account": .text("a")])
            try transaction.insert("orders", ["number": .int64(1), "account": .text("a")])
        }
        let refused: [(Rejection.Cause, MemoryStatement)] = [
            (.uniqueKey, .insert("customers", ["account": .text("a")])),
            (.notNull, .insert("customers", [:])),
            (.check, .insert("customers", ["account": .text("b"), "rank": .text("bad")])),
            (.outOfRange, .insert("customers", ["account": .text("much too long")])),
            (.outOfRange, .insert("customers", ["account": .text("b"), "limit": .decimal("1234567.5")])),
            (.wrongType, .insert("customers", ["account": .int64(1)])),
            (.reference, .insert("orders", ["number": .int64(2), "account": .text("nobody")])),
            (.reference, .delete("customers", key: ["account": .text("a")])),
            (.reference, .update("customers", key: ["account": .text("a")], set: ["account": .text("z")])),
            (.reference, .truncate("customers")),
        ]
        let before = store.fingerprint
        for (cause, statement) in refused {
            do {
                try store.run([.insert("customers", ["account": .text("half")]), statement])
                Issue.record("not refused: \(statement)")
            } catch let refusal as MemoryRefusal {
                #expect(refusal.rejection.cause == cause)
            }
        }
        #expect(store.fingerprint == before)
    }

    @Test func deleteActionsAreTheStoresOwnChanges() async throws {
        for (action, left) in [(MemoryEntity.DeleteAction.cascade, 0), (.setNull, 1)] {
            let store = MemoryStore(entities: [Self.customers, Self.orders(action)])
            try store.run([
                .insert("customers", ["account": .text("a")]),
                .insert("orders", ["number": .int64(1), "account": .text("a")]),
            ])
            try store.run([.delete("customers", key: ["account": .text("a")])])
            #expect(store.records("orders").count == left)
            #expect(store.history.last?.changes.contains { $0.entity == "orders" && $0.maker == .store } == true)
        }
    }

    @Test func aCrashKeepsWhatIsCommittedAndEndsWhatIsOpen() async throws {
        let (store, connector) = try await captured()
        _ = try await insert(connector, [.text("kept"), .null, .null])
        let snapshot = try await connector.snapshot(SnapshotRequest(purpose: .follow))
        let reader = try await connector.changes(
            ChangesRequest(entities: ["customers": Self.fields], after: snapshot.position))
        let session = try await connector.write(WriteSessionRequest(lane: "lane"))
        try await session.mark()
        store.crash()
        await #expect(throws: ConnectorError.self) { _ = try await reader.next() }
        await #expect(throws: ConnectorError.self) { try await session.commit(Position(order: 9)) }
        await #expect(throws: ConnectorError.self) {
            _ = try await snapshot.read(ReadRequest(entity: "customers", fields: Self.fields))
        }
        await session.close()
        #expect(store.records("customers").map { $0["account"] } == [.text("kept")])
        #expect(try await connector.checkpoints().isEmpty)
        #expect(try await connector.count(CountRequest(entity: "customers")) == 1)
        store.stop()
        await #expect(throws: ConnectorError.self) { _ = try await connector.checkpoints() }
        store.start()
        #expect(try await connector.checkpoints().isEmpty)
    }

    @Test func aUserOvertakesAnOpenTransactionOnTheSameRecordOnly() async throws {
        for (account, survives) in [("mine", false), ("other", true)] {
            let (store, connector) = try await captured()
            let session = try await connector.write(WriteSessionRequest(lane: "lane"))
            var rows = RowBatch(columnCount: 6)
            rows.appendRow([.null, .null, .null, .text("mine"), .null, .text("engine")])
            _ = try await session.apply(
                WriteBatch(
                    entity: "customers", fields: Self.fields, key: [0], operations: [.insert], rows: rows,
                    readFields: Self.fields))
            try store.run([.insert("customers", ["account": .text(account), "rank": .text("user")])])
            if survives {
                try await session.commit(Position(order: 3))
                #expect(store.records("customers").count == 2)
            } else {
                await #expect(throws: ConnectorError.self) { try await session.commit(Position(order: 3)) }
                #expect(try await connector.checkpoints().isEmpty)
                #expect(store.records("customers").map { $0["rank"] } == [.text("user")])
            }
        }
    }

    @Test func aUserOvertakesAnOpenUpdateOfTheSameRecord() async throws {
        let (store, connector) = try await captured()
        let key: [String: Value] = ["account": .text("a")]
        try store.run([.insert("customers", key.merging(["rank": .text("0")]) { $1 })])
        let session = try await connector.write(WriteSessionRequest(lane: "lane"))
        var rows = RowBatch(columnCount: 6)
        rows.appendRow([.text("a"), .null, .text("0"), .text("a"), .null, .text("engine")])
        let batch = WriteBatch(
            entity: "customers", fields: Self.fields, key: [0], operations: [.update], rows: rows,
            readFields: Self.fields)
        _ = try await session.apply(batch)
        try store.run([.update("customers", key: key, set: ["limit": .decimal("7")])])
        await #expect(throws: ConnectorError.self) { try await session.commit(nil) }
        #expect(store.records("customers").map { $0["rank"] } == [.text("0")])
        #expect(try await session.apply(batch).exceptions.isEmpty)
        try await session.commit(nil)
        #expect(store.records("customers").map { $0["rank"] } == [.text("engine")])
        #expect(store.records("customers").map { $0["limit"] } == [.decimal("7")])
    }

    @Test func truncationIsOneChange() async throws {
        let (store, connector) = try await captured()
        try store.run((1...3).map { .insert("customers", ["account": .text("\($0)")]) })
        let position = store.position
        try store.run([.truncate("customers")])
        #expect(try await seen(connector, after: position) == [Array(repeating: .null, count: 6)])
        #expect(store.records("customers").isEmpty)
    }

    @Test func anAlteredEntityKeepsItsRecordsAndItsHistory() async throws {
        let (store, connector) = try await captured()
        try store.run([.insert("customers", ["account": .text("a"), "limit": .decimal("5")])])
        var altered = Self.customers
        altered.description.fields.removeAll { $0.name == "rank" }
        altered.checks = []
        altered.defaults["rank"] = nil
        altered.description.fields.insert(FieldDescription(name: "zone", type: .text, nativeType: "text"), at: 0)
        try store.alter(altered)
        try store.run([.insert("customers", ["account": .text("b"), "zone": .text("north")])])
        #expect(store.records("customers").map { $0["zone"] } == [.null, .text("north")])
        #expect(store.records("customers").map { $0["limit"] } == [.decimal("5"), .null])
        await #expect(throws: ConnectorError.self) { _ = try await seen(connector, after: .start) }
        let reader = try await connector.changes(
            ChangesRequest(entities: ["customers": ["account", "zone"]], after: .start))
        let part = try #require(try await reader.next()?.entities.first)
        #expect(part.rows.values(row: 0) == [.null, .null, .text("a"), .null])
        #expect(part.rows.values(row: 1) == [.null, .null, .text("b"), .text("north")])
    }
}
