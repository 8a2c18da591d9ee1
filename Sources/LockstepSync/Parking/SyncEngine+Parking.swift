internal import ConnectorKit
internal import LockstepMapping
internal import LockstepModel
internal import LockstepState

extension SyncEngine {
    /// Tries parked records again.
    ///
    /// - Returns: how many were applied.
    /// - Throws: ``SyncError`` when an id is none of the link's.
    public func retryParked(ids: Set<Int64>) async throws -> Int {
        let run = try await begin(SyncPermissions(), plans: nil)
        var groups: [String: [Int: Set<Int64>]] = [:]
        for id in ids {
            let record = try await parkedRecord(id)
            groups[record.map, default: [:]][record.source, default: []].insert(id)
        }
        var healed = 0
        for (map, sides) in groups.sorted(by: { $0.key < $1.key }) {
            guard let runtime = run.runtime(map) else {
                throw SyncError(
                    .notFound, "link \(link.name) no longer has the map \(map)", hint: "drop its parked records")
            }
            for (side, ids) in sides.sorted(by: { $0.key < $1.key }) {
                let retry = ParkedRetry(run: run, runtimes: [runtime], side: Side(rawValue: side) ?? .left)
                healed += try await retry.retryAll(ids: ids).healed
            }
        }
        return healed
    }

    private func parkedRecord(_ id: Int64) async throws -> ParkedRecord {
        guard let record = try await state.parked(id: id), record.link == link.name else {
            throw SyncError(
                .notFound, "there is no parked record \(id) in link \(link.name)",
                hint: "`lockstep parked list` shows them")
        }
        return record
    }
}
