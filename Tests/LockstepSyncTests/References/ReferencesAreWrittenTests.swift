import ConnectorKit
import LockstepModel
import LockstepTesting
import Testing

/// Values of referred records, written as the fields that refer.
@Suite(.serialized)
struct ReferencesAreWrittenTests {
    typealias Kind = ReferenceStore.Kind

    private func filled(_ kind: Kind) async throws -> ReferenceStore {
        let store = try await ReferenceStore(kind)
        try store.run(
            .insert("countries", ["id": .int64(7), "code": .text("DE")]),
            .insert("countries", ["id": .int64(8), "code": .text("US")]),
            .insert("currencies", ["id": .int64(1), "code": .text("EUR"), "country_id": .int64(7)]),
            .insert("currencies", ["id": .int64(2), "code": .text("USD"), "country_id": .int64(8)]),
            .insert("currencies", ["id": .int64(3), "code": .text("EUR"), "country_id": .int64(8)]),
            .insert("currencies", ["id": .int64(4), "code": .text("GBP"), "country_id": .null]),
            .insert("groups", ["company": .text("A"), "number": .text("1"), "title": .text("large")]),
            .insert("groups", ["company": .text("B"), "number": .text("2"), "title": .text("large")]),
            .insert("regions", ["id": .int64(11), "company": .text("A"), "number": .text("N")]),
            .insert("regions", ["id": .int64(12), "company": .text("B"), "number": .text("N")]))
        return store
    }

    @Test(arguments: Kind.allCases)
    func pathsOfOneRootAreLookedUpTogether(_ kind: Kind) async throws {
        let store = try await filled(kind)
        let result = try await store.write(
            ReferenceStore.batch(
                ["id", "currency.code", "currency.country.code"], key: ["id"],
                [
                    (.insert, [], [.int64(1), .text("EUR"), .text("US")]),
                    (.insert, [], [.int64(2), .text("EUR"), .text("DE")]),
                    (.insert, [], [.int64(3), .text("USD"), .text("DE")]),
                    (.insert, [], [.int64(4), .null, .text("DE")]),
                    (.insert, [], [.int64(5), .text("USD"), .text("XX")]),
                ]))
        #expect(result.constraints == [2: ReferencingConnector.unresolved, 4: ReferencingConnector.unresolved])
        #expect(result.changedCount == 3)
        let records = try await store.records(["id", "currency_id"])
        #expect(records == [[.int64(1), .int64(3)], [.int64(2), .int64(1)], [.int64(4), .null]])
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func whatSeveralRecordsHaveIsAmbiguousAndOthersGoOn(_ kind: Kind) async throws {
        let store = try await filled(kind)
        let result = try await store.write(
            ReferenceStore.batch(
                ["id", "currency.code"], key: ["id"],
                [
                    (.insert, [], [.int64(1), .text("EUR")]), (.insert, [], [.int64(2), .text("USD")]),
                    (.insert, [], [.int64(3), .text("none")]),
                ]))
        #expect(result.constraints == [0: ReferencingConnector.ambiguous, 2: ReferencingConnector.unresolved])
        for exception in result.exceptions {
            guard case .rejected(let rejection) = exception.outcome else { continue }
            #expect(rejection.cause == .reference && !rejection.message.contains("EUR"))
        }
        #expect(try await store.records(["id", "currency_id"]) == [[.int64(2), .int64(2)]])
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func compositeAndSharedReferencesStayWithinTheirRecord(_ kind: Kind) async throws {
        let store = try await filled(kind)
        let result = try await store.write(
            ReferenceStore.batch(
                ["id", "group.title", "company", "region.number"], key: ["id"],
                [
                    (.insert, [], [.int64(1), .text("large"), .text("A"), .text("N")]),
                    (.insert, [], [.int64(2), .text("large"), .text("B"), .text("N")]),
                    (.insert, [], [.int64(3), .text("large"), .text("C"), .null]),
                    (.insert, [], [.int64(4), .null, .text("C"), .null]),
                ]))
        #expect(result.constraints == [2: ReferencingConnector.unresolved])
        #expect(
            try await store.records(["id", "company", "group_no", "region_id"]) == [
                [.int64(1), .text("A"), .text("1"), .int64(11)], [.int64(2), .text("B"), .text("2"), .int64(12)],
                [.int64(4), .text("C"), .null, .null],
            ])
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func recordsOfOneBatchReferToEachOtherInAnyOrder(_ kind: Kind) async throws {
        let store = try await filled(kind)
        let result = try await store.write(
            ReferenceStore.batch(
                ["id", "account", "parent.account"], key: ["account"],
                [
                    (.insert, [], [.int64(1), .text("a"), .text("b")]),
                    (.insert, [], [.int64(2), .text("b"), .text("c")]),
                    (.insert, [], [.int64(3), .text("c"), .null]),
                    (.insert, [], [.int64(4), .text("x"), .text("y")]),
                    (.insert, [], [.int64(5), .text("y"), .text("x")]),
                ]))
        #expect(result.constraints == [3: ReferencingConnector.unresolved, 4: ReferencingConnector.unresolved])
        #expect(result.changedCount == 3)
        #expect(
            try await store.records(["id", "parent_id"]) == [
                [.int64(1), .int64(2)], [.int64(2), .int64(3)], [.int64(3), .null],
            ])
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func anUpdateLooksUpOnlyWhatItChanges(_ kind: Kind) async throws {
        let store = try await filled(kind)
        try store.run(
            .insert("customers", ["id": .int64(1), "name": .text("old"), "currency_id": .int64(99)]),
            .insert("customers", ["id": .int64(2), "name": .text("old"), "currency_id": .int64(2)]),
            .insert("customers", ["id": .int64(3), "name": .text("old"), "currency_id": .int64(2)]))
        let result = try await store.write(
            ReferenceStore.batch(
                ["id", "name", "currency.code"], key: ["id"],
                [
                    (.update, [.int64(1), .text("old"), .text("gone")], [.int64(1), .text("new"), .text("gone")]),
                    (.update, [.int64(2), .text("old"), .text("USD")], [.int64(2), .text("old"), .text("GBP")]),
                    (.update, [.int64(3), .text("old"), .text("USD")], [.int64(3), .text("new"), .unchanged]),
                ]))
        #expect(result.exceptions.isEmpty && result.changedCount == 3)
        #expect(
            try await store.records(["id", "name", "currency_id"]) == [
                [.int64(1), .text("new"), .int64(99)], [.int64(2), .text("old"), .int64(4)],
                [.int64(3), .text("new"), .int64(2)],
            ])
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func anImageBeforeThatNoLongerResolvesNeverOverwrites(_ kind: Kind) async throws {
        let store = try await filled(kind)
        try store.run(
            .insert("customers", ["id": .int64(1), "currency_id": .int64(2)]),
            .insert("customers", ["id": .int64(2), "currency_id": .null]),
            .insert("customers", ["id": .int64(3), "currency_id": .int64(4)]),
            .insert("customers", ["id": .int64(4), "currency_id": .int64(1)]),
            .insert("customers", ["id": .int64(5), "currency_id": .int64(2)]))
        func change(_ id: Int64, _ before: String) -> (LockstepModel.Operation, before: [Value], after: [Value]) {
            (.update, [.int64(id), .text(before)], [.int64(id), .text("GBP")])
        }
        let result = try await store.write(
            ReferenceStore.batch(
                ["id", "currency.code"], key: ["id"],
                [
                    change(1, "gone"), change(2, "gone"), change(3, "gone"), change(4, "EUR"), change(9, "gone"),
                    (.delete, [.int64(5), .text("gone")], []),
                ], readFields: ["currency.country.code", "id", "currency.code"]))
        #expect(result.exceptions.map(\.row) == [0, 1, 4, 5])
        var current: [Int: [Value]] = [:]
        for exception in result.exceptions {
            if case .differs(let row) = exception.outcome { current[exception.row] = result.current.values(row: row) }
        }
        #expect(current[0] == [.text("US"), .int64(1), .text("USD")])
        #expect(current[1] == [.null, .int64(2), .null])
        #expect(current[5] == [.text("US"), .int64(5), .text("USD")])
        #expect(result.exceptions.first { $0.row == 4 }?.outcome == .missing)
        // The third had what was wanted already; the fourth held one of those that the ambiguous value could mean.
        #expect(
            try await store.records(["id", "currency_id"]) == [
                [.int64(1), .int64(2)], [.int64(2), .null], [.int64(3), .int64(4)], [.int64(4), .int64(4)],
                [.int64(5), .int64(2)],
            ])
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func aConflictShowsThePathsOfTheRecord(_ kind: Kind) async throws {
        let store = try await filled(kind)
        try store.run(.insert("customers", ["id": .int64(1), "currency_id": .int64(2)]))
        let result = try await store.write(
            ReferenceStore.batch(
                ["id", "currency.code"], key: ["id"],
                [
                    (.insert, [], [.int64(1), .text("GBP")])
                ], readFields: ["currency.code", "id", "name"]))
        #expect(result.exceptions == [WriteException(row: 0, outcome: .exists(current: 0))])
        #expect(result.current.values(row: 0) == [.text("USD"), .int64(1), .null])
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func aKeyMayBeAPath(_ kind: Kind) async throws {
        let store = try await filled(kind)
        try store.run(.insert("customers", ["id": .int64(1), "name": .text("old"), "currency_id": .int64(2)]))
        let result = try await store.write(
            ReferenceStore.batch(
                ["name", "currency.code", "id"], key: ["currency.code"],
                [
                    (
                        .update, [.text("old"), .text("USD"), .int64(1)], [.text("new"), .text("GBP"), .int64(1)]
                    ),
                    (.update, [.text("old"), .text("gone"), .int64(8)], [.text("new"), .text("gone"), .int64(8)]),
                    (.delete, [.text("old"), .text("lost"), .int64(9)], []),
                ]))
        #expect(result.constraints == [1: ReferencingConnector.unresolved])
        #expect(result.exceptions.count == 1)
        #expect(
            try await store.records(["id", "name", "currency_id"]) == [[.int64(1), .text("new"), .int64(4)]])
        await store.close()
    }

    @Test(arguments: Kind.allCases)
    func whatWasLookedUpIsForgottenWithItsTransaction(_ kind: Kind) async throws {
        let store = try await filled(kind)
        let session = try await store.connector.write(WriteSessionRequest(lane: "test"))
        let currency = ReferenceStore.batch(
            ["id", "code"], key: ["id"], [(.insert, [], [.int64(5), .text("NEW")])], entity: "currencies")
        func customer(_ id: Int64) -> WriteBatch {
            ReferenceStore.batch(
                ["id", "currency.code"], key: ["id"], [(.insert, [], [.int64(id), .text("NEW")])])
        }
        _ = try await session.apply(currency)
        #expect(try await session.apply(customer(1)).exceptions.isEmpty)
        await session.rollback()
        #expect(try await session.apply(customer(2)).constraints == [0: ReferencingConnector.unresolved])
        try await session.mark()
        _ = try await session.apply(currency)
        #expect(try await session.apply(customer(3)).exceptions.isEmpty)
        try await session.revert()
        #expect(try await session.apply(customer(4)).constraints == [0: ReferencingConnector.unresolved])
        _ = try await session.apply(currency)
        #expect(try await session.apply(customer(5)).exceptions.isEmpty)
        _ = try await session.apply(
            ReferenceStore.batch(
                ["id", "code"], key: ["id"],
                [(.update, [.int64(5), .text("NEW")], [.int64(5), .text("OTHER")])], entity: "currencies"))
        #expect(try await session.apply(customer(6)).constraints == [0: ReferencingConnector.unresolved])
        try await session.commit(nil)
        try store.run(.insert("currencies", ["id": .int64(6), "code": .text("NEW")]))
        #expect(try await session.apply(customer(7)).exceptions.isEmpty)
        try await session.commit(nil)
        await session.close()
        #expect(
            try await store.records(["id", "currency_id"]) == [[.int64(5), .int64(5)], [.int64(7), .int64(6)]])
        await store.close()
    }

    @Test func aLoadAsksOnceForWhatManyRowsReferTo() async throws {
        let store = try await filled(.memory)
        let plan = FaultPlan()
        let connector = ReferencingConnector(FaultyConnector(store.base, plan: plan), paths: ReferenceStore.paths)
        let session = try await connector.write(WriteSessionRequest(lane: "test"))
        typealias Change = (LockstepModel.Operation, before: [Value], after: [Value])
        for start in [0, 1000] as [Int64] {
            let rows = (start..<start + 1000).map { id -> Change in
                let code: Value = .text(id % 2 == 0 ? "USD" : "GBP")
                return (.insert, [], [.int64(id), code])
            }
            let result = try await session.apply(
                ReferenceStore.batch(["id", "currency.code"], key: ["id"], rows))
            #expect(result.changedCount == 1000)
        }
        #expect(plan.calls(of: .lookUp) == 1)
        try await session.commit(nil)
    }
}
