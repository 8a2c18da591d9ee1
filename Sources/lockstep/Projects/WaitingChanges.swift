import ConnectorKit
import LockstepMapping
import LockstepModel
import LockstepState
import LockstepSync

/// Counts the changes that a sync would bring over, without bringing them over.
enum WaitingChanges {
    /// Counting goes no further: whoever is this far behind wants to know that, not the exact number.
    static let limit = 10_000

    /// By map: how many changes of its entities wait in the left and in the right store; nil where the map was not
    /// copied yet or sends nothing from there.
    static func count(
        _ link: LinkConfiguration, _ project: Project, _ state: StateDatabase
    ) async throws -> [String: [Int?]] {
        try await project.withLink(link) { syncLink in
            var counts: [String: [Int?]] = [:]
            let records = try await state.maps(link: link.name)
            for side in Side.allCases {
                let lane = syncLink.lane(from: side)
                let checkpoint = try await syncLink.connector(side.opposite).checkpoints()[lane]
                let idle = try await state.idlePosition(lane: lane)
                let followed = records.filter { ![.stopped, .initializing].contains($0.state) }
                for record in followed {
                    guard let plan = syncLink.maps.first(where: { $0.name == record.map })?.plan(from: side) else {
                        continue
                    }
                    let known = [checkpoint, idle].compactMap { $0 }.max() ?? record.floors[side.rawValue]
                    guard let start = record.heldFrom[side.rawValue] ?? known else { continue }
                    counts[record.map, default: [nil, nil]][side.rawValue] = try await count(
                        plan, after: start, in: syncLink.connector(side))
                }
            }
            return counts
        }
    }

    private static func count(
        _ plan: DirectionPlan, after start: Position, in connector: any Connector
    ) async throws -> Int {
        // All of the map's fields: a change of other fields is none that a sync would bring over.
        let reader = try await connector.changes(
            ChangesRequest(entities: [plan.sourceEntity: plan.sourceFields], after: start))
        do {
            var count = 0
            while count < limit, let chunk = try await reader.next() { count += chunk.changeCount }
            await reader.close()
            return min(count, limit)
        } catch {
            await reader.close()
            throw error
        }
    }
}
