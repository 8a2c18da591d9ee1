import Foundation
import LockstepTesting
import Testing

@testable import LockstepContinuity

struct CopyingTests {
    @Test(arguments: StoreKind.allCases)
    func aCopyHoldsTheSameRecordsAndIsWhole(_ kind: StoreKind) async throws {
        let fixture = try await RepositoryFixture()
        let full = try await fixture.make(1)
        let dropped = try await fixture.make(2)
        var record = try await fixture.record(3, base: full)
        record.signer = "SHA256:x"
        let signed = try await fixture.repository.commit(record) { _ in [1, 2, 3] }
        try await fixture.repository.tombstone([dropped.id], reason: "")
        let place = try await kind.make()
        let copy = try await Repository.createCopy(of: fixture.repository, at: place.store)
        let outcome = try await fixture.repository.copy(to: copy, scratch: fixture.folder.path)
        #expect(outcome.copied == [full.id, signed.id])
        #expect(try await copy.snapshots().map(\.bytes) == [full.bytes, signed.bytes])
        #expect(try await copy.signature(of: signed) == [1, 2, 3])
        #expect(try await copy.chain(to: signed.id).map(\.id) == [full.id, signed.id])
        for part in full.record.parts + record.parts {
            try await copy.download(part, to: place.folder.path + "/" + part.sha256)
        }
        let again = try await fixture.repository.copy(to: copy, scratch: fixture.folder.path)
        #expect(again.copied.isEmpty && again.objectCount == 0)
        #expect(again.present == [full.id, signed.id])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path).allSatisfy {
                !$0.hasPrefix("copy")
            })
    }

    @Test func whatAnInterruptedCopyBroughtIsNotCopiedAgain() async throws {
        let fixture = try await RepositoryFixture()
        let full = try await fixture.make(1, parts: ["a", "b", "c"])
        let folder = try TemporaryFolder()
        let store = FileObjectStore(path: folder.path + "/r")
        let copy = try await Repository.createCopy(of: fixture.repository, at: store)
        let there = full.record.parts[1]
        #expect(try await store.create(there.name, fromFile: fixture.path(there.name)))
        let reopened = try await Repository.createCopy(of: fixture.repository, at: store)
        #expect(reopened.identity == copy.identity)
        let outcome = try await fixture.repository.copy(to: reopened, scratch: folder.path)
        // Two parts and the manifest.
        #expect(outcome.objectCount == 3)
        #expect(outcome.copied == [full.id])
    }

    @Test func anUnrelatedRepositoryIsRefused() async throws {
        let fixture = try await RepositoryFixture()
        let stranger = try await RepositoryFixture()
        try await fixture.make(1)
        #expect(
            await code {
                _ = try await fixture.repository.copy(to: stranger.repository, scratch: fixture.folder.path)
            } == .configuration)
        #expect(
            await code { _ = try await Repository.createCopy(of: fixture.repository, at: stranger.store) }
                == .configuration)
        #expect(try await stranger.repository.snapshots().isEmpty)
    }

    @Test func aDamagedPartIsNotCopied() async throws {
        let fixture = try await RepositoryFixture()
        let full = try await fixture.make(1, parts: ["0123456789"])
        let good = try await fixture.make(2, parts: ["good"])
        try fixture.replace(full.record.parts[0].name, with: Array("0123456780".utf8))
        let folder = try TemporaryFolder()
        let copy = try await Repository.createCopy(
            of: fixture.repository, at: FileObjectStore(path: folder.path + "/r"))
        #expect(
            await code { _ = try await fixture.repository.copy(to: copy, scratch: folder.path) } == .damaged)
        #expect(try await copy.snapshots().isEmpty)
        _ = try await fixture.repository.copy(to: copy, snapshots: [good.id], scratch: folder.path)
        #expect(try await copy.snapshots().map(\.id) == [good.id])
    }

    @Test func anIncrementIsCopiedWithItsBase() async throws {
        let fixture = try await RepositoryFixture()
        let full = try await fixture.make(1)
        let two = try await fixture.make(2, base: full)
        let three = try await fixture.make(3, base: two, previous: two)
        let folder = try TemporaryFolder()
        let copy = try await Repository.createCopy(
            of: fixture.repository, at: FileObjectStore(path: folder.path + "/r"))
        _ = try await fixture.repository.copy(to: copy, snapshots: [three.id], scratch: folder.path)
        let survey = try await copy.survey()
        #expect(survey.snapshots.map(\.id) == [full.id, two.id, three.id])
        #expect(copy.brokenLinks(in: survey).isEmpty)
        let unknown = RepositoryFixture.id(9)
        #expect(
            await code {
                _ = try await fixture.repository.copy(to: copy, snapshots: [unknown], scratch: folder.path)
            } == .notFound)
    }
}
