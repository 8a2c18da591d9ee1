import Foundation
import LockstepTesting
import Synchronization
import Testing

@testable import LockstepContinuity

struct CollectingTests {
    @Test func aDroppedSnapshotIsHiddenAtOnceAndGoneAfterTheGrace() async throws {
        let fixture = try await RepositoryFixture()
        let repository = fixture.repository
        let first = try await fixture.make(1, parts: ["shared", "only one"])
        let second = try await fixture.make(2, parts: ["shared", "only two"])
        try await repository.tombstone([first.id], reason: "too old")
        #expect(try await repository.snapshots().map(\.id) == [second.id])
        fixture.store.pass(seconds: 90)
        let early = try await repository.collect(graceSeconds: 100)
        #expect(early.snapshots.isEmpty && early.objectCount == 0)
        #expect(early.held == [first.id: "its tombstone is younger than the grace"])
        fixture.store.pass(seconds: 20)
        let late = try await repository.collect(graceSeconds: 100)
        #expect(late.snapshots == [first.id])
        #expect(!late.isPartial)
        // Its manifest, and the part that nobody shares.
        #expect(late.objectCount == 2)
        for part in second.record.parts { #expect(try await fixture.store.facts(part.name) != nil) }
        #expect(try await fixture.store.facts(first.record.parts[1].name) == nil)
        #expect(try await repository.collect(graceSeconds: 100).objectCount == 0)
        #expect(try await repository.survey().faults.isEmpty)
    }

    @Test func whatASnapshotThatStaysNeedsIsNotDropped() async throws {
        let fixture = try await RepositoryFixture()
        let full = try await fixture.make(1)
        let two = try await fixture.make(2, base: full)
        #expect(await code { try await fixture.repository.tombstone([full.id], reason: "") } == .forbidden)
        #expect(await code { try await fixture.repository.tombstone(["x"], reason: "") } == .notFound)
        try await fixture.repository.tombstone([full.id, two.id], reason: "")
        #expect(try await fixture.repository.snapshots().isEmpty)
    }

    @Test func anIncrementMadeWhileItsBaseWasDroppedKeepsTheBase() async throws {
        let fixture = try await RepositoryFixture()
        let full = try await fixture.make(1)
        let record = try await fixture.record(2, base: full)
        let two = try await fixture.repository.commit(record)
        // The tombstone of a prune that did not see the increment yet.
        let tombstone = Tombstone(repository: fixture.repository.identity.id, snapshot: full.reference, reason: "race")
        _ = try await fixture.store.create(
            RepositoryLayout.tombstone(full.id), bytes: RepositoryJSON.encode(tombstone))
        fixture.store.pass(seconds: 1000)
        let outcome = try await fixture.repository.collect(graceSeconds: 100)
        #expect(outcome.snapshots.isEmpty)
        #expect(outcome.held == [full.id: "\(two.id) needs it"])
        #expect(try await fixture.repository.chain(to: two.id).map(\.id) == [full.id, two.id])
    }

    @Test func objectsThatAreBeingWrittenStayAndForgottenOnesGo() async throws {
        let fixture = try await RepositoryFixture()
        let record = try await fixture.record(1)
        #expect(try await fixture.repository.collect(graceSeconds: 100).objectCount == 0)
        try await fixture.repository.commit(record)
        let orphan = try await RepositoryFixture.part("orphan", in: fixture.folder, of: fixture.repository)
        try fixture.folder.write("half", to: "r/.uploads/0123")
        fixture.store.pass(seconds: 200)
        let outcome = try await fixture.repository.collect(graceSeconds: 100)
        #expect(outcome.objectCount == 1)
        #expect(try await fixture.store.facts(orphan.name) == nil)
        #expect(try await fixture.repository.snapshots().count == 1)
    }

    @Test func aPartThatNobodyNeedsAnyMoreIsNotReliedOn() async throws {
        let fixture = try await RepositoryFixture()
        let text = "forgotten"
        let old = try await RepositoryFixture.part(text, in: fixture.folder, of: fixture.repository)
        #expect(try await RepositoryFixture.part(text, in: fixture.folder, of: fixture.repository) == old)
        fixture.store.pass(seconds: Repository.reuseSeconds + 1)
        let other = try await RepositoryFixture.part(text, in: fixture.folder, of: try await fixture.reopened())
        #expect(other.name != old.name)
        #expect(other.sha256 == old.sha256)
        // One that a living snapshot needs is.
        let needed = try await fixture.make(1, parts: ["needed"])
        fixture.store.pass(seconds: Repository.reuseSeconds + 1)
        let again = try await RepositoryFixture.part("needed", in: fixture.folder, of: try await fixture.reopened())
        #expect([again] == needed.record.parts)
    }

    @Test func aPartThatWasCutIsStoredAgainBesideIt() async throws {
        let fixture = try await RepositoryFixture()
        let old = try await RepositoryFixture.part("0123456789", in: fixture.folder, of: fixture.repository)
        try fixture.replace(old.name, with: Array("01234".utf8))
        let new = try await RepositoryFixture.part("0123456789", in: fixture.folder, of: fixture.repository)
        #expect(new.name != old.name)
        try await fixture.repository.download(new, to: fixture.folder.path + "/copy")
    }

    @Test func aCommitInTheMiddleOfAPruneIsWhole() async throws {
        // Between the collector's look and its first deletion a backup commits.
        let pending = Mutex<(Repository, SnapshotRecord)?>(nil)
        let fixture = try await RepositoryFixture(beforeDeleting: {
            let commit = pending.withLock { pending in
                defer { pending = nil }
                return pending
            }
            if let (repository, record) = commit { try await repository.commit(record) }
        })
        let old = try await fixture.make(1, parts: ["shared", "own"])
        try await fixture.repository.tombstone([old.id], reason: "")
        fixture.store.pass(seconds: Repository.reuseSeconds + 1000)
        let record = try await fixture.record(2, parts: ["shared", "new"])
        pending.withLock { $0 = (fixture.repository, record) }
        let outcome = try await fixture.repository.collect(graceSeconds: Repository.reuseSeconds)
        #expect(pending.withLock { $0 == nil })
        #expect(outcome.snapshots == [old.id])
        for part in old.record.parts { #expect(try await fixture.store.facts(part.name) == nil) }
        #expect(try await fixture.repository.snapshots().map(\.record) == [record])
        for (index, part) in record.parts.enumerated() {
            try await fixture.repository.download(part, to: fixture.folder.path + "/copy-\(index)")
        }
    }

    @Test func aBackupThatTookLongerThanTheGraceIsRefused() async throws {
        let fixture = try await RepositoryFixture()
        let record = try await fixture.record(1)
        fixture.store.pass(seconds: 1000)
        #expect(try await fixture.repository.collect(graceSeconds: 100).objectCount == 2)
        #expect(await code { try await fixture.repository.commit(record) } == .missing)
        #expect(try await fixture.repository.snapshots().isEmpty)
    }

    @Test func whereDeletingIsForbiddenItSaysWhatItCouldNotDelete() async throws {
        let fixture = try await RepositoryFixture(mayDelete: { !$0.hasPrefix("snapshots/") })
        let first = try await fixture.make(1)
        try await fixture.repository.tombstone([first.id], reason: "")
        let orphan = try await RepositoryFixture.part("orphan", in: fixture.folder, of: fixture.repository)
        fixture.store.pass(seconds: 1000)
        let outcome = try await fixture.repository.collect(graceSeconds: 100)
        #expect(outcome.isPartial)
        #expect(outcome.snapshots.isEmpty)
        #expect(Array(outcome.refused.keys) == [RepositoryLayout.snapshot(first.id)])
        // What the snapshot refers to stays with it; what nobody needs is gone.
        #expect(outcome.objectCount == 1)
        #expect(try await fixture.store.facts(orphan.name) == nil)
        for part in first.record.parts { #expect(try await fixture.store.facts(part.name) != nil) }
    }

    @Test func withoutTheRightToDeleteItStopsAsking() async throws {
        let fixture = try await RepositoryFixture(mayDelete: { _ in false })
        for number in 0..<60 {
            _ = try await RepositoryFixture.part("orphan \(number)", in: fixture.folder, of: fixture.repository)
        }
        fixture.store.pass(seconds: 1000)
        let outcome = try await fixture.repository.collect(graceSeconds: 100)
        #expect(outcome.refused.count == Repository.maximumRefusalsInARow)
        #expect(outcome.notTried == 60 - Repository.maximumRefusalsInARow)
        #expect(outcome.isPartial)
    }

    @Test func aTombstoneOfAnotherRecordDropsNothing() async throws {
        let fixture = try await RepositoryFixture()
        let first = try await fixture.make(1)
        let other = SnapshotReference(id: first.id, sha256: String(repeating: "0", count: 64))
        let tombstone = Tombstone(repository: fixture.repository.identity.id, snapshot: other, reason: "")
        _ = try await fixture.store.create(
            RepositoryLayout.tombstone(first.id), bytes: RepositoryJSON.encode(tombstone))
        #expect(try await fixture.repository.snapshots().map(\.id) == [first.id])
    }
}
