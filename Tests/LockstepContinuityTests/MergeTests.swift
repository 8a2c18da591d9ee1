import ConnectorKit
import Foundation
import LockstepModel
import LockstepTesting
import SQLiteConnector
import Testing

@testable import LockstepContinuity

/// Fulls that are made of increments without the stores: they are what the stores were, and stand for what they are made of.
struct MergeTests {
    private typealias World = IncrementTests.World

    private func merge(
        _ snapshot: StoredSnapshot, in world: World, key: SigningKey? = nil
    ) async throws -> StoredSnapshot {
        let reader = try await SnapshotReader(snapshot, in: world.repository, keyring: world.keyring, check: nil)
        let request = MergeRequest(
            sealing: .age([world.identity.recipient]), signingKey: key, check: nil, level: 1,
            indexPath: world.folder.path + "/indexes", writer: "tests", now: IncrementTests.currentTime,
            fileStore: { _, path in SQLiteConnector(path: path) }, progress: { _ in })
        return try await MergeRun(request, from: reader, in: world.repository).run()
    }

    /// A full and two increments on it, with what the store was at the last.
    private func chain(
        _ world: World
    ) async throws -> (snapshots: [StoredSnapshot], dump: [String]) {
        try world.execute("CREATE TABLE keyless (x, y TEXT); INSERT INTO keyless(y) VALUES ('a'), ('a'), (NULL)")
        var snapshots = [try await world.backup().snapshot]
        for statement in [
            "UPDATE customers SET city = 'one' WHERE id % 7 = 0; DELETE FROM orders WHERE customer < 9",
            "DELETE FROM keyless WHERE y IS NULL; INSERT INTO customers(id, name) VALUES (9000, 'late'); "
                + "UPDATE customers SET id = 9001 WHERE id = 3",
        ] {
            try world.execute(statement)
            snapshots.append(try await world.backup().snapshot)
        }
        #expect(snapshots.map(\.record.kind) == [.full, .increment, .increment])
        return (snapshots, try BackupAndRestoreTests.dump(world.shop))
    }

    private func tables(of snapshot: StoredSnapshot, _ world: World) async throws -> [String] {
        try await SnapshotReader(snapshot, in: world.repository, keyring: world.keyring, check: nil)
            .manifest.stores[0].tables.map { "\($0.name) \($0.rows ?? -1) \($0.hash ?? "")" }
    }

    @Test func aMergedFullIsWhatTheStoreWasAndTheNextIncrementGoesOnFromIt() async throws {
        let world = try await World()
        let (snapshots, dump) = try await chain(world)
        let last = snapshots[2]
        let full = try await merge(last, in: world)
        #expect(full.record.kind == .full && full.record.base == nil)
        #expect(full.record.madeFrom == snapshots.map(\.id) && full.record.standsFor == last.reference)
        #expect(full.record.cutTime == last.record.cutTime && full.record.stores == last.record.stores)
        for (name, prefersRows) in [("image.db", false), ("rows.db", true)] {
            let path = try await world.restore(full, to: name, prefersRows: prefersRows)
            #expect(try BackupAndRestoreTests.dump(path) == dump)
        }
        #expect(try await tables(of: full, world) == (try await tables(of: last, world)))

        try world.execute("UPDATE customers SET city = 'after' WHERE id = 5")
        let (next, reason) = try await world.backup()
        #expect(next.record.base == full.reference, "\(reason ?? "")")
        let path = try await world.restore(next, to: "next.db")
        #expect(try BackupAndRestoreTests.dump(path) == (try BackupAndRestoreTests.dump(world.shop)))
        let verifier = RepositoryVerifier(world.repository, keyring: world.keyring, check: nil)
        #expect(try await verifier.verify(nil, .data(share: 1)).isProved)
    }

    @Test func whatWasMergedMayGoAndLaterIncrementsComeBackOnTheMergedOne() async throws {
        let world = try await World()
        let (snapshots, _) = try await chain(world)
        try world.execute("UPDATE customers SET city = 'three' WHERE id % 5 = 0")
        let later = try await world.backup().snapshot
        let full = try await merge(snapshots[2], in: world)
        // It is as old as what it stands for, whenever it was made.
        let known = try await world.repository.snapshots()
        #expect(known.inCommitOrder().map(\.id) == snapshots.map(\.id) + [full.id, later.id])
        // And later increments are made on what is newer.
        try world.execute("UPDATE customers SET city = 'four' WHERE id % 5 = 1")
        let newest = try await world.backup().snapshot
        #expect(newest.record.base == later.reference)

        try await world.repository.tombstone(snapshots.map(\.id), reason: "tests")
        _ = try await world.repository.collect(graceSeconds: 0)
        let survey = try await world.repository.survey()
        #expect(Set(survey.snapshots.map(\.id)) == [full.id, later.id, newest.id])
        let path = try await world.restore(newest, to: "newest.db")
        #expect(try BackupAndRestoreTests.dump(path) == (try BackupAndRestoreTests.dump(world.shop)))
        let verifier = RepositoryVerifier(world.repository, keyring: world.keyring, check: nil)
        let report = try await verifier.verify(nil, .data(share: 1))
        #expect(report.isProved, "\(report.findings)")
        // The chain is another one now, and still good enough for the next increment.
        try world.execute("UPDATE customers SET city = 'five' WHERE id = 1")
        let (next, reason) = try await world.backup()
        #expect(next.record.base == newest.reference, "\(reason ?? "")")
    }

    /// Whoever can write to the repository could say that something stands for a base.
    @Test func whatStandsForABaseMustBeSigned() async throws {
        let world = try await World()
        let (snapshots, _) = try await chain(world)
        let key = SigningKey.generate(comment: "backup")
        let forged = try await merge(snapshots[1], in: world)
        try await world.repository.tombstone(snapshots.prefix(2).map(\.id), reason: "tests")
        _ = try await world.repository.collect(graceSeconds: 0)
        let trusted = TrustedKeys(key: key.verifyingKey)
        await #expect {
            _ = try await SnapshotReader(
                snapshots[2], in: world.repository, keyring: world.keyring, check: trusted.recordCheck)
        } throws: {
            ($0 as? ContinuityError)?.code == .missing
        }
        let reader = try await SnapshotReader(snapshots[2], in: world.repository, keyring: world.keyring, check: nil)
        #expect(reader.chain.map(\.snapshot.id) == [forged.id, snapshots[2].id])
    }

    @Test func aFullAndWhatIsMergedAlreadyNeedNoMerging() async throws {
        let world = try await World()
        let (snapshots, _) = try await chain(world)
        let full = try await merge(snapshots[2], in: world)
        let known = try await world.repository.snapshots()
        #expect(MergeRun.existing(for: snapshots[0], among: known) == snapshots[0])
        #expect(MergeRun.existing(for: snapshots[1], among: known) == nil)
        #expect(MergeRun.existing(for: snapshots[2], among: known) == full)
    }
}
