public import LockstepModel

/// A field of a record whose value the value map does not list, and that becomes null because the map says so.
public struct UnlistedValue: Sendable, Hashable {
    public var row: Int
    /// The source field.
    public var field: String
}

extension DirectionPlan {
    /// Everything that keeps some source records (as wide as `sourceFields`) from being mapped, where
    /// ``map(records:)`` says only what comes first in each.
    ///
    /// - Parameter rows: rows that ``map(records:)`` failed.
    public func problems(in records: RowBatch, rows: some Sequence<Int>) -> [MappingFailure] {
        var failures: [MappingFailure] = []
        var scratch = RowBatch(columnCount: steps.count, reservingRows: 1, sharingHeapOf: records)
        let place = BatchPlace(scratch)
        for row in rows {
            do {
                guard try includes(records, row: row, offset: 0) else { continue }
            } catch {
                failures.append(error.failure(row: row))
                continue
            }
            for step in steps {
                do throws(ValueProblem) {
                    try step.append(records, row: row, offset: 0, to: &scratch)
                } catch {
                    failures.append(FieldProblem(field: step.sourceName, problem: error).failure(row: row))
                }
            }
            place.restore(&scratch)
        }
        return failures
    }

    /// The values of some records that become null because their value map does not list them and says `unmapped: null`.
    public func unlistedValues(in records: RowBatch, rows: some Sequence<Int>) -> [UnlistedValue] {
        let maps = steps.compactMap { step -> (Step, ValueMap)? in
            if case .values(let map, unmapped: .null) = step.action { (step, map) } else { nil }
        }
        guard !maps.isEmpty else { return [] }
        var found: [UnlistedValue] = []
        for row in rows {
            for (step, map) in maps {
                let cell = records[row, step.column]
                guard cell.kind != .invalid, !step.lists(cell, in: records, map) else { continue }
                found.append(UnlistedValue(row: row, field: step.sourceName))
            }
        }
        return found
    }
}
