import LockstepModel

/// Values of all types.
extension ConformanceCheck {
    static let valueChecks: [ConformanceCheck] = [
        ConformanceCheck(
            "written-values-come-back", "what the engine writes is read back exactly, by query, snapshot and conflict"
        ) { run in
            try await run.install()
            for type in run.subject.types {
                let fields = [ConformanceScratch.id, ConformanceScratch.note, ConformanceScratch.field(type)]
                let rows = valueRows(run, type)
                let result = try await run.write(rows.map { .insert($0) }, fields: fields)
                try run.require(result.exceptions.isEmpty, "\(type.name): not written: \(result.exceptions)")
                try requireSame(run, type, rows, try await run.records(fields), "queried")
                let snapshot = try await run.connector.snapshot(SnapshotRequest(purpose: .read))
                let read = try await run.rows(
                    try await snapshot.read(
                        ReadRequest(entity: run.entity, fields: fields, order: .byKey([ConformanceScratch.id]))))
                await snapshot.close()
                try requireSame(run, type, rows, read, "in a snapshot")
                let again = try await run.write(rows.map { .insert($0) }, fields: fields)
                try run.require(
                    again.exceptions.isEmpty && again.changedCount == 0, "\(type.name): written again, it is no equal")
                let gone = try await run.write(rows.map { .delete($0) }, fields: fields)
                try run.require(gone.changedCount == rows.count, "\(type.name): deletes conflict: \(gone.exceptions)")
            }
        },
        ConformanceCheck("users-values-come-as-changes", "what users write comes exactly, in both images") { run in
            try await run.install()
            for type in run.subject.types {
                let fields = [ConformanceScratch.id, ConformanceScratch.note, ConformanceScratch.field(type)]
                let rows = valueRows(run, type)
                let position = try await run.here()
                for row in rows {
                    try await run.user(.insert(Dictionary(uniqueKeysWithValues: zip(fields, row))))
                }
                for index in rows.indices { try await run.user(.delete(id: Int64(index))) }
                let changes = try await run.history(after: position, fields: fields).changes
                let inserted = changes.prefix(rows.count).compactMap(\.after)
                let deleted = changes.dropFirst(rows.count).compactMap(\.before)
                try requireSame(run, type, rows, inserted, "in the image after")
                try requireSame(run, type, rows, deleted, "in the image before")
            }
        },
        ConformanceCheck(
            "null-empty-and-unchanged-differ", "null, empty and unchanged are three things"
        ) { run in
            try await run.install()
            try await run.write([
                .insert([.int64(1), .null, .text("")]), .insert([.int64(2), .text(""), .text("n2")]),
            ])
            try await run.requireRecords(
                [[.int64(1), .null, .text("")], [.int64(2), .text(""), .text("n2")]], "with empty texts")
            let result = try await run.write([
                .update([.int64(2), .text(""), .text("n2")], [.int64(2), .unchanged, .text("new")])
            ])
            try run.require(result.changedCount == 1, "an unchanged field stops an update")
            try await run.requireRecords(
                [[.int64(1), .null, .text("")], [.int64(2), .text(""), .text("new")]], "with an unchanged field")
        },
    ]

    /// A record for each value of a type, and one with null.
    private static func valueRows(_ run: ConformanceRun, _ type: ValueType) -> [[Value]] {
        (run.subject.values[type, default: []] + [.null]).enumerated().map { index, value in
            [.int64(Int64(index)), .text("n"), value]
        }
    }

    private static func requireSame(
        _ run: ConformanceRun, _ type: ValueType, _ expected: [[Value]], _ found: [[Value]], _ place: String
    ) throws {
        try run.require(
            expected.count == found.count, "\(type.name): \(found.count) of \(expected.count) values come \(place)")
        for (wanted, got) in zip(expected, found) {
            try run.require(
                ConformanceRun.agree(wanted, got) && wanted.last?.type == got.last?.type,
                "\(type.name): (\(ConformanceRun.show(wanted))) comes \(place) as (\(ConformanceRun.show(got)))"
            )
        }
    }
}
