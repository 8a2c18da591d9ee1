import LockstepModel

/// What becomes of each record of a batch.
extension ConformanceCheck {
    static let outcomeChecks: [ConformanceCheck] = [
        insertOutcomes("insert-outcomes", isLoad: false),
        insertOutcomes("insert-outcomes-when-loading", isLoad: true),
        ConformanceCheck(
            "update-outcomes", "an update is applied where the store holds the image before, and conflicts elsewhere"
        ) { run in
            try await run.install()
            for number in 1...5 as ClosedRange<Int64> { try await run.user(ConformanceRun.insert(number)) }
            try await run.user(.update(id: 2, set: [ConformanceScratch.note: .text("new")]))
            try await run.user(.update(id: 3, set: [ConformanceScratch.note: .text("third")]))
            try await run.user(.update(id: 4, set: [ConformanceScratch.code: .text("other")]))
            let row = ConformanceRun.row(_:code:note:)
            func newNote(_ number: Int64) -> SeenChange { .update(row(number, nil, nil), row(number, nil, "new")) }
            let result = try await run.write([
                newNote(1), newNote(2), newNote(3), newNote(4), newNote(9),
                .update(row(5, nil, nil), row(50, "c5", "n5")),
            ])
            try requireOutcomes(
                run, result, [2: .differs(current: 0), 4: .missing], current: [row(3, nil, "third")], changed: 3)
            try await run.requireRecords(
                [
                    row(1, nil, "new"), row(2, nil, "new"), row(3, nil, "third"), row(4, "other", "new"),
                    row(50, "c5", "n5"),
                ], "after updating")
        },
        ConformanceCheck(
            "delete-outcomes", "a delete is applied where the store holds the image before, and conflicts elsewhere"
        ) { run in
            try await run.install()
            for number in 1...3 as ClosedRange<Int64> { try await run.user(ConformanceRun.insert(number)) }
            try await run.user(.update(id: 2, set: [ConformanceScratch.note: .text("third")]))
            let row = ConformanceRun.row(_:code:note:)
            var partly = row(3, nil, nil)
            partly[2] = .unchanged
            let result = try await run.write([
                .delete(row(1, nil, nil)), .delete(row(2, nil, nil)), .delete(partly), .delete(row(9, nil, nil)),
            ])
            try requireOutcomes(
                run, result, [1: .differs(current: 0)], current: [row(2, nil, "third")], changed: 2)
            try await run.requireRecords([row(2, nil, "third")], "after deleting")
        },
        ConformanceCheck(
            "nulls-agree-with-nulls", "a null in the image before agrees with a null, and with nothing else"
        ) { run in
            try await run.install()
            for number in [1, 2] as [Int64] {
                var record = ConformanceRun.record(number)
                record[ConformanceScratch.code] = number == 1 ? .null : .text("")
                try await run.user(.insert(record))
            }
            func fill(_ number: Int64) -> SeenChange {
                .update(
                    [.int64(number), .null, .text("n\(number)")],
                    [.int64(number), .text("filled"), .text("n\(number)")])
            }
            let result = try await run.write([fill(1), fill(2)])
            try requireOutcomes(
                run, result, [1: .differs(current: 0)], current: [ConformanceRun.row(2, code: "")], changed: 1)
        },
    ]

    private static func insertOutcomes(_ name: String, isLoad: Bool) -> ConformanceCheck {
        ConformanceCheck(
            name, "an insert is applied, is no news where the same record is there, and conflicts with another"
        ) { run in
            try await run.install()
            try await run.user(ConformanceRun.insert(2), ConformanceRun.insert(3), ConformanceRun.insert(4))
            let row = ConformanceRun.row(_:code:note:)
            var partly = row(4, nil, nil)
            partly[1] = .unchanged
            var without = row(5, nil, nil)
            without[1] = .unchanged
            let result = try await run.write(
                [
                    .insert(row(1, nil, nil)), .insert(row(2, nil, nil)), .insert(row(3, nil, "mine")),
                    .insert(partly), .insert(without),
                ], isLoad: isLoad)
            try requireOutcomes(run, result, [2: .exists(current: 0)], current: [row(3, nil, nil)], changed: 2)
            var filled = row(5, nil, nil)
            filled[1] = .null
            try await run.requireRecords([1, 2, 3, 4].map { row($0, nil, nil) } + [filled], "after inserting")
        }
    }

    private static func requireOutcomes(
        _ run: ConformanceRun, _ result: WriteResult, _ expected: [Int: WriteException.Outcome], current: [[Value]],
        changed: Int
    ) throws {
        let wanted = expected.keys.sorted().compactMap { row in
            expected[row].map { WriteException(row: row, outcome: $0) }
        }
        try run.require(result.exceptions == wanted, "exceptions are \(result.exceptions), expected \(wanted)")
        let reported = (0..<result.current.rowCount).map { result.current.values(row: $0) }
        try run.require(
            ConformanceRun.agree(reported, current),
            "conflicts report \(ConformanceRun.show(reported)), not \(ConformanceRun.show(current))")
        try run.require(
            result.changedCount == changed, "\(changed) changed records are counted as \(result.changedCount)")
    }
}
