import Foundation
import LockstepMapping
import LockstepTesting

@testable import LockstepContinuity

extension DrillRehearsal {
    /// Sorted keys, no blanks: enough of a canonical form for what reports hold here.
    static let encode: DrillEncoder = { value in
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }

    /// A plan around some steps of its one group.
    static func plan(
        _ steps: [String], type: String = "restore", head: [String] = ["objectives: {rto: 15m, rpo: 5m}"]
    ) throws -> DrillPlan {
        let lines =
            ["drill: rehearsal", "type: \(type)"] + head + ["groups:", "  - name: data", "    steps:"]
            + steps.map { "      - \($0)" }
        let loaded = DrillPlan.parse(lines.joined(separator: "\n"), file: "drills/rehearsal.yaml")
        guard let plan = loaded.plan else { throw Unreadable(description: "\(loaded.diagnostics)") }
        return plan
    }

    struct Unreadable: Error, CustomStringConvertible { var description: String }

    func run(
        _ plan: DrillPlan, live: DrillEngine.Settings.LivePermission = .forbidden, past: [DrillReport] = [],
        seed: UInt64 = 1
    ) async throws -> FinishedDrill {
        var random = SeededGenerator(seed: seed)
        return try await DrillEngine(
            plan: plan, world: self,
            settings: DrillEngine.Settings(
                project: "rehearsal", stores: stores, live: live, past: past, encode: Self.encode)
        ).run(using: &random)
    }
}
