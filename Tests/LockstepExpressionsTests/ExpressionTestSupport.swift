import LockstepExpressions
import LockstepModel

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, everywhere.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// Fields of every type, for tests that evaluate here only.
let everyField: [FieldDescription] = [
    FieldDescription(name: "flag", type: .bool, nativeType: "boolean"),
    FieldDescription(name: "number", type: .int64, nativeType: "bigint", integerBits: 64),
    FieldDescription(name: "double", type: .float64, nativeType: "double precision", floatBits: 64),
    FieldDescription(name: "amount", type: .decimal, nativeType: "numeric"),
    FieldDescription(name: "name", type: .text, nativeType: "text"),
    FieldDescription(name: "status", type: .text, nativeType: "status", labels: ["Active", "Blocked"]),
    FieldDescription(name: "day", type: .date, nativeType: "date"),
    FieldDescription(name: "clock", type: .time, nativeType: "time without time zone"),
    FieldDescription(name: "stamp", type: .timestamp, nativeType: "timestamp without time zone"),
    FieldDescription(name: "moment", type: .instant, nativeType: "timestamp with time zone"),
    FieldDescription(name: "id", type: .uuid, nativeType: "uuid"),
    FieldDescription(name: "document", type: .json, nativeType: "jsonb"),
    FieldDescription(name: "image", type: .bytes, nativeType: "bytea"),
]

/// Evaluates an expression on one record; fields that are not given are null.
func evaluate(
    _ text: String, _ record: [String: Value] = [:], now: Int64? = nil
) throws -> Value {
    let checked = try Expression.parse(text).check(fields: everyField)
    var batch = RowBatch(columnCount: everyField.count)
    batch.appendRow(everyField.map { record[$0.name] ?? .null })
    let compiled = checked.compile(columns: everyField.map(\.name), context: EvaluationContext(now: now))
    let value = try compiled.evaluate(batch, row: 0)
    if checked.isCondition {
        let matches = try compiled.matches(batch, row: 0)
        guard matches == (value == .bool(true)) else { throw Disagreement(text: text) }
    }
    return value
}

/// The fast and the general evaluation gave different answers.
struct Disagreement: Error { var text: String }

func problems(_ text: String) -> [ExpressionProblem] {
    do throws(ExpressionError) {
        _ = try Expression.parse(text).check(fields: everyField)
        return []
    } catch {
        return error.problems
    }
}
