import LockstepMapping
import LockstepModel

/// Holds the rows of a query beside what the plan expects.
struct ExpectationTest {
    let expected: DrillStep.Expectation

    /// What the plan expects, in words.
    var text: String {
        switch expected {
        case .value(let value): value ?? "null"
        case .rows(let rows): "\(rows.count) rows, as listed"
        case .rowCount(let count): "\(count) rows"
        case .number(let least, let most):
            [least.map { "at least \($0)" }, most.map { "at most \($0)" }].compactMap(\.self).joined(separator: ", ")
        }
    }

    /// - Returns: what came, in words, and whether it is what was expected.
    func judge(_ rows: QueryRows) -> (actual: String, passes: Bool) {
        switch expected {
        case .rowCount(let count): return ("\(rows.rows.count) rows", rows.rows.count == count)
        case .rows(let wanted):
            let passes =
                wanted.count == rows.rows.count
                && zip(wanted, rows.rows).allSatisfy { left, right in
                    left.count == right.count && zip(left, right).allSatisfy(Self.areEqual)
                }
            return (passes ? "\(rows.rows.count) rows, as listed" : "\(rows.rows.count) other rows", passes)
        case .value, .number:
            guard rows.rows.count == 1, let row = rows.rows.first, row.count == 1, let cell = row.first else {
                return ("\(rows.rows.count) rows of \(rows.columns.count) values, not one value", false)
            }
            return (cell ?? "null", judge(cell))
        }
    }

    /// The same for a number that was counted here.
    func judge(count: Int64) -> Bool { judge(String(count)) }

    private func judge(_ cell: String?) -> Bool {
        switch expected {
        case .value(let wanted): return Self.areEqual(wanted, cell)
        case .rowCount(let count): return cell == String(count)
        case .rows(let rows): return rows == [[cell]]
        case .number(let least, let most):
            guard let parts = cell.flatMap({ DecimalText.parts($0.utf8) }) else { return false }
            let isEnough = least.flatMap { DecimalText.parts($0.utf8) }.map { DecimalText.compare(parts, $0) >= 0 }
            let isFew = most.flatMap { DecimalText.parts($0.utf8) }.map { DecimalText.compare(parts, $0) <= 0 }
            return (isEnough ?? true) && (isFew ?? true)
        }
    }

    /// Numbers are compared as numbers: 1.50 is 1.5.
    private static func areEqual(_ left: String?, _ right: String?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left == right || DecimalText.areEqual(left.utf8, right.utf8)
    }
}
