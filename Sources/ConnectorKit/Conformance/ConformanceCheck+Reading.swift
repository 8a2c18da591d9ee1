import LockstepModel

/// Snapshots, queries, counts.
extension ConformanceCheck {
    static let readingChecks: [ConformanceCheck] = [
        ConformanceCheck(
            "snapshot-stands-still", "a snapshot shows one point in time, whatever is written meanwhile"
        ) { run in
            try await run.user(ConformanceRun.insert(1), ConformanceRun.insert(2))
            let snapshot = try await run.connector.snapshot(SnapshotRequest(purpose: .read))
            try await run.user(
                .update(id: 1, set: [ConformanceScratch.note: .text("later")]), .delete(id: 2),
                ConformanceRun.insert(3))
            let request = ReadRequest(
                entity: run.entity, fields: run.fields, order: .byKey([ConformanceScratch.id]))
            for _ in 0..<2 {
                let rows = try await run.rows(try await snapshot.read(request))
                let expected = [ConformanceRun.row(1), ConformanceRun.row(2)]
                try run.require(ConformanceRun.agree(rows, expected), "the snapshot shows \(ConformanceRun.show(rows))")
            }
            await snapshot.close()
        },
        ConformanceCheck(
            "key-order-is-byte-order", "reading by key gives the order of the key encoder"
        ) { run in
            let codes = ["b", "a", "B", "é", "z", "10", "9", "", "aa", "Z", "a b", "a-b", "日", "😀", "\u{FFFD}"]
            for (index, code) in codes.enumerated() {
                let id = Int64((index * 7) % 16 - 8)
                try await run.user(
                    .insert([
                        ConformanceScratch.id: .int64(id), ConformanceScratch.code: .text(code),
                        ConformanceScratch.note: .text("-"),
                    ]))
            }
            for field in [ConformanceScratch.id, ConformanceScratch.code] {
                let snapshot = try await run.connector.snapshot(SnapshotRequest(purpose: .read))
                let rows = try await run.rows(
                    try await snapshot.read(
                        ReadRequest(entity: run.entity, fields: [field], order: .byKey([field]))))
                await snapshot.close()
                let queried = try await run.rows(
                    try await run.connector.query(
                        QueryRequest(entity: run.entity, fields: [field], orderBy: [field])))
                let ordered = rows.sorted {
                    ConformanceRun.key($0).lexicographicallyPrecedes(ConformanceRun.key($1))
                }
                try run.require(rows.count == codes.count, "\(rows.count) of \(codes.count) records were read")
                try run.require(rows == ordered, "by \(field) the snapshot's order is \(ConformanceRun.show(rows))")
                try run.require(queried == ordered, "by \(field) the query's order is \(ConformanceRun.show(queried))")
            }
        },
        ConformanceCheck("batches-keep-their-limit", "batches have no more rows than asked for") { run in
            for number in 1...7 as ClosedRange<Int64> { try await run.user(ConformanceRun.insert(number)) }
            let snapshot = try await run.connector.snapshot(SnapshotRequest(purpose: .read))
            let reader = try await snapshot.read(
                ReadRequest(
                    entity: run.entity, fields: [ConformanceScratch.id],
                    limits: BatchLimits(rows: 3, bytes: 1 << 20)))
            var count = 0
            while count <= 7, let batch = try await reader.next() {
                try run.require((1...3).contains(batch.rowCount), "a batch has \(batch.rowCount) rows, not 1 to 3")
                count += batch.rowCount
            }
            await reader.close()
            await snapshot.close()
            try run.require(count == 7, "\(count) of 7 records were read")
        },
        ConformanceCheck("query-finds-keys", "a query by keys gives those records that exist, and no others") { run in
            for number in 1...5 as ClosedRange<Int64> { try await run.user(ConformanceRun.insert(number)) }
            var keys = RowBatch(columnCount: 1)
            for number in [2, 4, 99] as [Int64] { keys.appendRow([.int64(number)]) }
            var request = QueryRequest(
                entity: run.entity, fields: run.fields,
                keys: KeySelection(fields: [ConformanceScratch.id], rows: keys), orderBy: [ConformanceScratch.id])
            let both = try await run.rows(try await run.connector.query(request))
            let expected = [ConformanceRun.row(2), ConformanceRun.row(4)]
            try run.require(
                ConformanceRun.agree(both, expected), "two records exist, found were \(ConformanceRun.show(both))")
            request.limit = 1
            let first = try await run.rows(try await run.connector.query(request))
            try run.require(
                ConformanceRun.agree(first, [ConformanceRun.row(2)]),
                "limited to one, found were \(ConformanceRun.show(first))")
            request.keys = KeySelection(fields: [ConformanceScratch.id], rows: RowBatch(columnCount: 1))
            let none = try await run.rows(try await run.connector.query(request))
            try run.require(none.isEmpty, "no keys were asked for, found were \(ConformanceRun.show(none))")
        },
        ConformanceCheck("count-counts", "a count is the number of records") { run in
            let request = CountRequest(entity: run.entity)
            try run.require(try await run.connector.count(request) == 0, "the empty entity is not counted as empty")
            for number in 1...5 as ClosedRange<Int64> { try await run.user(ConformanceRun.insert(number)) }
            let count = try await run.connector.count(request)
            try run.require(count == 5, "5 records are counted as \(count)")
        },
    ]
}
