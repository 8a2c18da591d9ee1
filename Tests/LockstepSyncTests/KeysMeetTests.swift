import ConnectorKit
import LockstepModel
import LockstepState
import LockstepSync
import LockstepTesting
import Testing

/// One side gives a record the key that the other side makes, deletes and makes again meanwhile: every story that a few
/// steps can tell.
struct KeysMeetTests {
    private enum Step: String, CaseIterable {
        case insert, delete, rename, deleteRenamed, sync
    }

    /// Steps of a story between the first run and the last.
    private static let length = 3

    private static func story(_ number: Int) -> [Step] {
        var rest = number
        return (0..<length).map { _ in
            defer { rest /= Step.allCases.count }
            return Step.allCases[rest % Step.allCases.count]
        }
    }

    private static let firstSteps = Array(Step.allCases.indices)

    @Test(arguments: ["update-wins", "delete-wins"], firstSteps)
    func bothSidesEndEqualOrWhatDiffersIsParked(rule: String, first: Int) async throws {
        var count = 1
        for _ in 0..<Self.length { count *= Step.allCases.count }
        for number in 0..<count where number % Step.allCases.count == first {
            let steps = Self.story(number)
            // Two runs with nothing between them are one.
            guard !zip(steps, steps.dropFirst()).contains(where: { $0 == .sync && $1 == .sync }) else { continue }
            try await tell(steps, rule)
        }
    }

    private func tell(_ steps: [Step], _ rule: String) async throws {
        let bench = try MemoryBench(conflicts: "{overlap: crm, delete: \(rule)}")
        try bench.erp.run([.insert("customers", ["account": .text("B"), "name": .text("Bob"), "changed": .int64(0)])])
        let engine = try await bench.bench.engine()
        _ = try await engine.sync()
        for step in steps {
            switch step {
            // What the store refuses is a step that nobody took.
            case .insert:
                _ = try? bench.erp.run([
                    .insert("customers", ["account": .text("A"), "name": .text("Ann"), "changed": .int64(0)])
                ])
            case .delete: _ = try? bench.erp.run([.delete("customers", key: ["account": .text("A")])])
            case .rename:
                _ = try? bench.crm.run([
                    .update("accounts", key: ["number": .text("B")], set: ["number": .text("A")])
                ])
            case .deleteRenamed: _ = try? bench.crm.run([.delete("accounts", key: ["number": .text("A")])])
            case .sync: _ = try await engine.sync()
            }
        }
        for _ in 0..<3 { _ = try await engine.sync() }
        let (erp, crm) = bench.customers()
        let parked = Set(
            try await engine.state.parked().flatMap { record in
                [record.before, record.after].compactMap { $0?.values.first?.displayText }
            })
        let text: Comment = "\(rule): \(steps.map(\.rawValue)), parked \(parked)"
        func visible(_ rows: [[Value]]) -> [[Value]] { rows.filter { !parked.contains($0[0].displayText) } }
        #expect(visible(erp) == visible(crm), text)
        #expect(try await engine.sync().changes == 0, text)
    }
}
