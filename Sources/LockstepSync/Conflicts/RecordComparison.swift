internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

/// Two records of one key, one of each side, compared as the map sees them, without a base.
struct RecordComparison {
    /// Pairs that differ, each with who wins it.
    var differences: [(pair: Int, decision: FieldDecision)] = []
    /// What must be written on each side so that both are equal, by side: the mapped image of the other side in the
    /// target fields of the plan that writes there, `unchanged` where nothing is to be done; nil where nothing is.
    var writes: [[Value]?] = [nil, nil]
    /// Why one of the records cannot be mapped, with the side that it comes from.
    var failure: (source: Side, failure: MappingFailure)?

    var isEqual: Bool { differences.isEmpty && failure == nil }
}

extension MapRuntime {
    /// What `newest` compares, by side, of rows in each side's shape.
    func stamps(left: [Value]?, right: [Value]?) -> [Value?] {
        guard case .newest(let leftField, let rightField) = map.overlapRule else { return [nil, nil] }
        func stamp(_ row: [Value]?, _ side: Side, _ field: String) -> Value? {
            guard let row, let index = shape(side).firstIndex(of: field) else { return nil }
            return row[index]
        }
        return [stamp(left, .left, leftField), stamp(right, .right, rightField)]
    }

    /// Maps one record (in its side's shape) to the other side's target fields.
    func mapped(_ row: [Value], from side: Side) -> Result<[Value]?, MappingFailureError> {
        guard let plan = map.plan(from: side) else { return .success(nil) }
        let projected = Projection(from: shape(side), to: plan.sourceFields)(row)
        let result = plan.map(records: RowBatch(row: projected))
        if let failure = result.failures.first { return .failure(MappingFailureError(failure: failure)) }
        guard result.isIncluded.first == true else { return .success(nil) }
        return .success(result.rows.values(row: 0))
    }

    /// Compares two records, each in its side's shape.
    ///
    /// - Parameter only: the pairs to look at; nil for all.
    func compare(left: [Value], right: [Value], only pairs: Set<Int>? = nil) -> RecordComparison {
        var comparison = RecordComparison()
        let rows = [left, right]
        var images: [[Value]?] = [nil, nil]
        for side in Side.allCases {
            switch mapped(rows[side.rawValue], from: side) {
            case .success(let image): images[side.opposite.rawValue] = image
            case .failure(let error): comparison.failure = (side, error.failure)
            }
        }
        guard comparison.failure == nil else { return comparison }
        let stamps = stamps(left: left, right: right)
        for (pair, fields) in pairFields() where pairs?.contains(pair) ?? true {
            // By target side: whether the mapped value agrees with what stands there.
            let agreements = fields.map { side, index -> Bool in
                guard let plan = map.plan(from: side.opposite), let image = images[side.rawValue],
                    let column = shape(side).firstIndex(of: plan.targetFields[index].name)
                else { return false }
                return image[index].isSame(as: rows[side.rawValue][column])
            }
            let applicable = fields.contains { images[$0.side.rawValue] != nil }
            guard applicable, !agreements.contains(true), let first = fields.first,
                let plan = map.plan(from: first.side.opposite)
            else { continue }
            let decision =
                fields.count == 1
                ? FieldDecision(winner: first.side.opposite, rule: "direction")
                : map.decide(plan.targetFields[first.index].authority, source: first.side.opposite, stamps: stamps)
            comparison.differences.append((pair, decision))
            guard let winner = decision.winner else { continue }
            for field in fields where field.side == winner.opposite {
                guard let image = images[field.side.rawValue] else { continue }
                var write = comparison.writes[field.side.rawValue] ?? image.map { _ in Value.unchanged }
                write[field.index] = image[field.index]
                comparison.writes[field.side.rawValue] = write
            }
        }
        return comparison
    }

    /// Whether a record is inside its side's filter.
    func isVisible(_ row: [Value], _ side: Side) -> Bool {
        if let plan = map.plan(from: side.opposite) {
            let read = Projection(from: shape(side), to: plan.targetReadFields)(row)
            if plan.targetIncludes(RowBatch(row: read)).first == false { return false }
        }
        if let plan = map.plan(from: side) {
            let mapped = plan.map(
                records: RowBatch(row: Projection(from: shape(side), to: plan.sourceFields)(row)))
            if mapped.failures.isEmpty, mapped.isIncluded.first == false { return false }
        }
        return true
    }

    /// The map's pairs, each with the sides that it is written on and its place among that plan's target fields.
    func pairFields() -> [(pair: Int, fields: [(side: Side, index: Int)])] {
        var fields: [Int: [(side: Side, index: Int)]] = [:]
        for side in Side.allCases {
            guard let plan = map.plan(from: side.opposite) else { continue }
            for (index, field) in plan.targetFields.enumerated() where !plan.targetKey.contains(index) {
                fields[field.pair, default: []].append((side, index))
            }
        }
        return fields.keys.sorted().map { ($0, fields[$0] ?? []) }
    }

    /// A conditional update row for a plan's target: before is what stands there now, after the values to write.
    ///
    /// - Parameters:
    ///   - current: the record as it is, in the target side's shape.
    ///   - write: in the plan's target fields, `unchanged` where nothing is to be done.
    func updateRow(writing side: Side, current: [Value], write: [Value]) -> [Value]? {
        guard let plan = map.plan(from: side.opposite) else { return nil }
        let before = Projection(from: shape(side), to: plan.targetFields.map(\.name))(current)
        let after = zip(before, write).map { $1 == .unchanged ? $0 : $1 }
        return before + after
    }
}

/// A mapping failure as an error, for `Result`.
struct MappingFailureError: Error {
    var failure: MappingFailure
}
