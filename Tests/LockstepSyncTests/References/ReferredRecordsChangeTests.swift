import ConnectorKit
import LockstepModel
import LockstepTesting
import Testing

/// Changes of records, and what a change of a referred record makes of those that refer to it.
@Suite(.serialized)
struct ReferredRecordsChangeTests {
    typealias Kind = ReferenceStore.Kind

    /// What a reader told, with each row's images.
    struct Told {
        var rows: [(operation: LockstepModel.Operation, before: [Value], after: [Value])] = []
        var positions: [Position] = []
        var entities: Set<String> = []
        var largestChunk = 0
        var transactions = 0
        var quiet = Position.start

        /// The rows of one record, told apart by its id in the first field.
        func of(_ id: Int64) -> [(operation: LockstepModel.Operation, before: [Value], after: [Value])] {
            rows.filter { $0.before[0] == .int64(id) || $0.after[0] == .int64(id) }
        }
    }

    static let fields = ["id", "name", "currency.code", "currency.country.code"]

    private func filled(_ kind: Kind, customers: Int64 = 3) async throws -> (ReferenceStore, Position) {
        let store = try await ReferenceStore(kind)
        try store.run(
            .insert("countries", ["id": .int64(7), "code": .text("DE")]),
            .insert("currencies", ["id": .int64(1), "code": .text("EUR"), "country_id": .int64(7)]),
            .insert("currencies", ["id": .int64(2), "code": .text("USD"), "country_id": .null]))
        try store.run(
            (1...customers).map { id in
                .insert(
                    "customers",
                    ["id": .int64(id), "name": .text("n\(id)"), "currency_id": .int64(id % 2 == 1 ? 1 : 2)])
            })
        try await store.connector.installCapture(CaptureRequest(entities: ["customers"]))
        let snapshot = try await store.connector.snapshot(SnapshotRequest(purpose: .follow))
        await snapshot.close()
        return (store, snapshot.position)
    }

    private func changes(
        _ store: ReferenceStore, after position: Position, upTo end: Position? = nil,
        fields: [String] = Self.fields, limits: BatchLimits = .load
    ) async throws -> Told {
        let reader = try await store.connector.changes(
            ChangesRequest(entities: ["customers": fields], after: position, upTo: end, limits: limits))
        var told = Told()
        while let chunk = try await reader.next() {
            told.largestChunk = max(told.largestChunk, chunk.changeCount)
            told.transactions += chunk.transactionCount
            for part in chunk.entities {
                told.entities.insert(part.entity)
                let width = part.fields.count
                for row in 0..<part.rows.rowCount {
                    let values = part.rows.values(row: row)
                    let (before, after) = (Array(values[..<width]), Array(values[width...]))
                    told.rows.append((part.operations[row], before, after))
                }
            }
            if let position = chunk.position { told.positions.append(position) }
        }
        told.quiet = await reader.quietPosition
        await reader.close()
        return told
    }

    @Test(arguments: Kind.allCases)
    func aRenamedRecordChangesAllThatReferToIt(_ kind: Kind) async throws {
        let (store, start) = try await filled(kind)
        try store.run(.update("currencies", key: ["id": .int64(1)], set: ["code": .text("NEW")]))
        let told = try await changes(store, after: start)
        #expect(told.entities == ["customers"])
        #expect(told.rows.count == 2 && told.of(2).isEmpty)
        for id in [1, 3] as [Int64] {
            let row = try #require(told.of(id).first)
            #expect(row.operation == .update)
            #expect(row.before == [.int64(id), .text("n\(id)"), .text("EUR"), .text("DE")])
            #expect(row.after == [.int64(id), .text("n\(id)"), .text("NEW"), .text("DE")])
        }
        #expect(told.positions.count == 1 && told.transactions == 1)
        let rest = try await changes(store, after: try #require(told.positions.last))
        #expect(rest.rows.isEmpty)
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func aChangeTwoStepsAwayArrives(_ kind: Kind) async throws {
        let (store, start) = try await filled(kind)
        try store.run(.insert("countries", ["id": .int64(8), "code": .text("FR")]))
        try store.run(
            .update("countries", key: ["id": .int64(7)], set: ["code": .text("XX")]),
            .update("currencies", key: ["id": .int64(2)], set: ["country_id": .int64(8)]))
        let told = try await changes(store, after: start)
        #expect(told.of(1).map { $0.before[3] } == [.text("DE")])
        #expect(told.of(1).map { $0.after[3] } == [.text("XX")])
        #expect(told.of(2).map { $0.before[3] } == [.null])
        #expect(told.of(2).map { $0.after[3] } == [.text("FR")])
        #expect(told.rows.count == 3)
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func aRecordThatChangesBesideItsReferredOneLosesNothing(_ kind: Kind) async throws {
        let (store, start) = try await filled(kind)
        try store.run(
            .update("currencies", key: ["id": .int64(1)], set: ["code": .text("NEW")]),
            .update("customers", key: ["id": .int64(1)], set: ["name": .text("changed")]),
            .update("customers", key: ["id": .int64(3)], set: ["currency_id": .int64(2)]),
            .insert("customers", ["id": .int64(4), "name": .text("n4"), "currency_id": .int64(1)]),
            .delete("customers", key: ["id": .int64(2)]))
        let told = try await changes(store, after: start)
        let first = told.of(1)
        #expect(first.first?.before == [.int64(1), .text("n1"), .text("EUR"), .text("DE")])
        #expect(first.last?.after == [.int64(1), .text("changed"), .text("NEW"), .text("DE")])
        let moved = told.of(3)
        #expect(moved.first?.before[2] == .text("EUR") && moved.last?.after[2] == .text("USD"))
        let inserted = told.of(4)
        #expect(inserted.first?.operation == .insert && inserted.last?.after[2] == .text("NEW"))
        #expect(told.of(2).map(\.operation) == [.delete])
        #expect(told.of(2).first?.before[2] == .text("USD"))
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func aReferenceThatMovesAwayBeforeItsRecordIsDeletedKeepsItsImageBefore(_ kind: Kind) async throws {
        let (store, start) = try await filled(kind)
        try store.run(
            .update("customers", key: ["id": .int64(1)], set: ["currency_id": .int64(2)]),
            .delete("currencies", key: ["id": .int64(1)]))
        let told = try await changes(store, after: start)
        #expect(told.rows.count == 1)
        #expect(told.of(1).first?.before[2] == .text("EUR") && told.of(1).first?.after[2] == .text("USD"))
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func manyReferringRecordsComeInBoundedChunksOfOneTransaction(_ kind: Kind) async throws {
        let (store, start) = try await filled(kind, customers: 101)
        try store.run(
            .update("currencies", key: ["id": .int64(1)], set: ["code": .text("NEW")]),
            .update("currencies", key: ["id": .int64(2)], set: ["code": .text("OLD")]))
        let told = try await changes(store, after: start, limits: BatchLimits(rows: 10, bytes: 1 << 20))
        #expect(told.rows.count == 101 && told.largestChunk <= 10)
        #expect(told.positions.count == 1 && told.transactions == 1)
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func largeTransactionsWithARenameInTheMiddleComeWhole(_ kind: Kind) async throws {
        let (store, start) = try await filled(kind)
        var statements = (10..<40).map { id -> ReferenceStore.Statement in
            .insert("customers", ["id": .int64(id), "name": .text("n"), "currency_id": .int64(1)])
        }
        statements.insert(.update("currencies", key: ["id": .int64(1)], set: ["code": .text("NEW")]), at: 20)
        try store.run(statements)
        try store.run(.update("customers", key: ["id": .int64(2)], set: ["name": .text("later")]))
        let told = try await changes(store, after: start, limits: BatchLimits(rows: 8, bytes: 1 << 20))
        #expect(told.positions.count <= 2 && told.largestChunk <= 8)
        for id in [1, 3] + Array(10..<40) as [Int64] {
            #expect(told.of(id).last?.after[2] == .text("NEW"))
        }
        #expect(told.of(2).last?.after[1] == .text("later"))
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func whatComesAfterTheEndIsNotToldEarly(_ kind: Kind) async throws {
        let (store, start) = try await filled(kind)
        try store.run(.update("currencies", key: ["id": .int64(1)], set: ["code": .text("NEW")]))
        let snapshot = try await store.connector.snapshot(SnapshotRequest(purpose: .follow))
        let end = snapshot.position
        await snapshot.close()
        try store.run(
            .insert("customers", ["id": .int64(5), "name": .text("n5"), "currency_id": .int64(1)]),
            .update("customers", key: ["id": .int64(1)], set: ["name": .text("later")]))
        try store.run(
            .update("customers", key: ["id": .int64(1)], set: ["name": .text("last"), "currency_id": .int64(2)]),
            .delete("customers", key: ["id": .int64(3)]))
        let told = try await changes(store, after: start, upTo: end)
        #expect(told.of(5).isEmpty)
        #expect(told.of(1).count == 1 && told.of(3).count == 1)
        #expect(told.of(1).first?.after == [.int64(1), .text("n1"), .text("NEW"), .text("DE")])
        #expect(told.of(3).first?.after == [.int64(3), .text("n3"), .text("NEW"), .text("DE")])
        #expect(told.positions.allSatisfy { $0 <= end } && told.quiet <= end)
        let rest = try await changes(store, after: try #require(told.positions.last))
        #expect(rest.of(5).first?.operation == .insert && rest.of(3).last?.operation == .delete)
        #expect(rest.of(1).first?.before[2] == .text("NEW") && rest.of(1).last?.after[1] == .text("last"))
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func changesOfReferredRecordsThatConcernNobodyAreSilent(_ kind: Kind) async throws {
        let (store, start) = try await filled(kind)
        try store.run(
            .insert("currencies", ["id": .int64(3), "code": .text("GBP")]),
            .insert("countries", ["id": .int64(9), "code": .text("UK")]))
        try store.run(.update("currencies", key: ["id": .int64(3)], set: ["code": .text("XXX")]))
        let told = try await changes(store, after: start)
        #expect(told.rows.isEmpty && told.entities.isEmpty)
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func aReaderGoesOnAfterItsAddedChanges(_ kind: Kind) async throws {
        let (store, start) = try await filled(kind)
        let reader = try await store.connector.changes(
            ChangesRequest(entities: ["customers": ["id", "currency.code"]], after: start))
        #expect(try await reader.next() == nil)
        for name in ["ONE", "TWO"] {
            try store.run(.update("currencies", key: ["id": .int64(1)], set: ["code": .text(name)]))
            var after: Set<Value> = []
            while let chunk = try await reader.next() {
                for part in chunk.entities {
                    for row in 0..<part.rows.rowCount { after.insert(part.rows.value(row, 3)) }
                }
            }
            #expect(after == [.text(name)])
        }
        await reader.close()
        await store.close()
    }
}
