import ArgumentParser
import Foundation
import LockstepContinuity
import LockstepMapping

/// `lockstep prune`: lets go of snapshots that no rule keeps.
struct PruneCommand: LockstepCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove snapshots that the rules of `keep` in lockstep.yaml do not keep.",
        discussion: """
            Example:
              lockstep prune --explain

            It happens in two steps: a snapshot is marked, and deleted by a later prune when the grace (`grace` in \
            lockstep.yaml, 24h) has passed by the repository's own clock. With --explain nothing is done, and each \
            snapshot's reasons are told. Without `keep` everything stays.
            """)

    @OptionGroup var common: CommonOptions

    @Flag(help: "Do nothing; say why each snapshot stays or goes.")
    var explain = false

    private struct Item: Encodable, Sendable {
        var snapshot: String
        var stays: Bool
        var reasons: [String]
    }

    private struct Body: Encodable, Sendable {
        var snapshots: [Item]
        var marked: [String]
        var deleted: [String]
        var freedBytes: Int64
        var refused: Int
    }

    func perform(_ output: Output) async throws -> ExitStatus {
        let archive = try await Project.openBeforeMaps(common).archive()
        let grace = Int64(archive.configuration.graceSeconds)
        let snapshots = try await archive.repository.snapshots(check: archive.check)
        let planner = try RetentionPlanner(policy: Self.policy(archive.configuration.keep), graceSeconds: grace)
        let decisions = planner.plan(
            snapshots.map(SnapshotFacts.init), now: try await archive.repository.store.clock())
        var body = Body(
            snapshots: decisions.map { Item(snapshot: $0.id, stays: $0.isKept, reasons: $0.reasons) }, marked: [],
            deleted: [], freedBytes: 0, refused: 0)
        if explain {
            try output.json(body)
            var table = TextTable([.init("snapshot"), .init(""), .init("why")])
            for item in body.snapshots {
                table.add([item.snapshot, item.stays ? "stays" : "goes", item.reasons.joined(separator: "; ")])
            }
            if body.snapshots.isEmpty { output.line("No snapshots.") } else { output.table(table) }
            return .done
        }
        body.marked = decisions.filter { !$0.isKept }.map(\.id)
        if !body.marked.isEmpty {
            try await archive.repository.tombstone(body.marked, reason: "no rule of `keep` keeps it")
        }
        let outcome = try await archive.repository.collect(graceSeconds: grace)
        body.deleted = outcome.snapshots
        body.freedBytes = outcome.bytes
        body.refused = outcome.refused.count + outcome.notTried
        try output.json(body)
        output.line(
            "\(body.snapshots.count - body.marked.count) stay, \(body.marked.count) marked, "
                + "\(body.deleted.count) deleted, \(ByteText.size(body.freedBytes)) freed.")
        for (id, reason) in outcome.held.sorted(by: { $0.key < $1.key }) { output.line("\(id): \(reason)") }
        if outcome.isPartial {
            output.line("\(body.refused) objects could not be deleted; the next prune asks for them again.")
            return .partial
        }
        return .done
    }

    private static func policy(_ keep: KeepCounts?) -> RetentionPolicy {
        let keep = keep ?? KeepCounts()
        return RetentionPolicy(
            last: keep.last, hourly: keep.hourly, daily: keep.daily, weekly: keep.weekly, monthly: keep.monthly,
            yearly: keep.yearly, withinSeconds: keep.withinSeconds.map(Int64.init),
            timeZone: TimeZone.current.identifier)
    }
}
