import LockstepModel

/// Change readers.
extension ConformanceCheck {
    static let changeChecks: [ConformanceCheck] = [
        ConformanceCheck(
            "no-gap-no-overlap", "a snapshot and the changes after its position are the whole, each part once"
        ) { run in
            try await run.user(ConformanceRun.insert(1), ConformanceRun.insert(2))
            try await run.install()
            try await run.user(ConformanceRun.insert(3))
            let snapshot = try await run.connector.snapshot(SnapshotRequest(purpose: .follow))
            try await run.user(ConformanceRun.insert(4), .delete(id: 2))
            let rows = try await run.rows(
                try await snapshot.read(
                    ReadRequest(entity: run.entity, fields: run.fields, order: .byKey([ConformanceScratch.id]))))
            await snapshot.close()
            let expected = [1, 2, 3].map { ConformanceRun.row($0) }
            try run.require(ConformanceRun.agree(rows, expected), "the snapshot shows \(ConformanceRun.show(rows))")
            try await run.requireChanges(
                [.insert(ConformanceRun.row(4)), .delete(ConformanceRun.row(2))], after: snapshot.position,
                "after the snapshot")
        },
        ConformanceCheck(
            "transactions-come-whole-and-in-order", "changes come in commit order, with images before and after"
        ) { run in
            try await run.install()
            let position = try await run.here()
            let expected = try await writeHistory(run)
            let whole = try await run.history(after: position)
            try run.require(whole.changes == expected, "the changes are \(whole.changes), expected \(expected)")
            // A store may show transactions that followed each other as one.
            try run.require((1...4).contains(whole.transactionCount), "4 transactions are \(whole.transactionCount)")
            try run.require(!whole.endsInsideTransaction, "the last chunk ends inside a transaction")
            let pieces = try await run.history(after: position, limits: BatchLimits(rows: 2, bytes: 1 << 20))
            try run.require(pieces.changes == expected, "in small chunks the changes are \(pieces.changes)")
            try run.require(
                (1...4).contains(pieces.transactionCount), "in small chunks there are \(pieces.transactionCount)")
            try run.require(
                pieces.ends.count <= pieces.transactionCount,
                "\(pieces.ends.count) chunks end a transaction, of which there are \(pieces.transactionCount)")
            let ordered = zip(pieces.ends, pieces.ends.dropFirst()).allSatisfy { $0.position < $1.position }
            try run.require(ordered, "positions do not ascend")
        },
        ConformanceCheck(
            "every-position-can-be-resumed-from", "after any chunk's position come exactly the changes that follow"
        ) { run in
            try await run.install()
            let position = try await run.here()
            let expected = try await writeHistory(run)
            let pieces = try await run.history(after: position, limits: BatchLimits(rows: 1, bytes: 1 << 20))
            try run.require(!pieces.ends.isEmpty, "no chunk has a position")
            for end in pieces.ends {
                let rest = try await run.reconnected { connector in
                    try await run.history(after: end.position, on: connector).changes
                }
                let wanted = Array(expected.dropFirst(end.changeCount))
                try run.require(rest == wanted, "after \(end.changeCount) changes come \(rest), expected \(wanted)")
            }
            let quiet = try await run.history(after: pieces.quiet).changes
            try run.require(quiet.isEmpty, "after the quiet position come \(quiet)")
        },
        ConformanceCheck(
            "reading-ends-where-asked", "no change after the end that was asked for comes, and none before it is left"
        ) { run in
            try await run.install()
            let start = try await run.here()
            let insert = { (number: Int64) in SeenChange.insert(ConformanceRun.row(number)) }
            try await run.user(ConformanceRun.insert(1), ConformanceRun.insert(2))
            let middle = try await run.here()
            try await run.user(ConformanceRun.insert(3))
            try await run.user(ConformanceRun.insert(4), .delete(id: 1))
            let first = try await run.history(after: start, upTo: middle, limits: BatchLimits(rows: 1, bytes: 1 << 20))
            try run.require(first.changes == [insert(1), insert(2)], "up to the middle come \(first.changes)")
            try run.require(!first.endsInsideTransaction, "it ends inside a transaction")
            let isInside = first.quiet <= middle && first.ends.allSatisfy { $0.position <= middle }
            try run.require(isInside, "a position is after the end that was asked for")
            let rest = [insert(3), insert(4), .delete(ConformanceRun.row(1))]
            for position in [first.quiet, middle] {
                let found = try await run.reconnected { try await run.history(after: position, on: $0).changes }
                try run.require(found == rest, "after the middle come \(found), expected \(rest)")
            }
            let none = try await run.history(after: middle, upTo: middle)
            try run.require(none.changes.isEmpty && none.quiet <= middle, "of nothing come \(none.changes)")
            let pieces = try await run.history(after: start, limits: BatchLimits(rows: 1, bytes: 1 << 20))
            for end in pieces.ends {
                let found = try await run.history(after: start, upTo: end.position).changes
                let wanted = Array(pieces.changes.prefix(end.changeCount))
                try run.require(found == wanted, "up to change \(end.changeCount) come \(found)")
            }
        },
        ConformanceCheck("reader-goes-on-after-quiet", "a reader that found nothing more finds what comes later") {
            run in
            try await run.install()
            let reader = try await run.connector.changes(
                ChangesRequest(entities: [run.entity: run.fields], after: try await run.here()))
            try run.require(try await reader.next() == nil, "there is something before anything happened")
            for number in 1...3 as ClosedRange<Int64> {
                try await run.user(ConformanceRun.insert(number))
                var seen = SeenHistory()
                for _ in 0..<10 {
                    guard let chunk = try await reader.next() else { break }
                    try seen.append(chunk, run.entity)
                }
                let expected = [SeenChange.insert(ConformanceRun.row(number))]
                try run.require(seen.changes == expected, "the reader saw \(seen.changes), expected \(expected)")
            }
            await reader.close()
        },
        ConformanceCheck("rolled-back-work-is-not-seen", "what users roll back never happened") { run in
            try await run.install()
            let position = try await run.here()
            try await run.user(ConformanceRun.insert(1))
            try await run.user(ConformanceRun.insert(2), .delete(id: 1), ending: .rollback)
            try await run.user(ConformanceRun.insert(3))
            try await run.requireChanges(
                [.insert(ConformanceRun.row(1)), .insert(ConformanceRun.row(3))], after: position,
                "with a rollback between")
        },
        ConformanceCheck(
            "same-question-same-answer", "changes read again are the same, whoever reads and whatever was read before"
        ) { run in
            try await run.install()
            let position = try await run.here()
            let expected = try await writeHistory(run)
            for attempt in 1...3 {
                let again = try await run.reconnected { connector in
                    try await run.history(after: position, on: connector).changes
                }
                try run.require(again == expected, "reading \(attempt) gives \(again), expected \(expected)")
            }
        },
        ConformanceCheck(
            "own-writes-stay-silent", "what the engine writes is not a change, what users write beside it is"
        ) { run in
            try await run.install()
            let position = try await run.here()
            try await run.write([.insert(ConformanceRun.row(1)), .insert(ConformanceRun.row(2))])
            try await run.user(ConformanceRun.insert(3))
            try await run.write([
                .update(ConformanceRun.row(1), ConformanceRun.row(1, note: "ours")), .delete(ConformanceRun.row(2)),
            ])
            try await run.user(.update(id: 1, set: [ConformanceScratch.note: .text("theirs")]))
            try await run.requireChanges(
                [
                    .insert(ConformanceRun.row(3)),
                    .update(ConformanceRun.row(1, note: "ours"), ConformanceRun.row(1, note: "theirs")),
                ], after: position, "with the engine writing")
        },
        ConformanceCheck(
            "released-history-is-lost-loudly", "changes that were released come whole or not at all, never in part"
        ) { run in
            try await run.install()
            let position = try await run.here()
            try await run.user(ConformanceRun.insert(1))
            let released = try await run.history(after: position).quiet
            try await run.user(ConformanceRun.insert(2))
            try await run.connector.release(released)
            try await run.requireChanges(
                [.insert(ConformanceRun.row(2))], after: released, "after the released position")
            do {
                try await run.requireChanges(
                    [.insert(ConformanceRun.row(1)), .insert(ConformanceRun.row(2))], after: position,
                    "before the released position")
            } catch let error as ConnectorError where error.code == .historyLost {
                return
            }
        },
    ]

    /// Four transactions of users, with all that can happen to a record.
    private static func writeHistory(_ run: ConformanceRun) async throws -> [SeenChange] {
        let note = ConformanceScratch.note
        try await run.user(ConformanceRun.insert(1), ConformanceRun.insert(2), ConformanceRun.insert(3))
        try await run.user(.update(id: 2, set: [note: .text("a")]))
        try await run.user(
            .update(id: 2, set: [note: .text("b")]), .delete(id: 1), ConformanceRun.insert(1),
            .update(id: 3, set: [ConformanceScratch.id: .int64(30)]), ConformanceRun.insert(4))
        try await run.user(.delete(id: 4))
        let row = ConformanceRun.row(_:code:note:)
        return [
            .insert(row(1, nil, nil)), .insert(row(2, nil, nil)), .insert(row(3, nil, nil)),
            .update(row(2, nil, nil), row(2, nil, "a")),
            .update(row(2, nil, "a"), row(2, nil, "b")), .delete(row(1, nil, nil)), .insert(row(1, nil, nil)),
            .update(row(3, nil, nil), row(30, "c3", "n3")), .insert(row(4, nil, nil)),
            .delete(row(4, nil, nil)),
        ]
    }
}
