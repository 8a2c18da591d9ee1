import LockstepModel

/// Sessions, transactions, checkpoints.
extension ConformanceCheck {
    static let writingChecks: [ConformanceCheck] = [
        ConformanceCheck(
            "checkpoint-commits-with-the-data", "data and checkpoint are both there after a commit, or neither"
        ) { run in
            try await run.install()
            let (first, second) = (Position(order: 5), Position(order: 6, token: "token:with colon"))
            try await requireTogether(run, .insert(ConformanceRun.row(1)), first)
            let session = try await run.session()
            _ = try await session.apply(run.batch([.insert(ConformanceRun.row(2))]))
            await session.rollback()
            try await requireCheckpoint(run, first, "after a rollback")
            _ = try await session.apply(run.batch([.insert(ConformanceRun.row(3))]))
            await session.close()
            try await requireCheckpoint(run, first, "after closing")
            try await run.write([.insert(ConformanceRun.row(4))])
            try await requireCheckpoint(run, first, "after a commit without one")
            try await run.requireRecords([ConformanceRun.row(1), ConformanceRun.row(4)], "after all")
            try await run.write([], checkpoint: second)
            try await requireCheckpoint(run, second, "after a commit of a checkpoint alone")
        },
        ConformanceCheck("lanes-are-apart", "each lane has its checkpoint, and forgets it alone") { run in
            try await run.install()
            for (lane, order) in [("one", 1), ("two", 2)] as [(String, UInt64)] {
                let session = try await run.session(lane)
                try await session.commit(Position(order: order))
                await session.close()
            }
            let both = try await run.reconnected { try await $0.checkpoints() }
            try run.require(both == ["one": Position(order: 1), "two": Position(order: 2)], "checkpoints are \(both)")
            try await run.connector.forgetCheckpoints(lanes: ["one"])
            let one = try await run.reconnected { try await $0.checkpoints() }
            try run.require(one == ["two": Position(order: 2)], "after forgetting one, checkpoints are \(one)")
        },
        ConformanceCheck("uncommitted-writes-are-not-seen", "nobody sees a transaction before its commit") { run in
            try await run.install()
            let position = try await run.here()
            let session = try await run.session()
            _ = try await session.apply(run.batch([.insert(ConformanceRun.row(1))]))
            let before = try await run.reconnected { try await run.records(on: $0) }
            try run.require(before.isEmpty, "before the commit there is \(ConformanceRun.show(before))")
            try await session.commit(nil)
            await session.close()
            try await run.requireRecords([ConformanceRun.row(1)], "after the commit")
            try await run.requireChanges([], after: position, "of the engine's own commit")
        },
        ConformanceCheck("revert-goes-back-to-the-mark", "what came after the mark is undone, what came before is kept")
        {
            run in
            try await run.install()
            let session = try await run.session()
            _ = try await session.apply(run.batch([.insert(ConformanceRun.row(1))]))
            try await session.mark()
            _ = try await session.apply(
                run.batch([
                    .insert(ConformanceRun.row(2)),
                    .update(ConformanceRun.row(1), ConformanceRun.row(1, note: "changed")),
                ]))
            try await session.revert()
            _ = try await session.apply(run.batch([.insert(ConformanceRun.row(3))]))
            try await session.revert()
            _ = try await session.apply(run.batch([.insert(ConformanceRun.row(4))]))
            try await session.mark()
            _ = try await session.apply(run.batch([.insert(ConformanceRun.row(5))]))
            try await session.revert()
            try await session.commit(nil)
            await session.close()
            try await run.requireRecords([ConformanceRun.row(1), ConformanceRun.row(4)], "after going back")
        },
        ConformanceCheck(
            "rejected-records-stop-themselves-only",
            "a record that the store refuses is named with its cause, and the others are applied"
        ) { run in
            try await run.install()
            try await run.user(ConformanceRun.insert(1))
            let result = try await run.write([
                .insert(ConformanceRun.row(2)), .insert(ConformanceRun.row(3, code: "c1")),
                .insert([.int64(4), .text("c4"), .null]), .insert(ConformanceRun.row(5)),
            ])
            try run.require(result.exceptions.map(\.row) == [1, 2], "exceptions are \(result.exceptions)")
            try run.require(cause(result, 0) == .uniqueKey, "a duplicate is \(result.exceptions)")
            try run.require(cause(result, 1) == .notNull, "a missing value is \(result.exceptions)")
            try run.require(result.changedCount == 2, "2 changed records are counted as \(result.changedCount)")
            try await run.requireRecords([1, 2, 5].map { ConformanceRun.row($0) }, "beside rejected ones")
        },
    ]

    static func cause(_ result: WriteResult, _ index: Int) -> Rejection.Cause? {
        guard index < result.exceptions.count, case .rejected(let rejection) = result.exceptions[index].outcome else {
            return nil
        }
        return rejection.cause
    }

    private static func requireCheckpoint(_ run: ConformanceRun, _ expected: Position, _ when: String) async throws {
        let found = try await run.reconnected { try await $0.checkpoints() }["conformance"]
        try run.require(
            found?.text == expected.text,
            "\(when) the checkpoint is \(found?.text ?? "not there"), not \(expected.text)")
    }

    /// Commits; a commit that fails must have done both or nothing.
    private static func requireTogether(
        _ run: ConformanceRun, _ change: SeenChange, _ checkpoint: Position
    ) async throws {
        do {
            try await run.write([change], checkpoint: checkpoint)
        } catch {
            let (data, stored) = try await run.reconnected { connector in
                (try await run.records(on: connector).count, try await connector.checkpoints()["conformance"])
            }
            try run.require(
                (data == 1) == (stored == checkpoint),
                "after a failed commit there are the data or the checkpoint alone")
            throw error
        }
        try await requireCheckpoint(run, checkpoint, "after a commit")
    }
}
