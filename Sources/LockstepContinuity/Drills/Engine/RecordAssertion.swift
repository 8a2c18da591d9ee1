import ConnectorKit
import LockstepExpressions
import LockstepMapping
import LockstepModel

/// Counts the records of an entity that meet a condition, batch by batch, at one point in time.
struct RecordAssertion {
    let entity: String
    let rule: DrillStep.Rule
    let condition: String
    /// What `now()` yields, microseconds since 1970.
    let now: Int64

    struct Count: Sendable, Hashable {
        var all: Int64 = 0
        var matching: Int64 = 0
        /// Records for which the condition has no answer.
        var undecided: Int64 = 0
    }

    func count(in connector: any Connector) async throws -> Count {
        guard let description = try await connector.describe(DescribeRequest(entities: [entity])).entity(entity) else {
            throw ContinuityError(
                .notFound, doing: "checking an assertion", object: entity, message: "the store has no such entity",
                hint: "name one that `lockstep store describe` lists")
        }
        let checked = try Expression.parse(condition).checkCondition(fields: description.fields)
        // Some field has to be read where the condition names none.
        let fields = checked.fieldNames.isEmpty ? description.fields.prefix(1).map(\.name) : checked.fieldNames
        let compiled = checked.compile(columns: fields, context: EvaluationContext(now: now))
        let snapshot = try await connector.snapshot(SnapshotRequest(purpose: .read))
        do {
            var count = Count()
            let reader = try await snapshot.read(ReadRequest(entity: entity, fields: fields))
            while let batch = try await reader.next() {
                try Task.checkCancellation()
                let result = compiled.matches(batch)
                count.all += Int64(batch.rowCount)
                count.matching += Int64(result.isMatch.count { $0 })
                count.undecided += Int64(result.failures.count)
            }
            await reader.close()
            await snapshot.close()
            return count
        } catch {
            await snapshot.close()
            throw error
        }
    }

    /// What the rule expects, what came, and whether that is right. A record without an answer never passes.
    func judge(_ count: Count) -> (expected: String, actual: String, passes: Bool) {
        let undecided = count.undecided > 0 ? ", \(count.undecided) undecided" : ""
        let actual = "\(count.matching) of \(count.all) records\(undecided)"
        let isDecided = count.undecided == 0
        switch rule {
        case .every: return ("every record", actual, isDecided && count.matching == count.all)
        case .none: return ("no record", actual, isDecided && count.matching == 0)
        case .count(let expected):
            let test = ExpectationTest(expected: expected)
            return ("\(test.text) records", actual, isDecided && test.judge(count: count.matching))
        }
    }
}
