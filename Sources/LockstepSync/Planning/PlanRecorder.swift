internal import ConnectorKit
internal import LockstepModel
internal import LockstepState
internal import Synchronization

/// Collects what a plan would do: examples, and what would be parked or in conflict.
final class PlanRecorder: Sendable {
    /// Examples that are kept of each action of each map.
    static let samplesPerAction = 3

    private let contents = Mutex(Contents())

    private struct Contents {
        var samples: [String: [PlanSample]] = [:]
        var conflicts: [String: Int] = [:]
        var parked: [String: Int] = [:]
    }

    /// Keeps an example of what would be written, if there are not enough of its action yet.
    ///
    /// - Parameter subject: the map, or `store:entity` for writes.
    private func note(_ subject: String, _ sample: PlanSample) {
        contents.withLock { contents in
            let known = contents.samples[subject, default: []].count { $0.action == sample.action }
            guard known < Self.samplesPerAction else { return }
            contents.samples[subject, default: []].append(sample)
        }
    }

    func note(entity: String, _ sample: PlanSample, store: String) { note("\(store):\(entity)", sample) }

    func note(_ outcome: ChunkOutcome) {
        for conflict in outcome.conflicts {
            contents.withLock { $0.conflicts[conflict.map, default: 0] += conflict.status == .open ? 1 : 0 }
            note(
                conflict.map,
                PlanSample(
                    action: "conflict", store: "", key: conflict.keyText,
                    details: (conflict.fields.isEmpty ? [conflict.kind.rawValue] : conflict.fields)
                        + ["rule: \(conflict.rule)"]))
        }
        for record in outcome.parked {
            contents.withLock { $0.parked[record.map, default: 0] += 1 }
            note(
                record.map,
                PlanSample(
                    action: "park", store: "", key: record.keyText,
                    details: ["\(record.code) \(record.field): \(record.message)"]))
        }
    }

    /// The examples of a map and of its writes on both sides.
    func samples(_ subjects: [String]) -> [PlanSample] {
        contents.withLock { contents in subjects.flatMap { contents.samples[$0] ?? [] } }
    }
    func openConflicts(_ map: String) -> Int { contents.withLock { $0.conflicts[map] ?? 0 } }
    func parked(_ map: String) -> Int { contents.withLock { $0.parked[map] ?? 0 } }
}
