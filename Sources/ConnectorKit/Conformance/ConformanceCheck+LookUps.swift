import LockstepModel

/// What a write session sees when it looks records up.
extension ConformanceCheck {
    static let lookUpChecks: [ConformanceCheck] = [
        ConformanceCheck(
            "look-ups-see-the-open-transaction", "a session that looks records up sees what it wrote, others do not"
        ) { run in
            try await run.install()
            try await run.user(ConformanceRun.insert(1), ConformanceRun.insert(2))
            let session = try await run.session()
            let changed = ConformanceRun.row(1, note: "changed")
            _ = try await session.apply(
                run.batch([
                    .update(ConformanceRun.row(1), changed), .delete(ConformanceRun.row(2)),
                    .insert(ConformanceRun.row(3)),
                ]))
            let seen = [changed, ConformanceRun.row(3)]
            try await requireFound(run, session, [1, 2, 3], seen, "in the transaction")
            let outside = try await run.reconnected { try await run.records(on: $0) }
            let committed = [ConformanceRun.row(1), ConformanceRun.row(2)]
            try run.require(
                ConformanceRun.agree(outside, committed), "others see \(ConformanceRun.show(outside))")
            await session.rollback()
            try await requireFound(run, session, [1, 2, 3], committed, "after the rollback")
            await session.close()
        },
        ConformanceCheck("look-ups-begin-nothing", "looking records up holds nobody up and sees what came since") {
            run in
            try await run.install()
            let session = try await run.session()
            try await requireFound(run, session, [1], [], "before there is anything")
            try await run.user(ConformanceRun.insert(1))
            try await requireFound(run, session, [1], [ConformanceRun.row(1)], "after a user's insert")
            try await session.mark()
            _ = try await session.apply(run.batch([.insert(ConformanceRun.row(2))]))
            let both = [1, 2].map { ConformanceRun.row($0) }
            try await requireFound(run, session, [1, 2], both, "after the mark")
            try await session.revert()
            try await requireFound(run, session, [1, 2], [ConformanceRun.row(1)], "after going back to the mark")
            try await session.commit(nil)
            await session.close()
        },
        ConformanceCheck("look-ups-find-by-any-field", "records are found by fields that are no key, up to a limit") {
            run in
            try await run.install()
            for number in 1...3 as ClosedRange<Int64> {
                var record = ConformanceRun.record(number)
                record[ConformanceScratch.note] = .text(number == 3 ? "other" : "same")
                try await run.user(.insert(record))
            }
            let session = try await run.session()
            var keys = RowBatch(columnCount: 1)
            keys.appendRow([.text("same")])
            var request = LookUpRequest(
                entity: run.entity, fields: [ConformanceScratch.id],
                keys: KeySelection(fields: [ConformanceScratch.note], rows: keys))
            let all = try await session.lookUp(request)
            let numbers = (0..<all.rowCount).map { all[$0, 0].integer }.sorted()
            try run.require(numbers == [1, 2], "records \(numbers) are found by their note, expected 1 and 2")
            request.limit = 1
            let limited = try await session.lookUp(request).rowCount
            try run.require(limited == 1, "a limit of one gives \(limited) records")
            await session.close()
        },
    ]

    private static func requireFound(
        _ run: ConformanceRun, _ session: any WriteSession, _ ids: [Int64], _ expected: [[Value]], _ when: String
    ) async throws {
        var keys = RowBatch(columnCount: 1)
        for id in ids { keys.appendRow([.int64(id)]) }
        let found = try await session.lookUp(
            LookUpRequest(
                entity: run.entity, fields: run.fields,
                keys: KeySelection(fields: [ConformanceScratch.id], rows: keys)))
        let rows = (0..<found.rowCount).map { found.values(row: $0) }
            .sorted { ConformanceRun.key([$0[0]]).lexicographicallyPrecedes(ConformanceRun.key([$1[0]])) }
        try run.require(
            ConformanceRun.agree(rows, expected),
            "\(when) \(ConformanceRun.show(rows)) is found, expected \(ConformanceRun.show(expected))")
    }
}
